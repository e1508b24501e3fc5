import { describe, expect, it } from "vitest";
import { readSafetensors, readTorch, type TensorData, writeSafetensors } from "../src/index.js";
import { referenceFile } from "./files.js";
import reference from "./reference/float8.json" with { type: "json" };

const TYPES = ["float8_e4m3fn", "float8_e5m2"] as const;
/** The reference writes infinities and NaN as texts. */
const numbers = (list: readonly (number | string)[]) => list.map(Number);

describe.each(TYPES)("%s", (dtype) => {
  const values = numbers(reference[dtype].values);

  it("every code is the number that PyTorch reads, from safetensors and from torch.save", async () => {
    const { tensors } = await readSafetensors(referenceFile("float8.safetensors"));
    const saved = (await readTorch(referenceFile("float8.pt"))) as Map<string, TensorData>;
    for (const tensor of [tensors.get(dtype)!, saved.get(dtype)!]) {
      expect(tensor).toMatchObject({ dtype, shape: [16, 16], data: expect.any(Float32Array) });
      expect([...(tensor.data as Float32Array)]).toEqual(values);
    }
  });

  it("is written as PyTorch rounds: to nearest even, subnormals and what is too large included", async () => {
    const data = Float32Array.from(numbers(reference[dtype].numbers));
    const file = writeSafetensors({ a: { dtype, shape: [data.length], data } });
    const codes = [...file.subarray(-data.length)];
    // The sign of a NaN says nothing.
    const magnitudes = (list: number[]) => list.map((code) => (Number.isNaN(values[code]) ? code & 0x7f : code));
    expect(magnitudes(codes)).toEqual(magnitudes(reference[dtype].codes));
    const read = (await readSafetensors(file)).tensors.get("a")!;
    expect([...(read.data as Float32Array)]).toEqual(codes.map((code) => values[code]));
  });
});

describe("a tensor of a type that is not known", () => {
  it("is refused when its elements are read; the rest of the file is there", async () => {
    const { tensors } = await readSafetensors(referenceFile("float8.safetensors"));
    expect([...tensors.keys()].sort()).toEqual(["complex64", ...TYPES]);
    const complex = tensors.get("complex64")!;
    expect(complex.shape).toEqual([2]);
    expect(() => complex.data).toThrow(/^readSafetensors: at byte 8: tensor "complex64": expected a type of F16, .*, got "C64"/);
    expect(() => complex.dtype).toThrow(/got "C64"/);
    expect(() => writeSafetensors(tensors)).toThrow(/got "C64"/);
  });
});
