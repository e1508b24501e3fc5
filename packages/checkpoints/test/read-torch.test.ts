import { describe, expect, it } from "vitest";
import { CheckpointError, PickledGlobal, PickledObject, readTorch, stateDict, type TensorData, toFloat32 } from "../src/index.js";
import { tensor as craftedTensor, global, type Part, text, torchZip } from "./craft.js";
import { referenceFile, referenceValues } from "./files.js";

type Dict = Map<string, unknown>;
const read = async (name: string) => (await readTorch(referenceFile(name))) as Dict;
const tensor = (dict: Dict, key: string) => dict.get(key) as TensorData;

const base = referenceValues("base", 24);
const at = (row: number, column: number) => base[row * 6 + column]!;

describe.each(["training.zip.pt", "training.legacy.pt", "training.protocol4.pt"])("readTorch(%s)", (file) => {
  it("reads every element type", async () => {
    const types = (await read(file)).get("types") as Dict;
    const v = (name: string) => referenceValues(name, 15);
    const signed = (name: string) => v(name).map((x) => Math.max(-100, Math.min(100, x * 16)));
    const unsigned = (name: string) => v(name).map((x) => Math.abs(x) * 16);
    const numbers = (name: string) => Array.from(tensor(types, name).data as ArrayLike<number | bigint>, Number);
    for (const name of ["float16", "float32", "float64"]) expect(numbers(name)).toEqual(v(name));
    for (const name of ["int8", "int16", "int32", "int64"]) expect(numbers(name)).toEqual(signed(name));
    for (const name of ["uint8", "uint16", "uint32", "uint64"]) expect(numbers(name)).toEqual(unsigned(name));
    expect(numbers("bool")).toEqual(v("bool").map((x) => (x > 0 ? 1 : 0)));
    // 8 bits of fraction: within one part in 256
    numbers("bfloat16").forEach((x, i) => void expect(Math.abs(x - v("bfloat16")[i]!)).toBeLessThanOrEqual(Math.abs(x) / 256));
    for (const [name, { dtype, shape }] of types as Map<string, TensorData>) expect([dtype, shape]).toEqual([name, [3, 5]]);
    expect(tensor(types, "int64").data).toBeInstanceOf(BigInt64Array);
    expect(tensor(types, "float16").data).toBeInstanceOf(Float32Array);
  });

  it("honours strides and offsets", async () => {
    const dict = await read(file);
    const { transposed, sliced, expanded } = Object.fromEntries(dict) as Record<string, TensorData>;
    expect(transposed!.shape).toEqual([6, 4]);
    expect([...(transposed!.data as Float32Array)]).toEqual(Array.from({ length: 24 }, (_, i) => at(i % 4, Math.floor(i / 4))));
    expect(sliced!.shape).toEqual([2, 3]);
    expect([...(sliced!.data as Float32Array)]).toEqual([at(1, 0), at(1, 2), at(1, 4), at(2, 0), at(2, 2), at(2, 4)]);
    expect([...(expanded!.data as Float32Array)]).toEqual(new Array(7).fill(at(0, 0)));
  });

  it("keeps shared memory shared", async () => {
    const [whole, row] = (await read(file)).get("shared") as [TensorData, TensorData];
    expect(row.data.buffer).toBe(whole.data.buffer);
    expect([...(row.data as Float32Array)]).toEqual(base.slice(12, 18));
  });

  it("reads scalars, empty tensors, parameters, modules and NumPy arrays", async () => {
    const dict = await read(file);
    expect([...(tensor(dict, "scalar").data as Float32Array)]).toEqual([2.5]);
    expect(tensor(dict, "scalar").shape).toEqual([]);
    expect(tensor(dict, "empty").shape).toEqual([0, 3]);
    expect(tensor(dict, "parameter").shape).toEqual([2, 6]);
    expect(tensor(dict, "array")).toMatchObject({ dtype: "float64", shape: [3, 4] });
    expect([...(tensor(dict, "array").data as Float64Array)]).toEqual(Array.from({ length: 12 }, (_, i) => i / 8));
    expect([...(tensor(dict, "fortran").data as Int32Array)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(dict.get("numpy_scalar")).toBe(0.75);
    const weights = stateDict(dict, "missing", "g_ema");
    expect([...weights.keys()].slice(0, 3)).toEqual(["0.weight", "0.bias", "1.weight"]);
    expect([...toFloat32(weights.get("0.weight")!)]).toEqual(referenceValues("0.weight", 6));
  });

  it("reads plain Python values exactly", async () => {
    const dict = await read(file);
    expect(dict.get("numbers")).toEqual([0, 255, 256, 65536, -1, 2 ** 31, -(2 ** 40), 2n ** 70n, 1.5, true, null]);
    expect(dict.get("text")).toBe("übung ✓");
    expect(dict.get("set")).toEqual(new Set([3]));
    expect(dict.get("bytes")).toEqual(Uint8Array.of(0, 255));
    expect([...(dict.get("ordered") as Dict)]).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
    expect(dict.get("dtype")).toEqual(new PickledGlobal("torch.float32"));
    expect(dict.get("device")).toBe("cpu");
    expect(dict.get("size")).toEqual([2, 3]);
    const args = dict.get("args") as PickledObject;
    expect(args).toBeInstanceOf(PickledObject);
    expect([args.className, args.state.get("lr"), args.state.get("arch"), args.state.get("size")]).toEqual([
      "argparse.Namespace",
      0.002,
      null,
      64,
    ]);
  });
});

it("reads the numbers of protocol 0, which are text", async () => {
  const numbers = ["1e-05", "-0.25", "inf", "-inf", "nan"].map((number): Part => `F${number}\n`);
  expect(await readTorch(torchZip(["(", numbers, "I-7\nL9007199254740993L\nI01\nl"]))).toEqual([
    1e-5,
    -0.25,
    Infinity,
    -Infinity,
    NaN,
    -7,
    9007199254740993n,
    true,
  ]);
  await expect(readTorch(torchZip("F0x10\n"))).rejects.toThrow("expected a decimal number");
});

it("knows Python's own types under the names of Python 2, which protocol 2 keeps", async () => {
  const empty = (name: string): Part => [global("__builtin__", name), "(tR"];
  const lists: Part = [global("collections", "defaultdict"), "(", global("__builtin__", "list"), "tR", text("a"), "]", "s"];
  const value = await readTorch(torchZip(["(", empty("bytes"), empty("bytearray"), empty("tuple"), empty("dict"), lists, "l"]));
  expect(value).toEqual([new Uint8Array(0), new Uint8Array(0), [], new Map(), new Map([["a", []]])]);
});

it("NumPy's single numbers arrive as Python's do", async () => {
  const scalar = (type: string, bytes: string): Part => {
    const dtype: Part = [global("numpy", "dtype"), "(", text(type), "\x89\x88tR"];
    const encoded: Part = [global("_codecs", "encode"), "(", text(bytes), text("latin1"), "tR"];
    return [global("numpy.core.multiarray", "scalar"), "(", dtype, encoded, "tR"];
  };
  const value = await readTorch(torchZip(["(", scalar("b1", "\x01"), scalar("i8", "\x07\0\0\0\0\0\0\0"), "l"]));
  expect(value).toEqual([true, 7]);
});

describe("readTorch refuses", () => {
  it("a function that is not on its list, by name, without running it", async () => {
    await expect(readTorch(referenceFile("evil.pt"))).rejects.toThrow(/posix\.system.*nothing was run/);
  });

  it("tensors marked as the negative of what is stored, such as z.conj().imag", async () => {
    const plain = craftedTensor("0", 2, [2], [1]) as readonly Part[];
    const marked: Part = [...plain.slice(0, -1), "}", text("neg"), "\x88s", plain.at(-1)!];
    await expect(readTorch(torchZip(marked, { 0: new Uint8Array(8) }))).rejects.toThrow(/resolve_neg\(\)/);
  });

  it("a tar file, by name", async () => {
    const tar = new Uint8Array(1024);
    tar.set(new TextEncoder().encode("ustar"), 257);
    await expect(readTorch(tar)).rejects.toThrow(/tar archive/);
  });

  it("what is no checkpoint, with offset and reason", async () => {
    const error = (await readTorch(new TextEncoder().encode("hello")).catch((thrown) => thrown)) as CheckpointError;
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ offset: 0, reason: expect.stringMatching(/expected a PyTorch file/) });
    expect(error.message).toMatch(/^readTorch: at byte 0: /);
    await expect(readTorch(new Uint8Array(0))).rejects.toBeInstanceOf(CheckpointError);
  });

  it("misspelt options", async () => {
    await expect(readTorch(new Uint8Array(0), { maxByte: 1 } as object)).rejects.toThrow(/unknown option "maxByte"/);
  });
});
