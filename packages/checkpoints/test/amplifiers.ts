import { zipSync } from "fflate";
import { bytesOf, collidingIntegers, global, int, little, npyHeader, type Part, plainPickle, text } from "./craft.js";

/** Files that try to make their reader large or slow: name, with the ending that says which reader, and bytes of about `size`. */
export type Amplifier = (size: number) => { name: string; bytes: Uint8Array };

/** A pickle that begins with `head`, repeats `unit` up to about `size` bytes, and ends with `tail`, in a file of torch.save. */
export function pickleOf(
  size: number,
  head: Part,
  unit: Part,
  tail: Part = "",
  storages: Record<string, Uint8Array> = {},
): Uint8Array {
  const [start, part, end] = [bytesOf("\x80\x02", head), bytesOf(unit), bytesOf(tail, ".")];
  const count = Math.max(1, Math.floor((size - start.length - end.length) / part.length));
  const pickle = new Uint8Array(start.length + count * part.length + end.length);
  pickle.set(start);
  pickle.set(repeatBytes(part, count), start.length);
  pickle.set(end, start.length + count * part.length);
  const data = Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]);
  return zipSync({ "archive/data.pkl": pickle, ...Object.fromEntries(data) }, { level: 0 });
}

export function repeatBytes(part: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(part.length * count);
  if (count > 0) all.set(part);
  // Doubling: a copy for each would be slow.
  for (let done = part.length; done < all.length; done *= 2) all.copyWithin(done, 0, Math.min(done, all.length - done));
  return all;
}

/** A safetensors file whose header is `head`, `unit` as often as fits, and `tail`. */
export function headerOf(size: number, head: string, unit: string, tail: string): Uint8Array {
  const count = Math.max(1, Math.floor((size - 8 - head.length - tail.length) / unit.length));
  const json = bytesOf(head, repeatBytes(bytesOf(unit), count), tail);
  return bytesOf(little(json.length, 8), json);
}

const pickle = (head: Part, unit: Part, tail: Part = ""): Amplifier => {
  return (size) => ({ name: "a.pt", bytes: pickleOf(size, head, unit, tail) });
};
const header = (head: string, unit: string, tail: string): Amplifier => {
  return (size) => ({ name: "a.safetensors", bytes: headerOf(size, head, unit, tail) });
};

const many = (count: number, part: (i: number) => Part): Part => Array.from({ length: count }, (_, i) => part(i));
const STORAGE: Part = ["(", text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(1), "tQ"];

