import { describe, expect, it } from "vitest";
import { NpzFile, readNpy, readSafetensors, type TensorData, writeNpy, writeSafetensors } from "../src/index.js";
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
