import { LatentflowError } from "@latentflow/core";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import {
  NpzFile,
  npyHeader,
  readNpy,
  readSafetensors,
  readTorch,
  type TensorData,
  writeNpy,
  writeSafetensors,
} from "../src/index.js";
import { referenceFile, referenceValues } from "./files.js";

describe("npy", () => {
  it.each(["c.npy", "fortran.npy", "big-endian.npy"])("reads %s", async (name) => {
    const array = await readNpy(referenceFile(name));
    expect(array).toMatchObject({ dtype: "float32", shape: [4, 3] });
    expect([...(array.data as Float32Array)]).toEqual(referenceValues("array", 12));
  });

  it("writes the very bytes that NumPy writes", async () => {
    const file = referenceFile("c.npy");
    expect(writeNpy(await readNpy(file))).toEqual(new Uint8Array(file));
  });

  it("writes and reads back vectors, scalars and 64-bit integers", async () => {
    const arrays: TensorData[] = [
      { dtype: "int64", shape: [3], data: BigInt64Array.of(-1n, 2n ** 60n, 0n) },
      { dtype: "float64", shape: [], data: Float64Array.of(0.1) },
      { dtype: "float16", shape: [2, 1], data: Float32Array.of(0.5, -65504) },
      { dtype: "bool", shape: [0, 4], data: new Uint8Array(0) },
    ];
    for (const array of arrays) expect(await readNpy(writeNpy(array))).toEqual(array);
    expect(() => writeNpy({ dtype: "bfloat16", shape: [1], data: new Float32Array(1) })).toThrow(/NumPy has no bfloat16/);
    for (const array of arrays) {
      const header = npyHeader(array);
      expect(header).toEqual(writeNpy(array).subarray(0, header.length));
    }
  });

  it("refuses objects and arrays that do not fit the file", async () => {
    const file = referenceFile("c.npy").slice();
    file.set(new TextEncoder().encode("|O "), 21);
    await expect(readNpy(file)).rejects.toThrow(/NumPy type of numbers/);
    await expect(readNpy(referenceFile("c.npy").subarray(0, 150))).rejects.toThrow(/expected 48 bytes of elements/);
  });
});

describe("safetensors", () => {
  it("reads what the reference library wrote, every type", async () => {
    const { tensors, metadata } = await readSafetensors(referenceFile("types.safetensors"));
    expect(metadata).toEqual(new Map([["made", "by safetensors"]]));
    expect([...tensors.keys()].sort()).toEqual([
      ..."bfloat16 bool float16 float32 float64 int16 int32 int64 int8 uint16 uint32 uint64 uint8".split(" "),
    ]);
    for (const [name, { dtype }] of tensors) expect(dtype).toBe(name);
    expect([...(tensors.get("float16")!.data as Float32Array)]).toEqual(referenceValues("float16", 15));
  });

  it("writing and reading back is the identity, 16-bit floats included", async () => {
    const { tensors } = await readSafetensors(referenceFile("types.safetensors"));
    const again = await readSafetensors(writeSafetensors(tensors, { made: "here" }));
    expect(again.tensors).toEqual(tensors);
    expect(again.metadata.get("made")).toBe("here");
  });

  it("rounds to nearest even, and keeps subnormals, infinities and NaN", async () => {
    const data = Float32Array.of(
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      2 ** -24,
      2 ** -25,
      65519,
      65520,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    );
    const written = writeSafetensors({ half: { dtype: "float16", shape: [9], data } });
    const half = (await readSafetensors(written)).tensors.get("half")!;
    expect([...(half.data as Float32Array)]).toEqual([1, 1 + 2 ** -9, 2 ** -24, 0, 65504, Infinity, -0, NaN, -Infinity]);
  });

  it("refuses overlapping claims and foreign types", async () => {
    const file = writeSafetensors({ a: { dtype: "float32", shape: [2], data: new Float32Array(2) } });
    const text = new TextDecoder("latin1").decode(file);
    const change = (from: string, to: string) => Uint8Array.from(text.replace(from, to), (c) => c.charCodeAt(0));
    await expect(readSafetensors(change("[0,8]", "[0,9]"))).rejects.toThrow(/does not fit data_offsets/);
    await expect(readSafetensors(change('"F32"', '"F8_"'))).rejects.toThrow(/expected a type of F16/);
    await expect(readSafetensors(change("[2]", "[9]"))).rejects.toThrow(/does not fit/);
  });
});

