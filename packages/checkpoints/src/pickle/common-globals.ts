import { describe } from "../errors.js";
import { addItems, emptyDict, emptySet, setItems } from "./containers.js";
import { LONGEST_TEXT } from "./literals.js";
import { Callable, type FindGlobal, type PickleMachine } from "./machine.js";
import { SIZES, textSize } from "./sizes.js";
import { PickledGlobal, PickledObject } from "./values.js";

/** Joins tables of globals: the first that knows a name answers. */
export function firstOf(...tables: FindGlobal[]): FindGlobal {
  return (name) => {
    for (const table of tables) {
      const found = table(name);
      if (found) return found;
    }
    return undefined;
  };
}

/** A table written as name → function. */
export function callables(table: Record<string, (args: unknown[], machine: PickleMachine) => unknown>): FindGlobal {
  const map = new Map(Object.entries(table).map(([name, call]) => [name, new Callable(name, call)]));
  return (name) => map.get(name);
}

/** The module of Python's own types, in the spelling of Python 3 and of Python 2, which protocols up to 2 keep. */
const BUILTINS = ["builtins", "__builtin__"];
const inBuiltins = <T>(table: Record<string, T>): Record<string, T> =>
  Object.fromEntries(BUILTINS.flatMap((module) => Object.entries(table).map(([name, value]) => [`${module}.${name}`, value])));

/** Python's own harmless names. */
export const pythonGlobals: FindGlobal = firstOf(
  callables({
    "collections.OrderedDict": makeMap,
    "collections.defaultdict": ([, items], machine) => makeMap(items === undefined ? [] : [items], machine),
    "collections.Counter": makeMap,
    "_codecs.encode": ([text], machine) => toBytes(text, machine),
    "argparse.Namespace": (_args, machine) => makeObject("argparse.Namespace", machine),
    "copyreg._reconstructor": reconstruct,
    "copy_reg._reconstructor": reconstruct,
    "pathlib.PosixPath": joinPath,
    "pathlib.PurePosixPath": joinPath,
    "pathlib.WindowsPath": joinPath,
    "pathlib._local.PosixPath": joinPath,
    "pathlib._local.PurePosixPath": joinPath,
    "pathlib._local.WindowsPath": joinPath,
    ...inBuiltins({
      dict: makeMap,
      set: makeSet,
      frozenset: makeSet,
      list: makeList,
      tuple: makeList,
      bytes: ([bytes]: unknown[], machine: PickleMachine) => toBytes(bytes, machine),
      bytearray: ([bytes]: unknown[], machine: PickleMachine) => toBytes(bytes, machine),
    }),
  }),
  names(...BUILTINS.flatMap((module) => ["int", "float", "bool", "str", "object"].map((name) => `${module}.${name}`))),
);

/** Globals that are names and nothing more. */
export function names(...list: string[]): FindGlobal {
  const map = new Map(list.map((name) => [name, new PickledGlobal(name)]));
  return (name) => map.get(name);
}

/** A dict of pairs, of another dict, or an empty one. */
export function makeMap([items]: unknown[], machine: PickleMachine): Map<unknown, unknown> {
  const map = emptyDict(machine);
  if (items === undefined) return map;
  const isPairs = Array.isArray(items) && items.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!isPairs && !(items instanceof Map))
    return machine.fail(`expected a dict or pairs to make a dict from, got ${describe(items)}.`);
  for (const pair of items as Iterable<unknown[]>) setItems(machine, map, pair);
  return map;
}

/** An object of a class of which nothing but the name is known. */
export function makeObject(className: string, machine: PickleMachine): PickledObject {
  machine.charge(SIZES.object, `an object of ${className}`);
  return new PickledObject(className);
}

function makeList([items]: unknown[], machine: PickleMachine): unknown[] {
  machine.charge(SIZES.list, "a list");
  if (items === undefined) return [];
  if (!Array.isArray(items) && !(items instanceof Set)) return machine.fail(`expected a list, got ${describe(items)}.`);
  machine.charge(SIZES.item * (items instanceof Set ? items.size : items.length), "copying a list");
  return [...items];
}

function makeSet(args: unknown[], machine: PickleMachine): Set<unknown> {
  return addItems(machine, emptySet(machine), makeList(args, machine));
}

/** Protocol 2 has no bytes: it encodes latin-1 text. */
function toBytes(value: unknown, machine: PickleMachine): Uint8Array {
  if (value === undefined) return toBytes("", machine);
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") return machine.fail(`expected latin-1 text for bytes, got ${describe(value)}.`);
  machine.charge(SIZES.array, "bytes kept as text");
  machine.budget.charge(value.length, "bytes kept as text", machine.offset);
  const bytes = new Uint8Array(value.length);
  for (let i = 0; i < value.length; i++) bytes[i] = value.charCodeAt(i);
  return bytes;
}

/** Protocols 0 and 1 make objects so: class, base class, and the base's value. */
function reconstruct([type]: unknown[], machine: PickleMachine): unknown {
  if (type instanceof Callable && type.name === "argparse.Namespace") return type.call([], machine);
  return machine.fail(`expected a class that can be rebuilt, got ${type instanceof PickledGlobal ? type.name : describe(type)}.`);
}

function joinPath(parts: unknown[], machine: PickleMachine): string {
  // Before they are joined: one text can stand in many places.
  const length = parts.reduce((sum: number, part) => sum + SIZES.item + (typeof part === "string" ? part.length : 0), 0);
  machine.charge(textSize(length), "a path");
  if (length > LONGEST_TEXT) machine.fail(`the pickle joins a path of ${length} characters.`);
  const path = parts.filter((part) => typeof part === "string").join("/");
  return path.startsWith("//") ? path.slice(1) : path;
}
