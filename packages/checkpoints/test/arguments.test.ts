import { LatentflowError } from "@latentflow/core";
import { describe, expect, it } from "vitest";
import {
  CheckpointError,
  NpzFile,
  readNpy,
  readNvlabsPickle,
  readSafetensors,
  readTorch,
  stateDict,
  toFloat32,
  writeNpy,
  writeSafetensors,
} from "../src/index.js";
import { referenceFile } from "./files.js";

/** What a function throws or rejects with. */
async function errorOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function expectTyped(caller: string, work: () => unknown): Promise<void> {
  const error = await errorOf(work);
  expect(error).toBeInstanceOf(CheckpointError);
  expect(error).toBeInstanceOf(LatentflowError);
  expect((error as Error).message).toMatch(new RegExp(`^${caller}: .+`));
}

const readers: Record<string, [read: (source: never, options?: never) => Promise<unknown>, file: string]> = {
  readTorch: [readTorch, "training.zip.pt"],
  readNvlabsPickle: [readNvlabsPickle, "nvlabs.protocol4.pkl"],
  readSafetensors: [readSafetensors, "types.safetensors"],
  readNpy: [readNpy, "c.npy"],
};
const wrongSources = [
  undefined,
  null,
  5,
  true,
  {},
  [],
  new Float32Array(4),
  new DataView(new ArrayBuffer(8)),
  () => 1,
  Symbol("a"),
];
const wrongOptions = [
  null,
  5,
  "maxBytes",
  true,
  [],
  { maxByte: 1 },
  { maxBytes: Number.NaN },
  { maxBytes: "a" },
  { maxBytes: -1 },
];

describe.each(Object.entries(readers))("%s", (name, [read, file]) => {
  it.each(wrongSources.map((source) => [source]))("source %s", (source) => expectTyped(name, () => read(source as never)));
  it("no source", () => expectTyped(name, read as () => unknown));
  it.each(wrongOptions.map((options) => [options]))("options %j", (options) =>
    expectTyped(name, () => read(referenceFile(file) as never, options as never)),
  );

  it("places that hold no file, and what has been read already", async () => {
    for (const path of ["", "nope", "a\0b", new URL("ftp://host/a"), new URL("file:///nope"), "/dev/null", "."])
      await expectTyped(name, () => read(path as never));
    const response = new Response(new Uint8Array(8));
    await response.arrayBuffer();
    await expectTyped(name, () => read(response as never));
  });

  it("maxBytes may be no limit, and 0 leaves nothing for arrays", async () => {
    await read(referenceFile(file) as never, { maxBytes: Number.POSITIVE_INFINITY } as never);
    await expectTyped(name, () => read(referenceFile(file) as never, { maxBytes: 0 } as never));
  });
});

describe("NpzFile", () => {
  it.each(wrongSources.map((source) => [source]))("open, source %s", (source) =>
    expectTyped("NpzFile.open", () => NpzFile.open(source as never)),
  );

  it("names, options and shapes", async () => {
    const npz = await NpzFile.open(referenceFile("stored.npz"));
    for (const name of [undefined, null, 5, "nope", {}, "__proto__"]) {
      await expectTyped("NpzFile.header", () => npz.header(name as never));
      await expectTyped("NpzFile.read", () => npz.read(name as never));
      await expectTyped("NpzFile.slices", () => npz.slices(name as never).next());
    }
    for (const options of wrongOptions) await expectTyped("NpzFile.read", () => npz.read("images", options as never));
    const slices: unknown[] = [
      null,
      5,
      { row: 1 },
      { rows: 0 },
      { rows: "a" },
      { rows: 1.5 },
      { start: -1 },
      { end: 11 },
      { start: null },
    ];
    slices.push(
      { shape: 5 },
      { shape: "abc" },
      { shape: null },
      { shape: [] },
      { shape: [Number.NaN] },
      { shape: [-1, -120] },
      { shape: [119] },
    );
    for (const options of slices) await expectTyped("NpzFile.slices", () => npz.slices("images", options as never).next());
    await npz.close();
  });
});

it("an NpzFile that was closed", async () => {
  const { writeFileSync, mkdtempSync, rmSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const folder = mkdtempSync(`${tmpdir()}/latentflow-closed-`);
  writeFileSync(`${folder}/a.npz`, referenceFile("stored.npz"));
  const npz = await NpzFile.open(`${folder}/a.npz`);
  await npz.close();
  await npz.close();
  await expectTyped("NpzFile.read", () => npz.read("images"));
  rmSync(folder, { recursive: true });
});

const tensor = { dtype: "float32", shape: [2], data: new Float32Array(2) };
const wrongTensors: unknown[] = [undefined, null, 5, "a", [], {}, new Float32Array(2), { ...tensor, dtype: "float31" }];
wrongTensors.push({ ...tensor, dtype: "constructor" }, { ...tensor, dtype: undefined }, { ...tensor, shape: undefined });
wrongTensors.push({ ...tensor, shape: 2 }, { ...tensor, data: undefined }, { ...tensor, data: [1, 2] });

describe("writers", () => {
  const unfit = [
    { ...tensor, shape: [3] },
    { ...tensor, shape: [-2] },
    { ...tensor, shape: ["2"] },
    { ...tensor, dtype: "int32" },
  ];

  it.each([...wrongTensors, ...unfit].map((value) => [value]))("tensor %j", async (value) => {
    await expectTyped("writeNpy", () => writeNpy(value as never));
    await expectTyped("writeSafetensors", () => writeSafetensors({ a: value as never }));
    await expectTyped("writeSafetensors", () => writeSafetensors(new Map([["a", value as never]])));
  });

  it("tensors and metadata that are no names with values", async () => {
    await expectTyped("writeSafetensors", writeSafetensors as unknown as () => unknown);
    for (const value of [null, 5, "a", [tensor], new Map([[5, tensor]])])
      await expectTyped("writeSafetensors", () => writeSafetensors(value as never));
    for (const metadata of [
      null,
      5,
      "a",
      ["a"],
      { a: 1 },
      { a: null },
      { a: undefined },
      new Map([["a", {}]]),
      new Map([[1, "a"]]),
    ])
      await expectTyped("writeSafetensors", () => writeSafetensors({}, metadata as never));
  });

  it("types that NumPy has not", async () => {
    for (const dtype of ["bfloat16", "float8_e5m2"] as const)
      await expectTyped("writeNpy", () => writeNpy({ ...tensor, dtype } as never));
  });
});

it.each(wrongTensors.map((value) => [value]))("toFloat32 of %j", (value) =>
  expectTyped("toFloat32", () => toFloat32(value as never)),
);

it.each([[undefined], [null], [5], ["a"], [[]], [{}], [new Map()], [new Map([["a", 1]])]])("stateDict of %s", async (value) => {
  await expectTyped("stateDict", () => stateDict(value));
  await expectTyped("stateDict", () => stateDict(value, "a", "b"));
});

it("stateDict with keys that are no texts", () => expectTyped("stateDict", () => stateDict(new Map(), Symbol("a") as never)));