it("safetensors headers of every length are read: none is taken for another format's first bytes", async () => {
  // 640 is how a pickle begins, 60 a page, 19280 a zip archive.
  for (const length of [...Array(1500).keys(), 0x4b50].filter((n) => n >= 60)) {
    const empty = JSON.stringify({ __metadata__: { pad: "" } });
    const header = JSON.stringify({ __metadata__: { pad: "x".repeat(length - empty.length) } });
    const bytes = new Uint8Array(8 + length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    expect((await readSafetensors(bytes)).metadata.get("pad")?.length).toBe(length - empty.length);
  }
});

describe("what safetensors forbids", () => {
  const craft = (header: string, size: number): Uint8Array => {
    const json = new TextEncoder().encode(header);
    const file = new Uint8Array(8 + json.length + size);
    new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
    file.set(json, 8);
    return file;
  };
  const tensor = (name: string, from: number, to: number) =>
    `"${name}":{"dtype":"U8","shape":[${to - from}],"data_offsets":[${from},${to}]}`;

  it.each([
    ["two tensors over the same bytes", `{${tensor("a", 0, 4)},${tensor("b", 2, 6)}}`, 6, /"b" overlaps the one before/],
    ["bytes between tensors", `{${tensor("a", 0, 2)},${tensor("b", 3, 6)}}`, 6, /"b" leaves a gap of 1 bytes before it/],
    ["bytes after the last tensor", `{${tensor("a", 0, 4)}}`, 6, /expected the tensors to fill 6 bytes, got 4/],
    ["bytes of no tensor", "{}", 1, /fill 1 bytes, got 0/],
    ["a name that stands twice", `{${tensor("a", 0, 2)},${tensor("a", 2, 4)}}`, 4, /"a" stands twice/],
    ["a name that stands twice, once escaped", `{${tensor("a", 0, 2)},${tensor("\\u0061", 2, 4)}}`, 4, /"a" stands twice/],
    ["metadata that is no text", `{"__metadata__":{"a":1}}`, 0, /__metadata__ to hold texts/],
    ["metadata that is a list", `{"__metadata__":["a"]}`, 0, /__metadata__ to hold texts/],
    ["metadata that stands twice", '{"__metadata__":{},"__metadata__":{}}', 0, /__metadata__ stands twice/],
    ["a key of metadata that stands twice", '{"__metadata__":{"a":"1","\\u0061":"2"}}', 0, /the metadata "a" stands twice/],
    ["a name that is no Unicode text", `{${tensor("\\ud800", 0, 2)}}`, 2, /JSON text with valid escapes/],
    ["metadata that is no Unicode text", '{"__metadata__":{"a":"\\udc00"}}', 0, /JSON text with valid escapes/],
    [
      "a tensor's key that stands twice",
      '{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
      1,
      /dtype stands twice/,
    ],
    [
      "a tensor's key that is not known",
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}',
      1,
      /and nothing else, got "x"/,
    ],
    [
      "a tensor without a shape",
      '{"a":{"dtype":"U8","data_offsets":[0,1]}}',
      1,
      /expected a dtype, a shape and two data_offsets/,
    ],
    ["one offset", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}', 1, /two data_offsets/],
    ["three offsets", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 1, /at most 2 offsets/],
    ["a tensor that is a list", '{"a":[]}', 0, /expected an object with dtype/],
    ["a dtype that is no text", '{"a":{"dtype":5,"shape":[1],"data_offsets":[0,1]}}', 1, /expected a JSON text, got "5,/],
    ["a length that is no integer", '{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1, /expected , of a JSON header/],
    [
      "a negative length",
      '{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}',
      1,
      /expected a non-negative integer, got "-1/,
    ],
    [
      "a length that begins with 0",
      '{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}',
      1,
      /expected a non-negative integer, got "01/,
    ],
    [
      "lists inside lists",
      `{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}`,
      1,
      /expected a non-negative integer, got "\[1/,
    ],
    ["a comma too many", '{"__metadata__":{},}', 0, /expected a JSON text, got "}/],
    ["something behind the header", "{} {}", 0, /expected nothing behind the header's object/],
    ["a text with a line in it", '{"__metadata__":{"a":"\n"}}', 0, /without control characters/],
    ["an escape that JSON has not", '{"__metadata__":{"a":"\\x41"}}', 0, /valid escapes/],
    ["a byte-order mark", `\ufeff{}`, 0, /JSON object, which starts with \{/],
  ])("%s", async (_what, header, size, message) => {
    await expect(readSafetensors(craft(header, size))).rejects.toThrow(message);
  });

  it("takes tensors in any order of their bytes, and names that look like structure", async () => {
    const { tensors } = await readSafetensors(craft(`{${tensor("b{", 2, 4)},${tensor('\\"a\\":', 0, 2)}}`, 4));
    expect([...tensors.keys()]).toEqual(["b{", '"a":']);
  });

  it("the writer starts each tensor at a multiple of its element's size: the widest first, then by name", async () => {
    const file = writeSafetensors({
      half: { dtype: "float16", shape: [1], data: new Float32Array([1]) },
      z: { dtype: "float64", shape: [1], data: new Float64Array([2]) },
      a: { dtype: "float64", shape: [1], data: new Float64Array([3]) },
    });
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    expect((8 + length) % 8).toBe(0);
    expect([header.a, header.z, header.half].map((entry) => entry.data_offsets)).toEqual([
      [0, 8],
      [8, 16],
      [16, 18],
    ]);
    expect((await readSafetensors(file)).tensors.get("half")?.data).toEqual(new Float32Array([1]));
  });

  it("another format is named", async () => {
    const of = (...bytes: number[]) => readSafetensors(Uint8Array.from([...bytes, ...new Array(20).fill(0)]));
    await expect(of(0x50, 0x4b, 3, 4)).rejects.toThrow(/got a zip archive, as torch.save \(readTorch\)/);
    await expect(of(0x80, 2)).rejects.toThrow(/got a pickle/);
    await expect(of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)).rejects.toThrow(/got an npy file \(readNpy\)/);
    await expect(of(0x3c, 0x21)).rejects.toThrow(/a page of HTML/);
  });
});

describe("archives that two readers could read in two ways", () => {
  const member = new Uint8Array([0x80, 2, 0x4e, 0x2e]);

  it("a name that stands twice", async () => {
    const zip = zipSync({ "archive/data.pkl": member, "archive/data.pkk": member }, { level: 0 });
    const twice = Uint8Array.from(Buffer.from(zip).toString("latin1").replaceAll("data.pkk", "data.pkl"), (c) => c.charCodeAt(0));
    await expect(readTorch(twice)).rejects.toThrow('zip member "archive/data.pkl" stands twice in the archive');
  });

  it("a name that differs from that in the member's own header", async () => {
    const zip = zipSync({ "archive/data.pkl": member }, { level: 0 });
    const other = zip.slice();
    // The first letter behind the header of 30 bytes.
    other[30] = "A".charCodeAt(0);
    await expect(readTorch(zip)).resolves.toBeNull();
    await expect(readTorch(other)).rejects.toThrow('zip member "archive/data.pkl" has another name in its own header');
  });

  it("two data.pkl", async () => {
    const zip = zipSync({ "a/data.pkl": member, "b/data.pkl": member }, { level: 0 });
    await expect(readTorch(zip)).rejects.toThrow('expected one data.pkl, got "a/data.pkl" and "b/data.pkl"');
  });
});

describe("damaged archives", () => {
  it.each(["stored.npz", "deflated.npz"])("%s: a flipped bit of the elements is noticed", async (name) => {
    const bytes = new Uint8Array(referenceFile(name));
    // In the last element of the first member.
    const directory = bytes.findIndex((_, i) => i > 4 && [0x50, 0x4b, 3, 4].every((byte, k) => bytes[i + k] === byte));
    const at = directory - (name === "stored.npz" ? 2 : 24);
    bytes[at]! ^= 1;
    const npz = await NpzFile.open(bytes);
    await expect(npz.read("images")).rejects.toThrow(/is damaged|invalid|CRC-32/);
    await npz.close();
  });

  it("a file that is not there, and a folder, are errors that say so", async () => {
    await expect(readTorch("nope.pth")).rejects.toThrow('readTorch: could not open "nope.pth": there is no such file.');
    await expect(readTorch("nope.pth")).rejects.toBeInstanceOf(LatentflowError);
    await expect(readSafetensors(".")).rejects.toThrow(/expected a file, got the folder "\."/);
  });
});

describe("a flipped bit is noticed wherever a member is read as a whole", () => {
  it.each(["stored.npz", "deflated.npz"])("%s, in slices of any size; not where some rows are left out", async (name) => {
    const rows = async (bytes: Uint8Array, options: object) => {
      const npz = await NpzFile.open(bytes);
      const seen: number[] = [];
      for await (const { tensor } of npz.slices("images", options)) seen.push(...(tensor.data as Float32Array));
      return seen;
    };
    const bytes = new Uint8Array(referenceFile(name));
    // The checksum that the directory holds for the first member.
    const directory = Buffer.from(bytes).indexOf("PK\x01\x02");
    bytes[directory + 16]! ^= 1;
    for (const options of [{}, { rows: 3 }, { rows: 10 }, { shape: [40, 3] }])
      await expect(rows(bytes, options)).rejects.toThrow(/CRC-32/);
    expect(await rows(bytes, { start: 1 })).toEqual(referenceValues("images", 120).slice(12));
  });

  it.each(["data.pkl", "data/3"])("training.zip.pt, %s", async (member) => {
    const bytes = new Uint8Array(referenceFile("training.zip.pt"));
    const archive = Buffer.from(bytes.buffer);
    const name = archive.lastIndexOf(`training.zip/${member}`);
    bytes[name - 46 + 16]! ^= 1;
    await expect(readTorch(bytes)).rejects.toThrow(`zip member "training.zip/${member}" is damaged: its CRC-32`);
  });

  it("a file that PyTorch wrote without checksums is read", async () => {
    const saved = (await readTorch(referenceFile("no-checksums.pt"))) as Map<string, TensorData>;
    expect([...saved.get("a")!.data]).toEqual([0, 1, 2, 3, 4]);
  });
});

describe.each(["stored.npz", "deflated.npz"])("NpzFile over %s", (name) => {
  const images = referenceValues("images", 120);

  it("reads whole arrays and their headers", async () => {
    const npz = await NpzFile.open(referenceFile(name));
    expect(npz.names).toEqual(["images", "labels"]);
    expect(await npz.header("images")).toMatchObject({ dtype: "float32", shape: [10, 4, 3] });
    expect([...((await npz.read("images")).data as Float32Array)]).toEqual(images);
    expect([...((await npz.read("labels")).data as BigInt64Array)].map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await npz.close();
  });

  it("says where elements lie that others may read in place", async () => {
    const npz = await NpzFile.open(referenceFile(name));
    const offset = await npz.elementsOffset("images");
    if (name === "deflated.npz") expect(offset).toBeNull();
    else {
      const bytes = new Uint8Array(referenceFile(name)).slice(offset!, offset! + 4 * images.length);
      expect([...new Float32Array(bytes.buffer)]).toEqual(images);
    }
    await expect(npz.elementsOffset("nothing")).rejects.toThrow("NpzFile.elementsOffset: expected one of the arrays");
    await npz.close();
  });

  it("slices give the same rows, whatever their size, place and shape", async () => {
    const npz = await NpzFile.open(referenceFile(name));
    for (const options of [{ rows: 3 }, { rows: 10 }, {}, { rows: 2, start: 5, end: 9 }, { rows: 7, shape: [40, 3], start: 1 }]) {
      const [start, end, row] = "shape" in options ? [1, 40, 3] : [options.start ?? 0, options.end ?? 10, 12];
      const seen: number[] = [];
      for await (const slice of npz.slices("images", options)) {
        expect(slice.start * row).toBe(start * row + seen.length);
        seen.push(...(slice.tensor.data as Float32Array));
      }
      expect(seen).toEqual(images.slice(start * row, end * row));
    }
    await expect(npz.slices("images", { start: 11 }).next()).rejects.toThrow(/start ≤ end ≤ 10/);
    await expect(npz.slices("images", { shape: [7, 7] }).next()).rejects.toThrow(/as many elements/);
    await expect(npz.read("nothing")).rejects.toThrow(/images, labels/);
  });
});

it("writing refuses elements that do not fit their type or shape", () => {
  const data = new Float32Array(2);
  expect(() => writeSafetensors({ a: { dtype: "int32", shape: [2], data } })).toThrow(
    'writeSafetensors: tensor "a": expected int32 in an array of Int32Array, got a Float32Array',
  );
  expect(() => writeNpy({ dtype: "float32", shape: [3], data })).toThrow("writeNpy: the array: expected 3 elements");
  expect(() => writeSafetensors({ __metadata__: { dtype: "float32", shape: [2], data } })).toThrow("expected another name");
});
