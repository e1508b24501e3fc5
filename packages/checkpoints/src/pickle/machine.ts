import type { Budget } from "../budget.js";
import { CheckpointError, describe } from "../errors.js";
import { addItems, append, emptyDict, emptyList, emptySet, setItems } from "./containers.js";
import { type Cursor, utf8Text } from "./cursor.js";
import type { Ledger } from "./ledger.js";
import { floatFromText, integerFromBytes, integerFromText, latin1Text, unescapeString } from "./literals.js";
import { Memo } from "./memo.js";
import { NumberKeys } from "./number-keys.js";
import { SIZES, textSize } from "./sizes.js";
import { Stack } from "./stack.js";
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

/** No module and no class has a longer name. */
const LONGEST_NAME = 512;

/**
 * The stack machine that a pickle is a program for (Python's pickletools documents the opcodes; protocols 0 to 5). It builds values and can
 * do nothing else: callables come from an allow-list of our own functions, counts are checked against the bytes that are there, and whatever
 * grows is charged to a budget before it does.
 */
export class PickleMachine implements Ledger {
  readonly budget: Budget;
  readonly cursor: Cursor;
  readonly numberKeys = new NumberKeys((bytes, what) => this.charge(bytes, what));
  readonly #host: PickleHost;
  readonly #stack = new Stack(this);
  readonly #memo = new Memo();
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