/** What was found by hand; each names what it lets grow. */
export const amplifiers: Record<string, Amplifier> = {
  "the stack": pickle("", "N"),
  "marks on the stack": pickle("", "("),
  "lists of one": pickle("", "]Na"),
  "lists of two": pickle("", "]NaNa"),
  "lists kept in one list": pickle("]", "]Naa"),
  "lists inside lists": (size) => pickle(bytesOf("\x80\x02", repeatBytes(bytesOf("("), size / 2)), "l")(size),
  "tuples inside tuples": pickle("N", "\x85"),
  "empty tuples": pickle("(", ")", "l"),
  "one list of many": (size) => pickle("]", ["(", many(1000, () => "N"), "e"])(size),
  "a list that is closed at once": pickle("(", "N", "l"),
  dicts: pickle("", "}NNs"),
  "a dict of many keys": (size) => pickle("}", ["(", many(1000, () => "M"), "u"])(size),
  "a dict of floats": (size) => ({
    name: "a.pt",
    bytes: pickleOf(
      0,
      "}",
      many(Math.floor(size / 10), (i) => ["G", bigEndian(i + 0.5), "Ns"]),
    ),
  }),
  "a dict of integers that share one place": (size) => ({
    name: "a.pt",
    bytes: pickleOf(
      0,
      "}",
      collidingIntegers(Math.floor(size / 16)).map((key) => [key, "Ns"]),
    ),
  }),
  floats: pickle("(", "G\x3f\xf1\x99\x99\x99\x99\x99\x9a", "l"),
  "long integers": pickle("(", ["\x8a", 255, new Uint8Array(255).fill(77)], "l"),
  "empty texts": pickle("(", ["X", little(0, 4)], "l"),
  "short texts": pickle("(", ["\x8c", 1, "a"], "l"),
  "a text that is not Latin": pickle("(", ["X", little(3, 4), "\xe2\x9c\x93"], "l"),
  "escaped text": pickle("V", "\\n", "\n"),
  "bytes of nothing": pickle("(", "C\0", "l"),
  "the memo": pickle("N", "\x94"),
  "the memo, out of turn": (size) => ({
    name: "a.pt",
    bytes: pickleOf(
      0,
      "N",
      many(Math.floor(size / 5), (i) => ["r", little(4e9 - 7 * i, 4)]),
    ),
  }),
  "names of modules": (size) => ({
    name: "a.pkl",
    bytes: plainPickle(
      "(",
      many(Math.floor(size / 35), (i) => `ctorch.nn.modules.a\nA${i.toString(36)}\n`),
      "l",
    ),
  }),
  "names of storages": (size) => ({
    name: "a.pt",
    bytes: pickleOf(
      0,
      "(",
      many(Math.floor(size / 20), (i) => `ctorch\nA${i.toString(36)}Storage\n`),
      "l",
    ),
  }),
  "calls without arguments": pickle(
    [global("collections", "OrderedDict"), "q", 0, "0", ")q", 1, "0("],
    ["h", 0, "h", 1, "R"],
    "l",
  ),
  namespaces: pickle([global("argparse", "Namespace"), "q", 0, "0", ")q", 1, "0("], ["h", 0, "h", 1, "R"], "l"),
  "empty bytes by name": pickle([global("builtins", "bytes"), "q", 0, "0", ")q", 1, "0("], ["h", 0, "h", 1, "R"], "l"),
  "copies of one dict": pickle(
    [
      "}q",
      2,
      "(",
      many(1000, (i) => ["M", little(i, 2), "N"]),
      "u0",
      global("builtins", "dict"),
      "q",
      0,
      "0h",
      2,
      "\x85q",
      1,
      "0(",
    ],
    ["h", 0, "h", 1, "R"],
    "l",
  ),
  "copies of one list": pickle(
    ["(", many(60_000, () => "N"), "lq", 2, "0", global("builtins", "list"), "q", 0, "0h", 2, "\x85q", 1, "0("],
    ["h", 0, "h", 1, "R"],
    "l",
  ),
  "states set again and again": pickle(
    [global("argparse", "Namespace"), ")Rq", 0, "0(", many(60_000, () => "N"), "tq", 1, "0h", 0],
    ["h", 1, "b"],
  ),
  "paths joined": pickle(
    [
      global("pathlib", "PosixPath"),
      "q",
      0,
      "0X",
      little(60_000, 4),
      "a".repeat(60_000),
      "q",
      1,
      "(",
      many(4000, () => "h\x01"),
      "tq",
      2,
      "0(",
    ],
    ["h", 0, "h", 2, "R"],
    "l",
  ),
  "paths of nothing": pickle(
    [global("pathlib", "PosixPath"), "q", 0, "0(", many(60_000, () => "N"), "tq", 2, "0("],
    ["h", 0, "h", 2, "R"],
    "l",
  ),
  "long names from two texts": pickle(["X", little(500_000, 4), "a".repeat(500_000), "q", 0, "0"], ["h", 0, "h", 0, "\x930"]),
  "views of 64 dimensions": (size) => ({
    name: "a.pt",
    bytes: pickleOf(
      size,
      [
        global("torch._utils", "_rebuild_tensor"),
        "q",
        0,
        "0",
        "(",
        STORAGE,
        "K\0(",
        many(64, () => "K\x01"),
        "tq",
        2,
        "h",
        2,
        "tq",
        1,
        "0(",
      ],
      ["h", 0, "h", 1, "R"],
      "l",
      { 0: new Uint8Array(4) },
    ),
  }),
  "a copy along 64 strides": (size) => ({
    name: "a.pt",
    bytes: pickleOf(
      0,
      [global("torch._utils", "_rebuild_tensor"), "(", stridedStorage(Math.floor(size / 4)), "K\0"],
      ["(", int(Math.floor(size / 8)), many(63, () => "K\x01"), "t(K\x02", many(63, () => "K\x01"), "t"],
      "tR",
      { 0: new Uint8Array(4 * Math.floor(size / 4)) },
    ),
  }),
  "arrays of one dtype": pickle(
    [
      global("numpy.core.multiarray", "_reconstruct"),
      "q",
      0,
      ")R",
      "(K\x01)",
      global("numpy", "dtype"),
      "(",
      text("u1"),
      "tR\x89C\x01at",
      "q",
      1,
      "0",
    ],
    ["h", 1, "b"],
  ),
  "storages of a stream": (size) => ({
    name: "a.pt",
    bytes: bytesOf(
      "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02",
      [text("storage"), "q", 0, global("torch", "ByteStorage"), "q", 1, text("cpu"), "q", 2, "("],
      many(Math.floor(size / 18), (i) => ["(h\0h\x01", "J", little(i, 4), "h\x02K\0tQ"]),
      "l.\x80\x02].",
    ),
  }),
  "shared modules": (size) => ({ name: "a.pkl", bytes: sharedModules(13, size) }),
  "a network under many keys": (size) => ({ name: "a.pkl", bytes: manyKeys(size) }),
  "a header of lists": header('{"__metadata__":', "[]", "}"),
  "a header of lists inside lists": header('{"a":', "[", "}"),
  "a header of objects inside objects": header("", '{"a":', "}"),
  "a header of one text": header('{"__metadata__":{"a":"', "\\n", '"}}'),
  "a header of tensors without elements": (size) => {
    const entry = (i: number) => `"${i.toString(36)}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;
    const json = `{${Array.from({ length: Math.floor(size / 55) }, (_, i) => entry(i)).join(",")}}`;
    return { name: "a.safetensors", bytes: bytesOf(little(json.length, 8), json) };
  },
  "a header of metadata": (size) => {
    const json = `{"__metadata__":{${Array.from({ length: Math.floor(size / 9) }, (_, i) => `"${i.toString(36)}":""`).join(",")}}}`;
    return { name: "a.safetensors", bytes: bytesOf(little(json.length, 8), json) };
  },
  "an npy header of brackets": (size) => ({ name: "a.npy", bytes: npyHeader("(".repeat(Math.min(size, 9000))) }),
  "an npy header of texts": (size) => ({ name: "a.npy", bytes: npyHeader("''".repeat(Math.min(size / 2, 4500))) }),
  "a directory of members": (size) => ({ name: "a.npz", bytes: directoryOf(Math.floor(size / 52)) }),
  "a directory of members, torch": (size) => ({
    name: "a.pt",
    bytes: bytesOf("PK\x03\x04", directoryOf(Math.floor(size / 52), 4)),
  }),
};

function bigEndian(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, false);
  return new Uint8Array(view.buffer);
}

function stridedStorage(count: number): Part {
  return ["(", text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(count), "tQ"];
}

function moduleOf(modules: Part, parameters: Part): Part {
  const state: Part = ["}", text("_modules"), modules, "s", text("_parameters"), parameters, "s"];
  const meta: Part = ["}", text("class_name"), text("A"), "s", text("state"), state, "s"];
  return [global("torch_utils.persistence", "_reconstruct_persistent_obj"), "(", meta, "tR"];
}

/** Each module holds the one before it twice: the innermost, with parameters of `size` bytes, has 2^levels names. */
function sharedModules(levels: number, size: number): Uint8Array {
  const tensor: Part = [global("torch._utils", "_rebuild_tensor"), "(", global("numpy.core.multiarray", "_reconstruct"), ")R"];
  const array: Part = [tensor.slice(2), ""];
  const parameters: Part = ["}", many(Math.min(2000, Math.floor(size / 50)), (i) => [text(`p${i}`), array, "s"])];
  const inner: Part = [moduleOf("}", parameters), "q", 1, "0"];
  const outer: Part = [moduleOf(["}", text("a"), "h", 1, "s", text("b"), "h", 1, "s"], "}"), "q", 1, "0"];
  return plainPickle(
    inner,
    many(levels, () => outer),
    "}",
    text("G"),
    "h",
    1,
    "s",
  );
}

function manyKeys(size: number): Uint8Array {
  const array: Part = [global("numpy.core.multiarray", "_reconstruct"), ")R"];
  const parameters: Part = ["}", many(1000, (i) => [text(`p${i}`), array, "s"])];
  return plainPickle(
    moduleOf("}", parameters),
    "q",
    1,
    "0}",
    many(Math.floor(size / 14), (i) => [text(`k${i}`), "h", 1, "s"]),
  );
}

/** A zip directory of empty members that all stand at the file's first byte. */
function directoryOf(count: number, before = 0): Uint8Array {
  const members = many(count, (i) => {
    const name = `${i.toString(36)}.npy`;
    return ["PK\x01\x02", new Uint8Array(24), little(name.length, 2), new Uint8Array(16), name];
  });
  const directory = bytesOf(members);
  const end64: Part = ["PK\x06\x06", little(44, 8), new Uint8Array(12), little(count, 8), little(count, 8)];
  const at = before + directory.length;
  return bytesOf(
    directory,
    [end64, little(directory.length, 8), little(before, 8)],
    ["PK\x06\x07", new Uint8Array(4), little(at, 8), little(1, 4)],
    [
      "PK\x05\x06",
      new Uint8Array(4),
      little(0xffff, 2),
      little(0xffff, 2),
      little(0xffffffff, 4),
      little(0xffffffff, 4),
      new Uint8Array(2),
    ],
  );
}
