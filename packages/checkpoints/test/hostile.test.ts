import { describe, expect, it } from "vitest";
import { CheckpointError, readTorch } from "../src/index.js";
import {
  bytesOf,
  collidingIntegers,
  collidingSmallIntegers,
  global,
  little,
  npyHeader,
  type Part,
  plainPickle,
  tensor,
  text,
  torchZip,
} from "./craft.js";
import { referenceFile } from "./files.js";
import { defect, fuzz, outcomeOf } from "./fuzz.js";

/** What a file whose numbers share places of a table ends with: the reader would compare each with all before it. */
const LOOKS = /looking for numbers in a dict or set/;

const repeat = (count: number, part: Part): Part => new Array<Part>(count).fill(part);

/** Files that are made to hurt: each must end in a value or a CheckpointError, fast and small. */
const hostile: Record<string, [name: string, bytes: () => Uint8Array, outcome: RegExp | "value"]> = {
  "a list that contains itself": ["a.pt", () => torchZip(["]q", 0, "h", 0, "a"]), "value"],
  "a dict that is its own key and value": ["a.pt", () => torchZip(["}q", 0, "h", 0, "h", 0, "s"]), "value"],
  "lists of lists, doubling 60 times": ["a.pt", () => torchZip(["]q", 0, repeat(60, ["0]", "h", 0, "ah", 0, "aq", 0])]), "value"],
  "a dict keyed by lists of lists": [
    "a.pt",
    () => torchZip(["]q", 0, repeat(60, ["0]", "h", 0, "ah", 0, "aq", 0]), "0}h", 0, "Ns"]),
    "value",
  ],
  "a memo entry that was never stored": ["a.pt", () => torchZip(["j", little(4294967295, 4)]), /never stored/],
  "a memo index of four billion": ["a.pt", () => torchZip(["Nr", little(4294967295, 4)]), "value"],
  "text of four gigabytes": ["a.pt", () => torchZip(["X", little(4294967295, 4), "x"]), /expected 4294967295 more bytes/],
  "bytes of 2^63": ["a.pt", () => torchZip(["\x8e", little(2n ** 63n, 8)]), /expected a count/],
  "an integer of a megabyte": ["a.pt", () => torchZip(["\x8b", little(1e6, 4), repeat(1e6, 255)]), /one of 1000000 bytes/],
  "a million empty dicts": ["a.pt", () => torchZip(repeat(1e6, "}")), /limit of .* bytes of memory/],
  "a dict of integers that share one place": [
    "a.pt",
    () => torchZip(["}(", collidingIntegers(20_000).map((key) => [key, "N"]), "u"]),
    LOOKS,
  ],
  "a set of integers that share one place": ["a.pt", () => torchZip(["\x8f(", collidingIntegers(20_000), "\x90"]), LOOKS],
  "a dict of small integers that share one place": [
    "a.pt",
    () => torchZip(["}(", collidingSmallIntegers(10_000).map((key) => ["J", little(key, 4), "N"]), "u"]),
    LOOKS,
  ],
  "copies of a dict of integers that share one place": [
    "a.pt",
    () =>
      torchZip([
        [global("builtins", "dict"), "q", 0, "0}(", collidingIntegers(2000).map((key) => [key, "N"]), "u\x85q", 1, "0("],
        [repeat(1000, ["h", 0, "h", 1, "R"]), "l"],
      ]),
    LOOKS,
  ],
  "one of many integers that share a place, set again and again": [
    "a.pt",
    () => torchZip(["}(", collidingIntegers(4000).map((key) => [key, "N"]), "u", repeat(50_000, [collidingIntegers(1), "Ns"])]),
    LOOKS,
  ],
  "a memo by integers that share one place, recalled": [
    "a.pt",
    () => {
      const places = collidingSmallIntegers(10_000).map((key) => little(key, 4));
      return torchZip(["N", places.map((place) => ["r", place]), repeat(100_000, ["j", places.at(-1)!, "0"])]);
    },
    "value",
  ],
  "a dict of integers in any order": [
    "a.pt",
    () => torchZip(["}(", Array.from({ length: 40_000 }, (_, i) => ["J", little((i * 7919) % 40_000, 4), "N"] as Part), "u"]),
    "value",
  ],
  "os.system": ["a.pt", () => torchZip([global("os", "system"), "(", text("true"), "tR"]), /os\.system.*nothing was run/],
  "builtins.getattr": ["a.pt", () => torchZip([global("builtins", "getattr"), "(", text("a"), text("b"), "tR"]), /getattr/],
  "__proto__ as a global": ["a.pt", () => torchZip([global("__proto__", "constructor")]), /not in the list/],
  "a call of a value": ["a.pt", () => torchZip([text("a"), "(tR"]), /not a known function/],
  "a storage larger than the file": [
    "a.pt",
    () => torchZip(tensor("0", 2 ** 40, [1], [1]), { 0: new Uint8Array(4) }),
    /needs .* bytes, its member has 4/,
  ],
  "a tensor outside its storage": [
    "a.pt",
    () => torchZip(tensor("0", 1, [2], [1]), { 0: new Uint8Array(4) }),
    /reaches element 1/,
  ],
  "a tensor expanded to a terabyte": [
    "a.pt",
    () => torchZip(tensor("0", 1, [2 ** 20, 2 ** 18], [0, 0]), { 0: new Uint8Array(4) }),
    /maxBytes/,
  ],
  "a shape that overflows": [
    "a.pt",
    () => torchZip(tensor("0", 1, [2 ** 40, 2 ** 40], [0, 0]), { 0: new Uint8Array(4) }),
    /more elements than any file/,
  ],
  "many strided copies of one storage": [
    "a.pt",
    () => torchZip(["]", repeat(500, [tensor("0", 10000, [100, 100], [1, 100]), "a"])], { 0: new Uint8Array(40000) }),
    /limit of .* bytes of memory/,
  ],
  "a deflated storage of a gigabyte of zeros": [
    "a.pt",
    () => torchZip(tensor("0", 2 ** 24, [2 ** 24], [1]), { 0: new Uint8Array(2 ** 26) }, 9),
    /limit of .* bytes of memory/,
  ],
  "a module that contains itself": [
    "a.pkl",
    () => {
      const meta: Part = [
        "}",
        text("class_name"),
        text("Generator"),
        "s",
        text("state"),
        "}",
        text("_modules"),
        "}q",
        0,
        "s",
        "s",
      ];
      const self: Part = [global("torch_utils.persistence", "_reconstruct_persistent_obj"), "(", meta, "tRq", 1];
      return plainPickle("}", text("G_ema"), self, "h", 0, text("x"), "h", 1, "s0s");
    },
    /more modules inside each other/,
  ],
  "one storage loaded many times": [
    "a.pkl",
    () => {
      const legacy = referenceFile("training.legacy.pt");
      const load: Part = [global("torch.storage", "_load_from_bytes"), "q", 1, "h", 0, "\x85R0"];
      return plainPickle(
        ["C", 0, "0B", little(legacy.length, 4), legacy, "q", 0, "0"],
        load,
        repeat(20000, ["h", 1, "h", 0, "\x85R0"]),
        "N",
      );
    },
    /limit of .* bytes of memory|in a storage/,
  ],
  "an npy of 2^60 elements": ["a.npy", () => npyHeader("(1152921504606846976,)"), /shape of non-negative integers/],
  "an npy of too many dimensions": ["a.npy", () => npyHeader(`(${"1,".repeat(65)})`), /at most 64 dimensions/],
  "a safetensors header of 2^60 bytes": ["a.safetensors", () => bytesOf(little(2n ** 60n, 8), "{}"), /expected a count/],
  "a safetensors header that is no object": ["a.safetensors", () => bytesOf(little(4, 8), "null"), /JSON object/],
};

