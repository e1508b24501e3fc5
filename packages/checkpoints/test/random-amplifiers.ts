import { zipSync } from "fflate";
import { pickleOf, repeatBytes } from "./amplifiers.js";
import { bytesOf, global, int, little, npyHeader, type Part, text } from "./craft.js";

type Random = (n: number) => number;
export interface RandomFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly what: string;
}

const many = (count: number, part: Part): Part => new Array<Part>(count).fill(part);
const STORAGE: Part = ["(", text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(1), "tQ"];
const put = (index: number): Part => ["q", index, "0"];
const get = (index: number): Part => ["h", index];

/** Values to be shared, each in the memo under its place in this list. */
const SHARED: readonly Part[] = [
  ["(", many(50, "N"), "l"],
  ["X", little(1000, 4), "a".repeat(1000)],
  ["}(", Array.from({ length: 20 }, (_, i) => ["K", i, "N"]), "u"],
  ["(", many(64, "K\x01"), "t"],
  ["h\0\x85"],
  ["h\x02\x85"],
  ["(", many(40, "h\x01"), "t"],
  [")"],
  [global("torch._utils", "_rebuild_tensor")],
  ["(", STORAGE, "K\0h\x03h\x03t"],
  ...["builtins.dict", "builtins.list", "builtins.set", "builtins.bytes", "collections.OrderedDict", "argparse.Namespace"].map(
    (name): Part => [global(name.split(".")[0]!, name.split(".")[1]!)],
  ),
  [global("pathlib", "PosixPath")],
  [global("_codecs", "encode")],
  ["h\x01\x85"],
  [global("argparse", "Namespace"), ")R"],
];
const [LIST_ARGUMENT, DICT_ARGUMENT, PATHS, NONE, REBUILD, VIEW] = [4, 5, 6, 7, 8, 9];
const [DICT, LIST, SET, BYTES, ORDERED, NAMESPACE, PATH, ENCODE, TEXT_ARGUMENT] = [10, 11, 12, 13, 14, 15, 16, 17, 18];
/** Calls that succeed: function and arguments. */
const CALLS: readonly (readonly [number, number])[] = [
  [DICT, DICT_ARGUMENT],
  [LIST, LIST_ARGUMENT],
  [SET, LIST_ARGUMENT],
  [BYTES, TEXT_ARGUMENT],
  [BYTES, NONE],
  [ORDERED, NONE],
  [NAMESPACE, NONE],
  [PATH, PATHS],
  [ENCODE, TEXT_ARGUMENT],
  [REBUILD, VIEW],
];
const SMALL: readonly Part[] = [
  "N",
  ")",
  "]",
  "}",
  "\x8f",
  "K\x07",
  "G?\xf1\x99\x99\x99\x99\x99\x9a",
  "C\0",
  "\x8c\x01b",
  "J\x01\x02\x03\x04",
  "\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09",
];

/** One value, built of others up to `depth` inside each other. */
function someValue(random: Random, depth: number): Part {
  const kind = random(depth > 0 ? 9 : 3);
  const inner = () => someValue(random, depth - 1);
  const some = () => Array.from({ length: random(4) }, inner);
  if (kind === 0) return SMALL[random(SMALL.length)]!;
  if (kind === 1) return get(random(SHARED.length));
  if (kind === 2) {
    const [callable, args] = CALLS[random(CALLS.length)]!;
    return [get(callable), get(args), "R"];
  }
  if (kind === 3) return ["]", some().map((value) => [value, "a"])];
  if (kind === 4) return ["](", some(), "e"];
  if (kind === 5) return ["}", some().map((value, i) => ["K", i, value, "s"])];
  if (kind === 6) return ["(", some(), random(2) ? "t" : "l"];
  if (kind === 7) return [inner(), "\x85"];
  return ["\x8f(", some(), "\x90"];
}

