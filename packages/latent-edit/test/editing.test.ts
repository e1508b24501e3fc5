import "@tensorflow/tfjs-backend-cpu";
import { CheckpointError, readSafetensors, writeSafetensors } from "@latentflow/checkpoints";
import { AbortError, SeededRandom } from "@latentflow/core";
import { cdCurve, type Labels } from "@latentflow/metrics";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  compose,
  edit,
  editUntil,
  fingerprint,
  LatentEditError,
  LinearDirection,
  labelsAlong,
  loadDirection,
  NeuralOdeDirection,
  sameFingerprint,
  saveDirection,
  tfjsModel,
} from "../src/index.js";
import { D, generator, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

const random = new SeededRandom(6);
const values = random.normals(6 * D, 0, 1.5);
const codes = () => tf.tensor2d(values, [6, D]);
const model = tfjsModel({ generator, regressor });
const ode = (seed: number) => new NeuralOdeDirection({ latentDim: D, depth: 2, seed, solver: { method: "rk4", steps: 8 } });
const largest = (a: tf.Tensor, b: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);

/** A model whose one decision is w₀ > 0.3, so that arrival times are known. */
const plane = tfjsModel({
  generator: {
    latentDim: 2,
    synthesize: (w) =>
      tf.reshape(
        tf.pad(w as tf.Tensor2D, [
          [0, 0],
          [0, 1],
        ]),
        [-1, 1, 1, 3],
      ) as tf.Tensor4D,
  },
  regressor: {
    attributes: [{ name: "right", classes: 2 }],
    logits: (images) => {
      const x = tf.sub(tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]), 0.3);
      return [tf.concat([tf.neg(x), x], 1) as tf.Tensor2D];
    },
  },
});

