import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { type TensorData, writeNpy, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { loadModel } from "@latentflow/engine";
import { labelsAlong, loadDirection } from "@latentflow/latent-edit";
import { FactorRegressor } from "@latentflow/models";
import { floats, GraphBuilder, type OnnxModel, writeOnnx } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mappingGraph, tinyGenerator, tinyRegressorTensors } from "../../engine/test/tiny-networks.js";
import { readConfig } from "../src/config/read.js";
import { type ExperimentOptions, resolveConfig, runExperiment } from "../src/index.js";
import { RunFolder } from "../src/store/run-folder.js";
import { readTensors } from "../src/store/tensor-file.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-from-files-"));
const file = (name: string) => join(root, name);
const PICKLE = fileURLToPath(new URL("../../models/test/reference/small-nvlabs.pkl", import.meta.url));
/** Side of the pickle's images. */
const SIDE = 32;

beforeAll(async () => {
  await useBackend("wasm");
  const generator = tinyGenerator();
  const regressor = await FactorRegressor.fromSafetensors(writeSafetensors(await tinyRegressorTensors(generator)));
  await writeFile(file("g.onnx"), writeOnnx(generator.toOnnx()));
  await writeFile(file("g.safetensors"), generator.toSafetensors());
  await writeFile(file("r.safetensors"), regressor.toSafetensors());
  await writeFile(file("mapping.onnx"), writeOnnx(await mappingGraph(generator)));
  await writeFile(file("r.onnx"), writeOnnx(await regressor.toOnnx()));
  await writeFile(file("colours.onnx"), writeOnnx(colours()));
  await writeFile(file("e.onnx"), writeOnnx(colourDirection()));
  generator.dispose();
  regressor.dispose();
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Logits of "red" and "green": means of channels, in one output. */
function colours(): OnnxModel {
  const graph = new GraphBuilder();
  const images = graph.input("images", ["n", 3, SIDE, SIDE]);
  const means = graph.reshape(graph.reduce("ReduceMean", images, [2, 3], true), [0, 3]);
  const weight = graph.constant(floats([3, 2], [40, 0, 0, 40, 0, 0]), "weight");
  graph.output("colours", graph.op("MatMul", [means, weight]), ["n", 2]);
  return graph.build();
}

/** An embedder: means of channels, of length 1. */
function colourDirection(): OnnxModel {
  const graph = new GraphBuilder();
  const means = graph.reduce("ReduceMean", graph.input("images", ["n", 3, 16, 16]), [2, 3], false);
  const length = graph.op("Sqrt", [graph.reduceSum(graph.op("Mul", [means, means]), [1], true)]);
  graph.output("embedding", graph.op("Div", [means, length]), ["n", 3]);
  return graph.build();
}

/** Settings of --quick, smaller. */
function quick(model: ExperimentOptions["model"], changes: ExperimentOptions = {}): ExperimentOptions {
  return {
    ...{ preset: "quick", seed: 3, model },
    methods: ["interfacegan", "constant", "ode-1"],
    sample: { codes: 160, heldOut: 60, chunk: 110, batchSize: 40 },
    fit: { ratio: 0.2 },
    train: { iterations: 6, batchSize: 8, maxTime: 3, checkpointEvery: 5 },
    evaluate: { starts: 12, times: 3, maxTime: 3, resamples: 20, batchSize: 24 },
    analyze: { probeCodes: 100, paths: 6, bins: 2 },
    pictures: { samples: 1, frames: 2 },
    ...changes,
  };
}

describe("an experiment of files alone", () => {
  it("a generator, its mapping and a regressor as .onnx, by paths of a configuration file", async () => {
    const model = {
      kind: "files",
      generator: "g.onnx",
      mapping: "mapping.onnx",
      regressor: { file: "r.onnx" },
      attributes: ["size", "shape", "hue"],
    };
    await writeFile(
      file("my.json"),
      JSON.stringify(quick(model as ExperimentOptions["model"], { attributes: ["size", "hue"], truncation: 0.8 })),
    );
    const config = resolveConfig(await readConfig(file("my.json")));
    expect(config.model).toMatchObject({
      generator: file("g.onnx"),
      mapping: file("mapping.onnx"),
      regressor: { file: file("r.onnx") },
    });
    const { results, report } = (await runExperiment(config, { out: file("graphs") }))!;
    expect(results.missing).toEqual([]);
    expect(results.environment).toMatchObject({
      engine: { name: "onnx" },
      generator: { name: "g.onnx, 16 px", latentDim: 6 },
      notes: ["codes: mapping.onnx"],
    });
    expect(results.attributes.map(({ methods }) => methods.map(({ id }) => id))).toEqual(
      Array(2).fill(["interfacegan", "constant", "ode-1"]),
    );
    for (const { methods } of results.attributes)
      for (const { evaluation } of methods) expect(evaluation!.samples).toBeGreaterThan(5);
    expect(await readFile(report, "utf8")).toContain("codes: mapping.onnx");
  });

  it("NVlabs' .pkl with a graph of two single logits: guessed, and said in the report", async () => {
    const model = { kind: "files", generator: PICKLE, regressor: file("colours.onnx"), attributes: ["red", "green"] } as const;
    const { results, report } = (await runExperiment(quick(model, { methods: ["interfacegan", "constant"] }), {
      out: file("mixed"),
    }))!;
    expect(results.missing).toEqual([]);
    expect(results.environment.notes!.join()).toContain("2 names for 2 numbers: taken as binary attributes");
    expect(results.sample.attributes.map(({ classes }) => classes)).toEqual([2, 2]);
    expect(await readFile(report, "utf8")).toContain("taken as binary attributes");
  });

  it("an embedder beside them keeps an identity in the place of the other attributes", async () => {
    const model = { kind: "files", generator: file("g.onnx"), regressor: file("r.onnx"), embedder: file("e.onnx") } as const;
    const asked = quick(model, { methods: ["constant"], attributes: ["attribute_0"], pictures: { samples: 0 } });
    const identity = { ...asked, train: { ...asked.train, preserve: "identity" as const } };
    const { results } = (await runExperiment(identity, { out: file("identity") }))!;
    expect(results.missing).toEqual([]);
    const files = await readdir(file("identity"), { recursive: true });
    const direction = files.find((name) => name.includes("constant") && name.endsWith(".safetensors"))!;
    expect(Buffer.from(await readFile(join(file("identity"), direction))).toString("latin1")).toMatch(/loss\W+identity/);
    const without = { ...identity, model: { ...model, embedder: undefined } };
    expect(() => resolveConfig(without)).toThrow(/expected a model with an embedder for train.preserve "identity", got none/);
  });

  it("codes with labels are not labelled again", async () => {
    const random = new SeededRandom(6);
    const codes = new Float32Array(random.normals(220 * 6));
    const labels = Int32Array.from({ length: 220 * 3 }, (_, i) => Number(codes[Math.floor(i / 3) * 6 + (i % 3)]! > 0));
    await writeFile(
      file("all.safetensors"),
      writeSafetensors(
        new Map<string, TensorData>([
          ["ws", { dtype: "float32", shape: [220, 6], data: codes }],
          ["labels", { dtype: "int32", shape: [220, 3], data: labels }],
        ]),
      ),
    );
    const model = {
      kind: "files",
      generator: file("g.onnx"),
      regressor: file("r.onnx"),
      codes: file("all.safetensors"),
    } as const;
    const { results } = (await runExperiment(quick(model, { attributes: ["attribute_0"], methods: ["interfacegan"] }), {
      out: file("labelled"),
    }))!;
    const labelling = results.timings.filter(({ job }) => job.startsWith("sample/labels"));
    expect(labelling.reduce((sum, { images }) => sum + images, 0)).toBe(0);
    const yes = labels.filter((_, i) => i % 3 === 0).reduce((a, b) => a + b, 0);
    const [none, some] = results.sample.attributes[0]!.counts;
    expect(none! + some!).toBe(160);
    expect(Math.abs(some! / 160 - yes / 220)).toBeLessThan(0.1);
    // The labels are a half-space's: the probe finds it.
    expect(results.attributes[0]!.probes!.linear).toBeGreaterThan(0.85);
    await expect(runExperiment(quick(model, { sample: { codes: 200, heldOut: 60 } }), { out: file("many") })).rejects.toThrow(
      "make sample.codes + sample.heldOut at most 220",
    );
  });

  it.each(["onnx", "tfjs"] as const)("W+ codes, of which edits move some rows, on %s", async (engine) => {
    const out = file(`plus-${engine}`);
    const [count, rows, d] = [220, 6, 6];
    const data = new Float32Array(new SeededRandom(6).normals(count * rows * d));
    await writeFile(file("plus.npy"), writeNpy({ dtype: "float32", shape: [count, rows, d], data }));
    const [g, r] = engine === "onnx" ? ["g.onnx", "r.onnx"] : ["g.safetensors", "r.safetensors"];
    const files = { generator: file(g), regressor: file(r), codes: file("plus.npy"), attributes: ["size", "shape", "hue"] };
    const model = { kind: "files", ...files } as const;
    const methods =
      engine === "onnx" ? ["interfacegan", "projected", "ganspace", "constant", "ode-1"] : ["interfacegan", "ode-1"];
    const asked = quick(model, { attributes: ["size"], methods, rows: [1, 3] });
    const { results, report } = (await runExperiment(asked, { out, engine }))!;
    expect(results.missing).toEqual([]);
    expect(results.environment).toMatchObject({ engine: { name: engine }, codes: { rowCount: rows } });
    const page = await readFile(report, "utf8");
    expect(page).toContain(`codes: plus.npy, ${count} codes of W+, ${rows} rows each`);
    expect(page).toContain("rows 1:3 of 6 of W+ codes");
    const [found] = results.attributes;
    expect(found!.methods.map(({ id, none }) => [id, none ?? null])).toEqual(methods.map((id) => [id, null]));
    // Each direction moves its rows, and its measured labels are those of the edited codes.
    const running = await loadModel(files, { engine });
    const folder = new RunFolder(out);
    const codes = (await readTensors(folder, "sample/codes", "codes.safetensors")).get("codes")!;
    expect(codes.shape).toEqual([220, rows, d]);
    for (const [id, step] of methods.map((id) => [id, ["constant", "ode-1"].includes(id) ? "train" : "fit"] as const)) {
      const bytes = await folder.read(`${step}/size/${id}`, "direction.safetensors");
      const { direction } = await loadDirection(bytes);
      expect(direction.rows).toEqual([1, 3]);
      const kept = await readTensors(folder, `evaluate/size/${id}`, "labels.safetensors");
      const starts = Array.from(kept.get("rows")!.data as Int32Array, (row) => (160 + row) * rows * d);
      const w = tf.tensor3d(
        starts.flatMap((at) => Array.from((codes.data as Float32Array).subarray(at, at + rows * d))),
        [starts.length, rows, d],
      );
      const labels = await labelsAlong(direction, { model: running, codes: w, times: [0, 1.5, 3] });
      expect(Array.from(labels.data)).toEqual(Array.from(kept.get("labels")!.data as Int32Array));
      const moved = tf.tidy(() => tf.norm(tf.sub(direction.flow(w, 3), w), 2, -1));
      for (const [i, length] of (await moved.data<"float32">()).entries())
        if ([1, 2].includes(i % rows)) expect(length).toBeGreaterThan(0.1);
        else expect(length).toBe(0);
      tf.dispose([w, moved]);
      direction.dispose();
    }
    running.dispose();
    // Straight lines are straight in each row, and nothing is done again.
    expect(found!.methods[0]!.analysis!.straightness.min).toBeGreaterThan(0.999);
    const events: string[] = [];
    await runExperiment(asked, { out, engine, onEvent: ({ type }) => void events.push(type) });
    expect(events).toContain("begin");
    expect(events).not.toContain("start");
  });

  it("W codes whose edits move some rows are W+ codes of equal rows; rows that there are not are refused", async () => {
    const model = { kind: "files", generator: file("g.onnx"), mapping: file("mapping.onnx"), regressor: file("r.onnx") } as const;
    const asked = quick(model, {
      attributes: ["attribute_0"],
      methods: ["interfacegan"],
      rows: [0, 2],
      pictures: { samples: 0 },
    });
    const { results } = (await runExperiment(asked, { out: file("some-rows") }))!;
    expect(results.missing).toEqual([]);
    const { data, shape } = (await readTensors(new RunFolder(file("some-rows")), "sample/codes", "codes.safetensors")).get(
      "codes",
    )!;
    expect(shape).toEqual([220, 6, 6]);
    const values = data as Float32Array;
    expect(values.every((x, i) => x === values[Math.floor(i / 36) * 36 + (i % 6)])).toBe(true);
    await expect(runExperiment({ ...asked, rows: [0, 7] }, { out: file("seven") })).rejects.toThrow(
      "config: expected rows to end at 6 at most, as the generator's codes do, got 7",
    );
    expect(() => resolveConfig({ ...asked, rows: [2, 2] })).toThrow("config: expected rows to have a row or more, got [2, 2]");
  });

  it("wrong files are one message that says what was expected and found", async () => {
    const model = { kind: "files", generator: file("r.onnx"), regressor: file("r.onnx") } as const;
    await expect(runExperiment(quick(model), { out: file("wrong") })).rejects.toThrow(
      /^config: could not load the generator, .*r\.onnx: .*expected the generator to have an output \[n, 3, height, width\]/,
    );
  });
});

describe("the field `model`", () => {
  it("calls the first bundled networks by either name, which are one and the same to a run's folder", () => {
    const old = resolveConfig({ model: "scenes" }).model;
    expect(old).toEqual({ kind: "scenes", from: null });
    for (const model of ["tabletop", { kind: "tabletop" }, { kind: "scenes" }] as const)
      expect(resolveConfig({ model }).model).toEqual(old);
  });

  it.each<[object, string]>([
    [{ regressor: { file: "r.onnx", resize: "cubic" } }, "model.regressor.resize"],
    [{ heads: "logits" }, "model.heads"],
    [{ attributes: [{ name: "age", thresholds: [3, 2] }] }, "rising"],
    [{ attributes: [{ name: "age" }] }, "to have classes, or thresholds"],
    [{ generator: { key: "g" } }, "model.generator.file"],
    [{ labels: "l.npy" }, 'unknown option "labels"'],
  ])("refuses %j by name", (more, message) => {
    const files = { kind: "files", generator: "g.onnx", regressor: "r.onnx", ...more };
    expect(() => resolveConfig({ model: files })).toThrow(message);
  });
});