/** What is done with the value of each repetition: it is left, appended, put into the memo, wrapped, or dropped. */
const ENDS: readonly ((random: Random) => { head: Part; end: Part; tail: Part })[] = [
  () => ({ head: "(", end: "", tail: "l" }),
  () => ({ head: "]", end: "a", tail: "" }),
  () => ({ head: "(", end: "\x94", tail: "t" }),
  () => ({ head: "N", end: "\x86", tail: "" }),
  () => ({ head: "N", end: "0", tail: "" }),
  () => ({ head: ["h", SHARED.length - 1], end: "b", tail: "" }),
];

export function randomPickle(random: Random, size: number): RandomFile {
  const unit = bytesOf(someValue(random, 1 + random(3)));
  const { head, end, tail } = ENDS[random(ENDS.length)]!(random);
  const shared = SHARED.map((value, i) => [value, put(i)]);
  const bytes = pickleOf(size, [shared, head], [unit, end], tail, { 0: new Uint8Array(4) });
  return { name: "a.pt", bytes, what: `pickle of ${Buffer.from(bytesOf(head, unit, end, tail)).toString("latin1")}` };
}

const JSON_TOKENS = [
  '"a"',
  '"__metadata__"',
  '"dtype"',
  '"U8"',
  '"shape"',
  '"data_offsets"',
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "0",
  "1",
  "null",
  " ",
];
const JSON_WHOLE = [
  '"#":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}',
  '"#":{"dtype":"F8_E4M3","shape":[0,1,1],"data_offsets":[0,0]}',
];

/** A header of tokens in any order, or of entries that are right. */
export function randomSafetensors(random: Random, size: number): RandomFile {
  const isRight = random(2) === 0;
  const unit = Array.from({ length: 1 + random(6) }, () => JSON_TOKENS[random(JSON_TOKENS.length)]!).join("");
  const whole = JSON_WHOLE[random(JSON_WHOLE.length)]!;
  const count = Math.floor(size / (isRight ? whole.length + 3 : unit.length));
  const metadata = random(2) ? `"__metadata__":{"k":"${"\\n".repeat(random(size / 8))}"},` : "";
  const entries = Array.from({ length: count }, (_, i) => whole.replace("#", i.toString(36)));
  const body = isRight ? metadata + entries.join(",") : bytesOf(repeatBytes(bytesOf(unit), count));
  const json = bytesOf("{", body, "}");
  return { name: "a.safetensors", bytes: bytesOf(little(json.length, 8), json), what: `header of ${isRight ? whole : unit}` };
}

const LITERALS = [
  "(",
  ")",
  "{",
  "}",
  "'a'",
  '"a"',
  "1",
  ",",
  ":",
  " ",
  "#",
  "\\",
  "'''",
  "0x",
  "_",
  "L",
  "None",
  "True",
  "-",
  "\n",
];

export function randomNpy(random: Random, size: number): RandomFile {
  const unit = Array.from({ length: 1 + random(4) }, () => LITERALS[random(LITERALS.length)]!).join("");
  const header = unit.repeat(Math.floor(Math.min(size, 9000) / unit.length));
  return { name: "a.npy", bytes: npyHeader(header), what: `npy header of ${unit}` };
}

/** An archive of many members, whole or with its directory damaged in a few places. */
export function randomZip(random: Random, size: number): RandomFile {
  const count = 1 + random(Math.floor(size / 150));
  const length = 1 + random(20);
  const members = Array.from({ length: count }, (_, i) => [`${"n".repeat(length)}${i.toString(36)}.npy`, npyHeader("(0,)")]);
  const name = random(2) ? "a.npz" : "a.pt";
  const bytes = zipSync(Object.fromEntries(members), { level: random(2) ? 9 : 0 });
  for (let wounds = random(3); wounds > 0; wounds--) bytes[bytes.length - 1 - random(Math.floor(bytes.length / 3))] = random(256);
  return { name, bytes, what: `zip of ${count} members` };
}