  /** Pays for values before they are made. */
  charge(bytes: number, what: string): void {
    this.budget.chargeValues(bytes, what, this.offset);
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
      if (opcode === 0x2e) return this.#stack.pop();
      this.#step(opcode);
    }
  }

  #step(opcode: number): void {
    const { cursor } = this;
    const stack = this.#stack;
    // biome-ignore format: one opcode a line
    switch (opcode) {
      case 0x80: this.#protocol(cursor.uint8()); break;
      case 0x95: cursor.count64(); break; // FRAME: how many bytes to prefetch
      // Constants
      case 0x4e: stack.push(null); break; // NONE
      case 0x88: stack.push(true); break;
      case 0x89: stack.push(false); break;
      case 0x4a: this.#number(cursor.int32()); break; // BININT
      case 0x4b: stack.push(cursor.uint8()); break;
      case 0x4d: stack.push(cursor.uint16()); break;
      case 0x47: this.#number(cursor.float64BigEndian()); break; // BINFLOAT
      case 0x8a: this.#long(cursor.uint8()); break; // LONG1
      case 0x8b: this.#long(cursor.uint32()); break; // LONG4
      case 0x49: this.#number(integerFromText(cursor.line(), this.offset)); break; // INT
      case 0x4c: this.#number(integerFromText(cursor.line(), this.offset)); break; // LONG
      case 0x46: this.#number(floatFromText(cursor.line(), this.offset)); break; // FLOAT
      // Text and bytes
      case 0x58: stack.push(this.#text(cursor.uint32())); break; // BINUNICODE
      case 0x8c: stack.push(this.#text(cursor.uint8())); break;
      case 0x8d: stack.push(this.#text(cursor.count64())); break;
      case 0x56: case 0x53: stack.push(this.#escapedText()); break; // UNICODE, STRING
      case 0x42: this.#bytes(cursor.uint32()); break; // BINBYTES
      case 0x43: this.#bytes(cursor.uint8()); break;
      case 0x8e: case 0x96: this.#bytes(cursor.count64()); break; // BINBYTES8, BYTEARRAY8
      case 0x54: this.#latin1(cursor.uint32()); break; // BINSTRING: Python 2 text
      case 0x55: this.#latin1(cursor.uint8()); break;
      // Containers
      case 0x5d: case 0x29: stack.push(emptyList(this)); break; // EMPTY_LIST, EMPTY_TUPLE
      case 0x7d: stack.push(emptyDict(this)); break;
      case 0x8f: stack.push(emptySet(this)); break;
      case 0x28: stack.mark(); break;
      case 0x6c: case 0x74: stack.push(stack.popToMark()); break; // LIST, TUPLE
      case 0x64: stack.push(setItems(this, emptyDict(this), stack.popToMark())); break; // DICT
      case 0x91: stack.push(addItems(this, emptySet(this), stack.popToMark())); break; // FROZENSET
      case 0x85: stack.push(stack.popMany(1)); break; // TUPLE1
      case 0x86: stack.push(stack.popMany(2)); break;
      case 0x87: stack.push(stack.popMany(3)); break;
      case 0x61: { const item = stack.pop(); append(this, stack.top(), [item]); break; } // APPEND
      case 0x65: case 0x90: { const items = stack.popToMark(); append(this, stack.top(), items); break; } // APPENDS, ADDITEMS
      case 0x73: { const value = stack.pop(); const key = stack.pop(); setItems(this, stack.top(), [key, value]); break; } // SETITEM
      case 0x75: { const items = stack.popToMark(); setItems(this, stack.top(), items); break; } // SETITEMS
      // Stack and memo
      case 0x30: stack.pop(); break;
      case 0x31: stack.dropToMark(); break; // POP_MARK
      case 0x32: stack.push(stack.top()); break; // DUP
      case 0x94: this.#memorise(this.#memo.size); break; // MEMOIZE
      case 0x70: this.#memorise(Number(integerFromText(cursor.line(), this.offset))); break; // PUT
      case 0x71: this.#memorise(cursor.uint8()); break;
      case 0x72: this.#memorise(cursor.uint32()); break;
      case 0x67: stack.push(this.#recall(Number(integerFromText(cursor.line(), this.offset)))); break; // GET
      case 0x68: stack.push(this.#recall(cursor.uint8())); break;
      case 0x6a: stack.push(this.#recall(cursor.uint32())); break;
      // Objects
      case 0x63: stack.push(this.#global(cursor.line(), cursor.line())); break; // GLOBAL
      case 0x93: { const name = stack.pop(); stack.push(this.#global(stack.pop(), name)); break; } // STACK_GLOBAL
      case 0x52: case 0x81: { const args = stack.pop(); stack.push(this.#call(stack.pop(), args)); break; } // REDUCE, NEWOBJ
      case 0x92: { const [callable, args, named] = stack.popMany(3); stack.push(this.#callNamed(callable, args, named)); break; } // NEWOBJ_EX
      case 0x62: { const state = stack.pop(); this.#build(stack.top(), state); break; } // BUILD
      case 0x51: stack.push(this.#persistent(stack.pop())); break; // BINPERSID
      case 0x50: stack.push(this.#persistent(cursor.line())); break; // PERSID
      case 0x98: break; // READONLY_BUFFER
      default: this.fail(`expected a pickle opcode, got byte 0x${opcode.toString(16).padStart(2, "0")}.`);
    }
  }

  #protocol(version: number): void {
    if (version > 5) this.fail(`expected pickle protocol 0 to 5, got ${version}.`);
  }

  #number(value: number | bigint | boolean): void {
    if (typeof value === "bigint") this.charge(SIZES.number, "a number");
    else if (typeof value === "number" && (value | 0) !== value) this.charge(SIZES.number, "a number");
    this.#stack.push(value);
  }

  #long(length: number): void {
    this.charge(length > 8 ? 2 * length : 0, "a number");
    this.#number(integerFromBytes(this.cursor.take(length), this.offset));
  }

  #text(length: number): string {
    const bytes = this.cursor.take(length);
    this.charge(textSize(length), "a text");
    return utf8Text(bytes, this.offset);
  }

  #latin1(length: number): void {
    const bytes = this.cursor.take(length);
    this.charge(textSize(length), "a text");
    this.#stack.push(latin1Text(bytes, this.offset));
  }

  #escapedText(): string {
    const line = this.cursor.line();
    // The line, what stands for it, and their pieces.
    this.charge(2 * textSize(line.length), "a text");
    return unescapeString(line);
  }

  #bytes(length: number): void {
    this.charge(SIZES.bytes, "bytes");
    this.#stack.push(this.cursor.take(length));
  }

  #memorise(index: number): void {
    this.charge(this.#memo.cost(index), "the pickle's memo");
    if (this.#memo.full) this.fail("the pickle's memo is larger than any file needs.");
    this.#memo.set(index, this.#stack.top());
  }

  #recall(index: number): unknown {
    if (!this.#memo.has(index)) this.fail(`the pickle recalls memo entry ${index}, which was never stored.`);
    return this.#memo.get(index);
  }

  #global(module: unknown, name: unknown): PickledGlobal {
    if (typeof module !== "string" || typeof name !== "string")
      this.fail("the pickle names a global by something that is no text.");
    if (module.length + name.length > LONGEST_NAME)
      this.fail(`the pickle names a global by a text of ${module.length + name.length} characters.`);
    const full = `${module}.${name}`;
    const found = this.#globals.get(full) ?? this.#host.findGlobal(full);
    if (!found)
      this.fail(
        `the file refers to ${describe(full)}, which is not in the list of known harmless names; nothing was run. Save plain tensors, such as model.state_dict(), instead.`,
      );
    if (!this.#globals.has(full)) this.charge(SIZES.global + textSize(full.length), "the pickle's names");
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
    this.charge(SIZES.call, `calling ${callable.name}`);
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
    if (parts.length > 2)
      this.fail(`expected the state of ${target.className} to be attributes and slots, got ${describe(state)}.`);
    for (const part of parts) {
      if (part === null) continue;
      if (!(part instanceof Map)) this.fail(`expected the state of ${target.className} to be a dict, got ${describe(part)}.`);
      this.charge(SIZES.entry * part.size, `the state of ${target.className}`);
      for (const [key, value] of part) if (typeof key === "string") target.state.set(key, value);
    }
  }

  #persistent(id: unknown): unknown {
    if (!this.#host.persistentLoad) this.fail("the pickle refers to data outside itself, which this kind of file does not have.");
    this.charge(SIZES.call, "a reference to a storage");
    return this.#host.persistentLoad(id, this);
  }
}