describe("hostile files", () => {
  it.each(Object.entries(hostile))("%s", async (_title, [name, make, expected]) => {
    const bytes = make();
    const outcome = await outcomeOf(name, bytes);
    expect(defect(outcome, bytes.length)).toBeUndefined();
    if (expected === "value") expect(outcome.error).toBeUndefined();
    else expect((outcome.error as Error | undefined)?.message).toMatch(expected);
  });

  it("a trusted file may expand when maxBytes says so", async () => {
    const bytes = torchZip(tensor("0", 1, [1024, 1024], [0, 0]), { 0: new Uint8Array(4) });
    await expect(readTorch(bytes)).rejects.toBeInstanceOf(CheckpointError);
    expect(await readTorch(bytes, { maxBytes: 2 ** 23 })).toMatchObject({ shape: [1024, 1024] });
  });

  it("every prefix of a file ends in a CheckpointError", async () => {
    for (const name of ["training.legacy.pt", "nvlabs.protocol4.pkl", "types.safetensors", "c.npy"]) {
      const whole = referenceFile(name);
      for (let length = 0; length < whole.length; length += 13) {
        const outcome = await outcomeOf(name, whole.slice(0, length));
        expect(outcome.error).toBeInstanceOf(CheckpointError);
      }
    }
  });

  it("2,000 mutated files each end in a value or a CheckpointError", async () => {
    const { defects, values, errors } = await fuzz(2000, 1);
    expect(defects).toEqual([]);
    // Both ends are reached often, or the mutations would test little.
    expect(Math.min(values, errors)).toBeGreaterThan(200);
  });
});
