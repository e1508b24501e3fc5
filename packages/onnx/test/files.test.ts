import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readOnnxFile, writeOnnxFile } from "../src/files.js";
import {
  floats,
  GraphBuilder,
  OnnxError,
  type OnnxModel,
  raiseOpset,
  readOnnx,
  writeOnnx,
  writeOnnxFiles,
} from "../src/index.js";
import { runModel } from "./run-model.js";

const folder = mkdtempSync(join(tmpdir(), "latentflow-onnx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** y = tanh(x · A) over 300 columns, so that A is large enough for external data. */
function example(opset = 18): OnnxModel {
  const graph = new GraphBuilder({ opset });
  const x = graph.input("x", ["n", 3]);
  const weight = floats(
    [3, 300],
    Float32Array.from({ length: 900 }, (_, i) => Math.sin(i)),
  );
  graph.output("y", graph.op("Tanh", [graph.op("MatMul", [x, graph.constant(weight, "A")])]), ["n", 300]);
  return graph.build();
}

describe("reading and writing", () => {
  it("gives back what was written", () => {
    const model = example();
    expect(readOnnx(writeOnnx(model))).toEqual(model);
  });

  it("keeps weights in a second file", async () => {
    const path = join(folder, "model.onnx");
    await writeOnnxFile(path, example(), { externalData: true });
    expect(readFileSync(`${path}.data`).byteLength).toBeGreaterThanOrEqual(3600);
    expect(await readOnnxFile(path)).toEqual(example());
  });

  it("says where external weights are missing, and refuses files outside the folder", () => {
    const { model, externalData } = writeOnnxFiles(example(), { externalData: "weights.bin" });
    expect(() => readOnnx(model)).toThrow(/weights\.bin/);
    expect(readOnnx(model, { external: () => externalData! }).initializers.get("A")!.dims).toEqual([3, 300]);
    const outside = writeOnnxFiles(example(), { externalData: "../weights.bin" }).model;
    expect(() => readOnnx(outside, { external: () => externalData! })).toThrow(/in the model's folder/);
  });

  it("follows links to weights only within the model's folder", async () => {
    const [model, secret] = ["models", "secret"].map((name) => join(folder, name)) as [string, string];
    for (const made of [model, secret, join(model, "sub")]) mkdirSync(made);
    const { externalData } = writeOnnxFiles(example(), { externalData: "w" });
    for (const path of [join(secret, "weights.bin"), join(model, "sub", "own.bin")]) writeFileSync(path, externalData!);
    symlinkSync(secret, join(model, "linkdir"));
    symlinkSync(join(secret, "weights.bin"), join(model, "link.bin"));
    symlinkSync(join("sub", "own.bin"), join(model, "inside.bin"));
    const read = (location: string) => {
      writeFileSync(join(model, "model.onnx"), writeOnnxFiles(example(), { externalData: location }).model);
      return readOnnxFile(join(model, "model.onnx"));
    };
    for (const location of ["linkdir/weights.bin", "link.bin"])
      await expect(read(location)).rejects.toThrow(
        /in the model's folder, got .*link.*, which is a link to .*secret.weights\.bin/,
      );
    for (const location of ["inside.bin", "sub/own.bin"]) expect(await read(location)).toEqual(example());
    await expect(read("sub")).rejects.toThrow(/external weights in a file/);
    await expect(read("none.bin")).rejects.toThrow(/external weights .*none\.bin/);
  });

  it("reads a model and weights that are links into one folder, as in a cache by content", async () => {
    const [blobs, snapshot] = ["blobs", "snapshot"].map((name) => join(folder, name)) as [string, string];
    for (const made of [blobs, snapshot]) mkdirSync(made);
    const { model, externalData } = writeOnnxFiles(example(), { externalData: "model.onnx_data" });
    writeFileSync(join(blobs, "a1"), model);
    writeFileSync(join(blobs, "b2"), externalData!);
    symlinkSync(join("..", "blobs", "a1"), join(snapshot, "model.onnx"));
    symlinkSync(join("..", "blobs", "b2"), join(snapshot, "model.onnx_data"));
    expect(await readOnnxFile(join(snapshot, "model.onnx"))).toEqual(example());
  });

  it("refuses other bytes and other operator sets", async () => {
    expect(() => readOnnx(new Uint8Array([1, 2, 3]))).toThrow(OnnxError);
    expect(() => readOnnx(new Uint8Array())).toThrow(/expected a graph/);
    expect(() => readOnnx(writeOnnx({ ...example(), opset: 11 }))).toThrow(/opset_version=17/);
    expect(() => readOnnx(writeOnnx(example()), { extra: 1 } as never)).toThrow(/extra/);
    writeFileSync(join(folder, "broken.onnx"), "no model");
    await expect(readOnnxFile(join(folder, "broken.onnx"))).rejects.toThrow(OnnxError);
    await expect(readOnnxFile(join(folder, "none.onnx"))).rejects.toThrow(OnnxError);
  });

  it.each([6, 9, 12, 26])("refuses operator set %i, saying what to do", (opset) => {
    const message = `expected operator set 13 to 25, got ${opset}; export again with opset_version=17`;
    const convert = "onnx.version_converter.convert_version(model, 17)";
    const read = () => readOnnx(writeOnnx({ ...example(), opset }));
    expect(read).toThrow(message);
    if (opset < 13) expect(read).toThrow(convert);
  });

  it.each(Array.from({ length: 13 }, (_, i) => i + 13))(
    "operator set %i runs, and raised to 25 gives the same",
    async (opset) => {
      const graph = new GraphBuilder({ opset });
      const x = graph.input("x", ["n", 4]);
      const mean = graph.reduce("ReduceMean", x, [1], true);
      graph.output("y", graph.op("Sub", [x, mean]));
      const model = graph.build();
      const feeds = { x: { dims: [2, 4], data: [1, 2, 3, 6, 0, 0, 1, 3] } };
      const { y } = await runModel(readOnnx(writeOnnx(model)), feeds);
      expect([...y!.data]).toEqual([-2, -1, 0, 3, -1, -1, 0, 2]);
      expect((await runModel(raiseOpset(model, 25), feeds)).y).toEqual(y);
    },
  );
});
