import type { Budget } from "../budget.js";
import { CheckpointError, describe } from "../error.js";
import type { Cursor } from "./cursor.js";
import { floatFromText, integerFromBytes, integerFromText, unescapeString } from "./literals.js";
import { PickledGlobal, PickledObject } from "./values.js";

/** What stands for a Python callable: a function of ours that was chosen for exactly this name. */
export class Callable extends PickledGlobal {
  readonly call: (args: unknown[], machine: PickleMachine) => unknown;

  constructor(name: string, call: (args: unknown[], machine: PickleMachine) => unknown) {
    super(name);
    this.call = call;
  }
}

/** The globals a file may name, by "module.name". Anything else is an error. */
export type FindGlobal = (name: string) => PickledGlobal | undefined;

export interface PickleHost {
  readonly findGlobal: FindGlobal;
  /** Resolves a persistent id; without it, such ids are errors. */
  readonly persistentLoad?: (id: unknown, machine: PickleMachine) => unknown;
}

const MARK = Symbol("mark");
/** Rough sizes in memory of what one byte of a pickle can make. */
const DICT_SIZE = 160;
const LIST_SIZE = 16;
const OBJECT_SIZE = 64;
const MEMO_SIZE = 8;
const SLOT_SIZE = 8;

/**
 * The stack machine that a pickle is a program for (Python's pickletools documents the opcodes; protocols 0 to 5). It builds values and can
 * do nothing else: callables come from an allow-list of our own functions, counts are checked against the bytes that are there, the memo
 * is a sparse map, and repeated use of one value is charged to a budget.
 */
export class PickleMachine {
  readonly budget: Budget;
  readonly cursor: Cursor;
  readonly #host: PickleHost;
  readonly #stack: unknown[] = [];
  #deepest = 0;
  readonly #memo = new Map<number, unknown>();
  readonly #globals = new Map<string, PickledGlobal>();
  readonly #builders = new WeakMap<object, (state: unknown) => void>();
  /** Offset of the opcode that is being carried out. */
  offset = 0;

  constructor(cursor: Cursor, host: PickleHost, budget: Budget) {
    this.cursor = cursor;
    this.#host = host;
    this.budget = budget;
  }

  fail(reason: string): never {
    throw new CheckpointError(reason, this.offset);
  }

  /** Lets a callable's result be completed by a later BUILD opcode. */
  onBuild(object: object, build: (state: unknown) => void): void {
    this.#builders.set(object, build);
  }

  /** Runs one pickle up to its STOP; the cursor then stands behind it. */
  run(): unknown {
    for (;;) {
      this.offset = this.cursor.offset;
      const opcode = this.cursor.uint8();
      if (opcode === 0x2e) return this.#pop();
      this.#step(opcode);
    }
  }