describe("edit and compose", () => {
  it("edit is the flow; untouched W+ rows stay bit-equal", () => {
    const direction = ode(1);
    const w = tf.tensor3d(random.normals(2 * 5 * D), [2, 5, D]);
    const edited = edit(w, direction, 2, { rows: [0, 2] });
    expect(tf.slice(edited, [0, 2, 0]).dataSync()).toEqual(tf.slice(w, [0, 2, 0]).dataSync());
    expect(largest(tf.slice(edited, 0, 2), w)).toBeGreaterThan(0.1);
  });

  it("runs edits in order; the commutator is the distance between the two orders", () => {
    const [a, b] = [ode(1), ode(2)];
    const composed = compose([
      { direction: a, t: 2 },
      { direction: b, t: -1.5 },
    ]);
    const w = codes();
    const forward = composed.apply(w);
    expect(largest(forward, b.flow(a.flow(w, 2), -1.5))).toBe(0);
    const distance = tf.norm(tf.sub(forward, a.flow(b.flow(w, -1.5), 2)), "euclidean", 1);
    expect(largest(composed.commutator(w), distance)).toBeLessThan(1e-5);
    expect(tf.min(composed.commutator(w)).dataSync()[0]!).toBeGreaterThan(0);
  });

  it("linear directions commute", () => {
    const composed = compose([
      { direction: new LinearDirection(values.slice(0, D)), t: 3 },
      { direction: new LinearDirection(values.slice(D, 2 * D)), t: -2 },
    ]);
    expect(tf.max(composed.commutator(codes())).dataSync()[0]!).toBeLessThan(1e-6);
  });

  it("leaks nothing", () => {
    const direction = ode(3);
    const w = codes();
    const before = tf.memory().numTensors;
    const composed = compose([
      { direction, t: 1 },
      { direction, t: 2 },
    ]);
    tf.dispose([composed.apply(w), composed.commutator(w), edit(w, direction, 1)]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("editUntil", () => {
  it("gives the codes that the model judged, also when an adaptive solver would step otherwise without the rest of the batch", async () => {
    const direction = ode(4);
    const w = tf.tensor2d(new SeededRandom(9).normals(40 * D), [40, D]);
    const before = tf.memory().numTensors;
    const solver = { method: "dopri5", rtol: 1e-2, atol: 1e-2 } as const;
    const until = { name: "size" };
    const result = await editUntil(w, direction, { model, until, maxTime: 6.1, tolerance: 1e-300, solver });
    expect(tf.memory().numTensors).toBe(before + 1);
    const labels = tf.tidy(() => tf.argMax(regressor.logits(generator.synthesize(result.w))[1]!, 1).dataSync());
    expect(Array.from(labels, (label) => label === 1)).toEqual(result.reached);
    expect(result.reached).toContain(true);
    expect(result.reached).toContain(false);
    const missed = result.reached.indexOf(false);
    const end = tf.tidy(() => tf.gather(direction.flow(w, 6.1, { solver }), missed).dataSync());
    expect(Array.from(tf.tidy(() => tf.gather(result.w, missed).dataSync()))[0]).toBeCloseTo(end[0]!, 1);
  });

  it("lets a timer stop it on a backend that answers at once", async () => {
    const signal = AbortSignal.timeout(5);
    const until = () => false;
    await expect(editUntil(codes(), ode(4), { model, until, maxTime: 6, steps: 100_000, signal })).rejects.toThrow(AbortError);
  });

  const right = new LinearDirection([1, 0]);

  it("stops each code at the decision, on its target side, within the tolerance", async () => {
    const w = tf.tensor2d([
      [0, 0],
      [-1.2, 5],
      [0.8, 1],
      [-30, 0],
    ]);
    const before = tf.memory().numTensors;
    const result = await editUntil(w, right, { model: plane, until: { name: "right" }, maxTime: 4, tolerance: 1e-3 });
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(result.reached).toEqual([true, true, true, false]);
    [0.3, 1.5, 0, 4].forEach((t, i) => {
      expect(Math.abs(result.t[i]! - t)).toBeLessThanOrEqual(1e-3);
    });
    const x = tf.slice(result.w, [0, 0], [4, 1]).dataSync();
    expect(x[0]!).toBeGreaterThan(0.3);
    expect(x[1]!).toBeGreaterThan(0.3);
    expect(Array.from(tf.slice(result.w, [2, 0], [1, 2]).dataSync())).toEqual([0.800000011920929, 1]);
  });

  it("goes back with a negative maxTime, to another class, or by a rule", async () => {
    const back = await editUntil(tf.tensor2d([[1.3, 0]]), right, { model: plane, until: { index: 0, to: 0 }, maxTime: -4 });
    expect(back.t[0]!).toBeCloseTo(-1, 1);
    const rule = await editUntil(tf.tensor2d([[0, 0]]), right, {
      model: plane,
      until: ([logits]) => logits![1]! > 1,
      maxTime: 4,
      tolerance: 1e-3,
    });
    expect(rule.t[0]!).toBeCloseTo(1.3, 2);
  });

  it("takes an attribute by its name or index alone", async () => {
    const w = tf.tensor2d([[0, 0]]);
    const stops = ["right", 0, { name: "right" }].map(
      async (until) => (await editUntil(w, right, { model: plane, until, maxTime: 4 })).t,
    );
    const [byName, byIndex, written] = await Promise.all(stops);
    expect([byName, byIndex]).toEqual([written, written]);
    for (const until of ["left", 1, -1, Number.NaN, ""])
      await expect(editUntil(w, right, { model: plane, until, maxTime: 4 })).rejects.toThrow("expected an attribute named right");
  });

  it("refuses unknown attributes and stops on a signal", async () => {
    const w = tf.tensor2d([[0, 0]]);
    await expect(editUntil(w, right, { model: plane, until: { name: "left" }, maxTime: 1 })).rejects.toThrow(LatentEditError);
    await expect(
      editUntil(w, right, { model: plane, until: { index: 0 }, maxTime: 1, signal: AbortSignal.abort() }),
    ).rejects.toThrow(AbortError);
  });
});

describe("labelsAlong", () => {
  it("is the argmax of the logits at every time, in the layout that metrics reads", async () => {
    const direction = ode(4);
    const before = tf.memory().numTensors;
    const times = [0, 1, 2.5];
    const labels: Labels = await labelsAlong(direction, { model, codes: { data: values, shape: [6, D] }, times, batchSize: 4 });
    expect(tf.memory().numTensors).toBe(before);
    expect(labels.shape).toEqual([6, 3, 3]);
    for (const [t, time] of times.entries()) {
      const logits = await model.logits(direction.flow(codes(), time));
      logits.forEach((x, j) => {
        tf.argMax(x, 1)
          .dataSync()
          .forEach((label, i) => {
            expect(labels.data[(i * 3 + j) * 3 + t]).toBe(label);
          });
      });
    }
    expect(cdCurve(labels, { attributeIndex: 1, classes: [3, 2, 4], times, control: "changed" }).control[0]).toBe(0);
  });

  it("reports progress and stops on a signal", async () => {
    const seen: number[] = [];
    const options = { model, codes: { data: values, shape: [6, D] as const }, times: [0], batchSize: 4 };
    await labelsAlong(ode(1), { ...options, onProgress: (p) => seen.push(p.codes) });
    expect(seen).toEqual([4, 6]);
    await expect(labelsAlong(ode(1), { ...options, signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
  });
});

describe("saveDirection and loadDirection", () => {
  it.each([
    ["linear", new LinearDirection(values.slice(0, D))],
    ["constant", new NeuralOdeDirection({ latentDim: D, depth: -1, seed: 1 })],
    [
      "depth 3",
      new NeuralOdeDirection({ latentDim: D, depth: 3, seed: 1, negativeSlope: 0.1, solver: { method: "dopri5", rtol: 1e-4 } }),
    ],
  ])("%s comes back to the bit, with its solver and what the file says about it", async (_, direction) => {
    const info = {
      attribute: { name: "size", index: 1, from: 0, to: 1 },
      generator: await fingerprint(model),
      training: { iterations: 3, note: "by hand" },
    };
    const loaded = await loadDirection(await saveDirection(direction, info), { model });
    expect(loaded.info).toEqual(info);
    expect(loaded.direction.kind).toBe(direction.kind);
    expect(loaded.direction.solver).toEqual(direction.solver);
    expect(loaded.direction.flow(codes(), 2.5).dataSync()).toEqual(direction.flow(codes(), 2.5).dataSync());
  });

  it("refuses another generator's direction, other files, and unknown kinds", async () => {
    const other = tfjsModel({
      generator: { latentDim: D, synthesize: (w) => tf.neg(generator.synthesize(w)) as tf.Tensor4D },
      regressor,
    });
    const bytes = await saveDirection(ode(1), { generator: await fingerprint(other) });
    await expect(loadDirection(bytes, { model })).rejects.toThrow(/trained on another/);
    await expect(loadDirection(writeSafetensors({}, { format: "something" }))).rejects.toThrow(/latentflow-direction/);
    const strange = writeSafetensors({}, { format: "latentflow-direction", version: "1", kind: "spline" });
    await expect(loadDirection(strange)).rejects.toThrow(/spline/);
  });

  it("refuses a damaged file: cut short, parts missing, a header that contradicts its tensors", async () => {
    const bytes = await saveDirection(ode(2));
    for (const length of [0, 5, 200, bytes.length - 4]) {
      await expect(loadDirection(bytes.slice(0, length))).rejects.toThrow(CheckpointError);
    }
    const { tensors, metadata } = await readSafetensors(bytes);
    const changed = (header: Record<string, string>, without: string[] = []) =>
      loadDirection(
        writeSafetensors(new Map([...tensors].filter(([key]) => !without.includes(key))), {
          ...Object.fromEntries(metadata),
          ...header,
        }),
      );
    await expect(changed({ latentDim: "7" })).rejects.toThrow(/latentDim 7/);
    await expect(changed({}, ["odefunc.model.2.weight", "odefunc.model.2.bias"])).rejects.toThrow(
      /depth 2, as the file says, got 1/,
    );
    await expect(changed({}, ["odefunc.model.2.bias"])).rejects.toThrow(LatentEditError);
    await expect(changed({ solver: "{" })).rejects.toThrow(/solver as JSON/);
    await expect(changed({ solver: '{"method":"rk5","steps":1}' })).rejects.toThrow(LatentEditError);
    await expect(changed({ attribute: "{" })).rejects.toThrow(/attribute as JSON/);
    expect((await changed({})).direction.latentDim).toBe(D);
  });

  it("fingerprints tell generators apart and forgive rounding", async () => {
    const print = await fingerprint(model);
    expect(print.length).toBe(16);
    expect(
      sameFingerprint(
        print,
        print.map((x) => x + 1e-4),
      ),
    ).toBe(true);
    expect(
      sameFingerprint(
        print,
        print.map((x) => x + 0.5),
      ),
    ).toBe(false);
  });
});
