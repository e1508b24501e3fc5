import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Codes,
  compose,
  directionLoss,
  edit,
  editUntil,
  fitInterFaceGan,
  ganSpace,
  LatentEditError,
  LinearDirection,
  labelsAlong,
  loadDirection,
  pullBack,
  saveDirection,
  solverGap,
  type TrainOptions,
  tfjsModel,
  trainDirection,
} from "../src/index.js";
import { base, codes, depth, heldOut, memoryStore, model as plainModel, weightsOf } from "./small-training.js";
import { D, embedder, plusGenerator, ROWS, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

const model = tfjsModel({ generator: plusGenerator, regressor, embedder });

/** Codes [n, d] as W+ codes of equal rows. */
function repeated({ data, shape: [n] }: { data: Float32Array; shape: readonly [number, number] }) {
  const rows = new Float32Array(n * ROWS * D);
  for (let i = 0; i < n; i++) for (let r = 0; r < ROWS; r++) rows.set(data.subarray(i * D, (i + 1) * D), (i * ROWS + r) * D);
  return { data: rows, shape: [n, ROWS, D] as const };
}

const N = 60;
/** W+ codes whose rows differ, as those of inverted photographs. */
const plus = { data: new SeededRandom(8).normals(N * ROWS * D, 0, 1.5), shape: [N, ROWS, D] as const };
const plusBase: TrainOptions = { ...base, model, codes: plus, iterations: 4 };

async function trained(options: TrainOptions) {
  const direction = depth(1);
  const history = await trainDirection(direction, options);
  return { direction, history, weights: weightsOf(direction) };
}

function expectClose(a: readonly number[][], b: readonly number[][], most: number): void {
  a.flat().forEach((x, i) => {
    expect(Math.abs(x - b.flat()[i]!)).toBeLessThan(most);
  });
}

describe("training on W+ codes", () => {
  it.each<[string, Partial<TrainOptions>]>([
    ["the paper's loss", {}],
    ["the identity's, both ways", { identity: embedder, bothWays: true }],
    ["the second pass of the paper's preset", { preset: "paper", iterations: 3 }],
  ])("whose rows are equal is training on W: %s", async (_, extra) => {
    const validation = { codes: heldOut, every: 2 };
    const w = await trained({ ...base, iterations: 4, ...extra, validation });
    const wPlus = await trained({
      ...plusBase,
      codes: repeated(codes),
      ...extra,
      validation: { ...validation, codes: repeated(heldOut) },
    });
    expectClose(wPlus.weights, w.weights, 2e-5);
    for (const [i, { total }] of w.history.batches.entries()) expect(wPlus.history.batches[i]!.total).toBeCloseTo(total, 4);
    expect(wPlus.history.validations).toHaveLength(w.history.validations.length);
    for (const [i, { total }] of w.history.validations.entries())
      expect(wPlus.history.validations[i]!.total).toBeCloseTo(total, 4);
    expect(wPlus.history.solverGap.mean).toBeCloseTo(w.history.solverGap.mean, 4);
  });

  it("moves the chosen rows and no others, says so in direction and settings, and leaks nothing", async () => {
    const before = tf.memory().numTensors;
    const { direction, history, weights } = await trained({ ...plusBase, rows: [0, 2], iterations: 40, learningRate: 2e-2 });
    const mean = (from: number) => history.batches.slice(from, from + 10).reduce((sum, { total }) => sum + total / 10, 0);
    expect(mean(30)).toBeLessThan(mean(0));
    expect(direction.rows).toEqual([0, 2]);
    expect(history.settings.rows).toEqual([0, 2]);
    const end = edit(plus, direction, 2);
    const values = end.arraySync() as number[][][];
    const starts = tf.tidy(() => tf.tensor(plus.data, [N, ROWS, D]).arraySync()) as number[][][];
    values.forEach((rows, i) => {
      expect(rows.slice(2)).toEqual(starts[i]!.slice(2));
      expect(rows[0]).not.toEqual(starts[i]![0]);
    });
    end.dispose();
    direction.dispose();
    expect(tf.memory().numTensors).toBe(before);
    // The gap is that of the rows that move, as if there were no others.
    const flow = depth(1);
    const firstTwo = starts.map((rows) => rows.slice(0, 2));
    const alone = await solverGap(flow, firstTwo, 3);
    flow.rows = [0, 2];
    const among = await solverGap(flow, plus, 3);
    expect(among.mean).toBeCloseTo(alone.mean, 5);
    expect(among.max).toBeCloseTo(alone.max, 5);
    const all = await trained({ ...plusBase, iterations: 40, learningRate: 2e-2 });
    expect(all.weights).not.toEqual(weights);
  });

  it("W codes with rows are repeated: the same as W+ codes of equal rows, bit for bit", async () => {
    const rows = { only: [0, 3] };
    const fromW = await trained({ ...plusBase, codes, rows, validation: { codes: heldOut, every: 2 } });
    const fromPlus = await trained({
      ...plusBase,
      codes: repeated(codes),
      rows,
      validation: { codes: repeated(heldOut), every: 2 },
    });
    expect(fromPlus.weights).toEqual(fromW.weights);
    expect(fromPlus.history.validations).toEqual(fromW.history.validations);
  });

  it.each(["steps", "checkpointed"] as const)(
    "has the gradient that one program of flow and networks has: %s",
    async (gradient) => {
      const direction = depth(2);
      const w = tf.tensor3d(plus.data.slice(0, 5 * ROWS * D), [5, ROWS, D]);
      const rows = [1, 3] as const;
      const originalLogits = await model.logits(w);
      const end = edit(w, direction, 2, { rows });
      const request = { attributeIndex: 1, target: 1, originalLogits, temperature: 4, preservationWeight: 1 };
      const { gradient: cotangent } = await model.lossAndGradient(end, request);
      const pulled = pullBack(direction, w, 2, cotangent, gradient, rows);
      const options = { direction, generator: plusGenerator, regressor, attributeIndex: 1, w, t: 2, rows };
      const { grads } = tf.variableGrads(() => directionLoss(options).total, direction.variables);
      direction.variables.forEach(({ name }, i) => {
        expectClose([Array.from(pulled[i]!.dataSync())], [Array.from(grads[name]!.dataSync())], 1e-6);
      });
    },
  );

  it("resumes bit for bit, and not with other rows", async () => {
    const checkpoint = { store: memoryStore(), every: 2 };
    const rows = [0, 2] as const;
    const whole = await trained({ ...plusBase, rows });
    const stop = new AbortController();
    const onProgress = ({ iteration }: { iteration: number }) => iteration === 2 && stop.abort();
    await expect(trained({ ...plusBase, rows, checkpoint, onProgress, signal: stop.signal })).rejects.toThrow(/stopped/);
    for (const other of [{ rows: [0, 3] as const }, {}])
      await expect(trained({ ...plusBase, ...other, checkpoint })).rejects.toThrow(/differs in rows/);
    expect((await trained({ ...plusBase, rows, checkpoint })).weights).toEqual(whole.weights);
  });

  it.each<[string, TrainOptions, RegExp]>([
    [
      "codes of another number of rows",
      { ...plusBase, codes: { data: plus.data, shape: [2 * N, ROWS / 2, D] } },
      /W\+ codes of 4 rows, got codes of 2 rows/,
    ],
    ["W+ codes for a model of W", { ...plusBase, model: plainModel }, /codes \[n, d\] only, got codes of 4 rows/],
    ["rows for a model of W", { ...base, rows: [0, 2] }, /codes \[n, d\] only, got rows to move/],
    ["rows that there are not", { ...plusBase, rows: [0, 5] }, /rows\[1\] to be an integer ≥ 1 and ≤ 4/],
    ["rows that are none", { ...plusBase, rows: 6 as never }, /rows to be a range/],
    ["codes of another width", { ...plusBase, codes: { data: plus.data, shape: [N, 2 * ROWS, D / 2] } }, /\[n, rowCount, 8\]/],
  ])("refuses %s", async (_, options, message) => {
    const direction = depth(1);
    await expect(trainDirection(direction, options)).rejects.toThrow(LatentEditError);
    await expect(trainDirection(direction, options)).rejects.toThrow(message);
    expect(direction.rows).toBeUndefined();
  });
});

describe("fitting W+ codes", () => {
  /** An attribute that the first two rows decide: their second number's mean. */
  const scores = Float64Array.from({ length: N }, (_, i) => plus.data[i * ROWS * D + 1]! + plus.data[(i * ROWS + 1) * D + 1]!);

  it("fitInterFaceGan: equal rows are W; otherwise the chosen rows' mean is parted", async () => {
    const labels = Array.from({ length: 80 }, (_, i) => codes.data[i * D]!);
    const w = await fitInterFaceGan(codes, labels, { ratio: 0.3 });
    const same = await fitInterFaceGan(repeated(codes), labels, { ratio: 0.3, rows: [1, 3] });
    expect(same.direction).toEqual(w.direction);
    expect(same.accuracy).toEqual(w.accuracy);
    const found = await fitInterFaceGan(plus, scores, { ratio: 0.4, rows: [0, 2] });
    expect(found.direction[1]).toBeGreaterThan(0.9);
    expect(found.accuracy.train).toBe(1);
    const elsewhere = await fitInterFaceGan(plus, scores, { ratio: 0.4, rows: [2, 4], C: 0.1 });
    expect(Math.abs(elsewhere.direction[1]!)).toBeLessThan(0.9);
    // Shifting these rows carries a code over the hyperplane where the formula says.
    const shift = new LinearDirection(found.direction);
    const mean = (w: tf.Tensor) => tf.tidy(() => tf.mean(tf.slice(w, [0, 0, 0], [1, 2, D]), [0, 1]).dataSync<"float32">());
    const side = (w: tf.Tensor) => mean(w).reduce((sum, x, k) => sum + x * found.direction[k]!, found.intercept);
    const start = tf.tensor3d(plus.data.slice(0, ROWS * D), [1, ROWS, D]);
    expect(side(edit(start, shift, -side(start), { rows: [0, 2] }))).toBeCloseTo(0, 5);
    await expect(fitInterFaceGan(codes, labels, { rows: [0, 2] })).rejects.toThrow(/W\+ codes/);
    await expect(fitInterFaceGan(plus, scores, { rows: [0, 9] })).rejects.toThrow(/rows\[1\]/);
  });

  it("ganSpace: equal rows are W, and tensors are lists", () => {
    const w = ganSpace(codes, { components: 2 });
    expect(ganSpace(repeated(codes), { components: 2, rows: { only: [0, 3] } })).toEqual(w);
    const tensor = tf.tensor3d(repeated(codes).data, [80, ROWS, D]);
    expect(ganSpace(tensor, { components: 2 })).toEqual(w);
    expect(() => ganSpace(codes, { rows: [0, 2] })).toThrow(/W\+ codes/);
  });
});

describe("W+ codes along directions of some rows", () => {
  const rows = [0, 2] as const;

  it("labelsAlong: of W+ codes, of repeated ones, and with the direction's own rows", async () => {
    const direction = depth(1);
    const options = { model, times: [0, 1, 4], batchSize: 7 };
    const asked = await labelsAlong(direction, { ...options, codes: plus, rows });
    expect(asked.shape).toEqual([N, 3, 3]);
    const end = edit(plus, direction, 4, { rows });
    const logits = await model.logits(end);
    logits.forEach((values, j) => {
      const classes = tf.tidy(() => tf.argMax(values, 1).dataSync());
      classes.forEach((label, i) => {
        expect(asked.data[(i * 3 + j) * 3 + 2]).toBe(label);
      });
    });
    const fromW = await labelsAlong(direction, { ...options, codes, rows });
    expect(fromW).toEqual(await labelsAlong(direction, { ...options, codes: repeated(codes), rows }));
    expect(fromW).toEqual(await labelsAlong(direction, { ...options, codes, wPlus: { rowCount: ROWS, rows } }));
    direction.rows = rows;
    expect(await labelsAlong(direction, { ...options, codes })).toEqual(fromW);
    expect(await labelsAlong(direction, { ...options, codes: plus })).toEqual(asked);
    await expect(labelsAlong(direction, { ...options, model: plainModel, codes })).rejects.toThrow(/model with a rowCount/);
    const both = { ...options, codes: plus, wPlus: { rowCount: ROWS, rows } };
    await expect(labelsAlong(direction, both)).rejects.toThrow(/got both/);
  });

  it("editUntil: each code stops where the model, asked of the whole W+ code, decides; the other rows stay", async () => {
    const direction = depth(1, 4);
    direction.rows = rows;
    const until = { name: "size", to: 1 };
    const found = await editUntil(plus, direction, { model, until, maxTime: 8 });
    expect(found.w.shape).toEqual([N, ROWS, D]);
    expect(found.reached.filter(Boolean).length).toBeGreaterThan(N / 4);
    const values = found.w.dataSync();
    for (let i = 0; i < N; i++) {
      const kept = (i * ROWS + 2) * D;
      expect(values.slice(kept, kept + 2 * D)).toEqual(plus.data.slice(kept, kept + 2 * D));
    }
    const labels = tf.tidy(() => tf.argMax(regressor.logits(plusGenerator.synthesize(found.w))[1]!, 1).dataSync());
    found.reached.forEach((reached, i) => {
      if (reached) expect(labels[i]).toBe(1);
    });
    const given = await editUntil(plus, depth(1, 4), { model, until, maxTime: 8, rows });
    expect(given.t).toEqual(found.t);
  });

  it("compose: each edit moves its own rows; of rows apart the order does not matter", async () => {
    const [a, b] = [depth(1, 1), depth(2, 2)];
    const w = tf.tensor3d(plus.data.slice(0, 3 * ROWS * D), [3, ROWS, D]);
    a.rows = rows;
    const apart = compose([
      { direction: a, t: 2 },
      { direction: b, t: 1, rows: { only: [3] } },
    ]);
    expect(Array.from(await apart.commutator(w).data())).toEqual([0, 0, 0]);
    const end = apart.apply(w);
    const byHand = edit(edit(w, a, 2, { rows }), b, 1, { rows: [3, 4] });
    expect(end.dataSync()).toEqual(byHand.dataSync());
    const together = compose([
      { direction: a, t: 2 },
      { direction: b, t: 1, rows },
    ]);
    expect(Math.min(...(await together.commutator(w).data()))).toBeGreaterThan(1e-3);
  });

  it("a file keeps the rows; a code without them is refused, not moved as a whole", async () => {
    const direction = depth(1);
    for (const kept of [rows, { only: [0, 3] }]) {
      direction.rows = kept;
      const { direction: loaded } = await loadDirection(await saveDirection(direction));
      expect(loaded.rows).toEqual(kept);
      expect(edit(plus, loaded, 1).dataSync()).toEqual(edit(plus, direction, 1).dataSync());
      expect(() => edit(codes as Codes, loaded, 1)).toThrow(/expected a W\+ code.*repeat the code/);
    }
    const straight = new LinearDirection([1, 0, 0, 0, 0, 0, 0, 0]);
    straight.rows = [2, 3];
    expect((await loadDirection(await saveDirection(straight))).direction.rows).toEqual([2, 3]);
    straight.rows = "all" as never;
    await expect(saveDirection(straight)).rejects.toThrow(/rows to be a range/);
    const { direction: whole } = await loadDirection(await saveDirection(depth(1)));
    expect(whole.rows).toBeUndefined();
  });

  it.each(["[0, 1e15]", "[3, 1]", "{}", "7"])("a header that says rows %s is refused", async (text) => {
    const direction = depth(1);
    direction.rows = rows;
    const bytes = await saveDirection(direction);
    // Of the same length: a safetensors header begins with it.
    const old = JSON.stringify(JSON.stringify([0, 2])).slice(1, -1);
    const file = Buffer.from(bytes).toString("latin1").replace(`"rows":"${old}"`, `"rows":"${text}"`);
    const header = Buffer.from(file, "latin1");
    header.writeBigUInt64LE(header.readBigUInt64LE(0) + BigInt(text.length - old.length), 0);
    await expect(loadDirection(new Uint8Array(header))).rejects.toThrow(/rows|JSON/);
  });
});