  #step(opcode: number): void {
    const { cursor } = this;
    // biome-ignore format: one opcode a line
    switch (opcode) {
      case 0x80: this.#protocol(cursor.uint8()); break;
      case 0x95: cursor.count64(); break; // FRAME: how many bytes to prefetch
      // Constants
      case 0x4e: this.#push(null); break; // NONE
      case 0x88: this.#push(true); break;
      case 0x89: this.#push(false); break;
      case 0x4a: this.#push(cursor.int32()); break; // BININT
      case 0x4b: this.#push(cursor.uint8()); break;
      case 0x4d: this.#push(cursor.uint16()); break;
      case 0x47: this.#push(cursor.float64BigEndian()); break; // BINFLOAT
      case 0x8a: this.#push(integerFromBytes(cursor.take(cursor.uint8()), this.offset)); break; // LONG1
      case 0x8b: this.#push(integerFromBytes(cursor.take(cursor.uint32()), this.offset)); break; // LONG4
      case 0x49: this.#push(integerFromText(cursor.line(), this.offset)); break; // INT
      case 0x4c: this.#push(integerFromText(cursor.line(), this.offset)); break; // LONG
      case 0x46: this.#push(floatFromText(cursor.line(), this.offset)); break; // FLOAT
      // Text and bytes
      case 0x58: this.#push(cursor.text(cursor.uint32())); break; // BINUNICODE
      case 0x8c: this.#push(cursor.text(cursor.uint8())); break;
      case 0x8d: this.#push(cursor.text(cursor.count64())); break;
      case 0x56: case 0x53: this.#push(unescapeString(cursor.line())); break; // UNICODE, STRING
      case 0x42: this.#push(cursor.take(cursor.uint32())); break; // BINBYTES
      case 0x43: this.#push(cursor.take(cursor.uint8())); break;
      case 0x8e: case 0x96: this.#push(cursor.take(cursor.count64())); break; // BINBYTES8, BYTEARRAY8
      case 0x54: this.#push(latin1(cursor.take(cursor.uint32()))); break; // BINSTRING: Python 2 text
      case 0x55: this.#push(latin1(cursor.take(cursor.uint8()))); break;
      // Containers
      case 0x5d: case 0x29: this.#push(this.#charged(LIST_SIZE, [])); break; // EMPTY_LIST, EMPTY_TUPLE
      case 0x7d: this.#push(this.#charged(DICT_SIZE, new Map())); break;
      case 0x8f: this.#push(this.#charged(DICT_SIZE, new Set())); break;
      case 0x28: this.#push(MARK); break;
      case 0x6c: case 0x74: this.#push(this.#charged(LIST_SIZE, this.#popToMark())); break; // LIST, TUPLE
      case 0x64: this.#push(this.#setItems(this.#charged(DICT_SIZE, new Map()), this.#popToMark())); break; // DICT
      case 0x91: this.#push(this.#charged(DICT_SIZE, new Set(this.#popToMark()))); break; // FROZENSET
      case 0x85: this.#push(this.#charged(LIST_SIZE, this.#popMany(1))); break; // TUPLE1
      case 0x86: this.#push(this.#charged(LIST_SIZE, this.#popMany(2))); break;
      case 0x87: this.#push(this.#charged(LIST_SIZE, this.#popMany(3))); break;
      case 0x61: this.#append(this.#popMany(1)); break; // APPEND
      case 0x65: case 0x90: this.#append(this.#popToMark()); break; // APPENDS, ADDITEMS
      case 0x73: this.#setItems(this.#peekBelow(2), this.#popMany(2)); break; // SETITEM
      case 0x75: { const items = this.#popToMark(); this.#setItems(this.#top(), items); break; } // SETITEMS
      // Stack and memo
      case 0x30: this.#pop(); break;
      case 0x31: this.#popToMark(); break; // POP_MARK
      case 0x32: this.#push(this.#top()); break; // DUP
      case 0x94: this.#memorise(this.#memo.size); break; // MEMOIZE
      case 0x70: this.#memorise(Number(integerFromText(cursor.line(), this.offset))); break; // PUT
      case 0x71: this.#memorise(cursor.uint8()); break;
      case 0x72: this.#memorise(cursor.uint32()); break;
      case 0x67: this.#push(this.#recall(Number(integerFromText(cursor.line(), this.offset)))); break; // GET
      case 0x68: this.#push(this.#recall(cursor.uint8())); break;
      case 0x6a: this.#push(this.#recall(cursor.uint32())); break;
      // Objects
      case 0x63: this.#push(this.#global(cursor.line(), cursor.line())); break; // GLOBAL
      case 0x93: { const [module, name] = this.#popMany(2); this.#push(this.#global(module, name)); break; } // STACK_GLOBAL
      case 0x52: case 0x81: { const [callable, args] = this.#popMany(2); this.#push(this.#call(callable, args)); break; } // REDUCE, NEWOBJ
      case 0x92: { const [callable, args, named] = this.#popMany(3); this.#push(this.#callNamed(callable, args, named)); break; } // NEWOBJ_EX
      case 0x62: { const state = this.#pop(); this.#build(this.#top(), state); break; } // BUILD
      case 0x51: this.#push(this.#persistent(this.#pop())); break; // BINPERSID
      case 0x50: this.#push(this.#persistent(cursor.line())); break; // PERSID
      case 0x98: break; // READONLY_BUFFER
      default: this.fail(`expected a pickle opcode, got byte 0x${opcode.toString(16).padStart(2, "0")}.`);
    }
  }

  #protocol(version: number): void {
    if (version > 5) this.fail(`expected pickle protocol 0 to 5, got ${version}.`);
  }

  #push(value: unknown): void {
    if (this.#stack.push(value) > this.#deepest) {
      this.#deepest = this.#stack.length;
      this.budget.charge(SLOT_SIZE, "the pickle's stack", this.offset);
    }
  }

  #charged<T>(bytes: number, container: T): T {
    this.budget.charge(bytes, "a list or dict", this.offset);
    return container;
  }

  #pop(): unknown {
    if (this.#stack.length === 0) this.fail("the pickle takes a value from its empty stack.");
    const value = this.#stack.pop();
    if (value === MARK) this.fail("the pickle uses a mark as a value.");
    return value;
  }

  #top(): unknown {
    return this.#peekBelow(0);
  }

  /** The value under the topmost `depth`. */
  #peekBelow(depth: number): unknown {
    const at = this.#stack.length - 1 - depth;
    if (at < 0 || this.#stack[at] === MARK) this.fail("the pickle takes a value from its empty stack.");
    return this.#stack[at];
  }

  #popMany(count: number): unknown[] {
    const values = new Array<unknown>(count);
    for (let i = count - 1; i >= 0; i--) values[i] = this.#pop();
    return values;
  }

  #popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) this.fail("the pickle closes a list that it never opened.");
    const items = this.#stack.splice(mark);
    items.shift();
    return items;
  }

  #memorise(index: number): void {
    this.budget.charge(MEMO_SIZE, "the pickle's memo", this.offset);
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): unknown {
    if (!this.#memo.has(index)) this.fail(`the pickle recalls memo entry ${index}, which was never stored.`);
    return this.#memo.get(index);
  }

  #append(items: unknown[]): void {
    const target = this.#top();
    this.budget.charge(SLOT_SIZE * items.length, "the pickle's lists", this.offset);
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(item);
    else this.fail(`the pickle appends to ${describe(target)}.`);
  }

  #setItems(target: unknown, items: unknown[]): unknown {
    if (!(target instanceof Map)) this.fail(`the pickle sets an item of ${describe(target)}.`);
    if (items.length % 2 === 1) this.fail("the pickle gives a dict a key without a value.");
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    return target;
  }

  #global(module: unknown, name: unknown): PickledGlobal {
    if (typeof module !== "string" || typeof name !== "string")
      this.fail("the pickle names a global by something that is no text.");
    const full = `${module}.${name}`;
    const found = this.#globals.get(full) ?? this.#host.findGlobal(full);
    if (!found)
      this.fail(
        `the file refers to ${describe(full)}, which is not in the list of known harmless names; nothing was run. Save plain tensors, such as model.state_dict(), instead.`,
      );
    this.#globals.set(full, found);
    return found;
  }

  #call(callable: unknown, args: unknown): unknown {
    if (!(callable instanceof Callable)) {
      this.fail(
        `the pickle calls ${callable instanceof PickledGlobal ? callable.name : describe(callable)}, which is not a known function.`,
      );
    }
    if (!Array.isArray(args)) this.fail(`the pickle calls ${callable.name} with ${describe(args)} as arguments.`);
    this.budget.charge(OBJECT_SIZE, `calling ${callable.name}`, this.offset);
    return callable.call(args, this);
  }

  #callNamed(callable: unknown, args: unknown, named: unknown): unknown {
    if (named instanceof Map && named.size === 0) return this.#call(callable, args);
    return this.fail("the pickle calls a class with named arguments, which no known file does.");
  }

  #build(target: unknown, state: unknown): void {
    const build = typeof target === "object" && target !== null ? this.#builders.get(target) : undefined;
    if (build) build(state);
    else if (target instanceof PickledObject) this.#setState(target, state);
    // Attributes of dicts, sets and tensors, such as a state dict's `_metadata`, say nothing about values.
    else if (typeof target !== "object" || target === null) this.fail(`the pickle sets the state of ${describe(target)}.`);
  }

  #setState(target: PickledObject, state: unknown): void {
    // (attributes, slots), or attributes alone
    const parts = Array.isArray(state) ? state : [state];
    for (const part of parts) {
      if (part === null) continue;
      if (!(part instanceof Map)) this.fail(`expected the state of ${target.className} to be a dict, got ${describe(part)}.`);
      this.budget.charge(OBJECT_SIZE * part.size, `the state of ${target.className}`, this.offset);
      for (const [key, value] of part) if (typeof key === "string") target.state.set(key, value);
    }
  }

  #persistent(id: unknown): unknown {
    if (!this.#host.persistentLoad) this.fail("the pickle refers to data outside itself, which this kind of file does not have.");
    this.budget.charge(OBJECT_SIZE, "a reference to a storage", this.offset);
    return this.#host.persistentLoad(id, this);
  }
}

/** Text of which every byte is one character. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}
