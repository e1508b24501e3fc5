import "@tensorflow/tfjs-backend-cpu";
import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  CONVERGED_SOLVER,
  type Direction,
  LatentEditError,
  LinearDirection,
  NeuralOdeDirection,
  PAPER_SOLVER,
  solverGap,
} from "../src/index.js";

const d = 6;
const random = new SeededRandom(1);
const codes = Array.from({ length: 4 }, () => Array.from(random.normals(d)));
const plus = Array.from({ length: 2 }, () => Array.from({ length: 5 }, () => Array.from(random.normals(d))));

const makers: [string, () => Direction][] = [
  ["linear", () => new LinearDirection([3, 0, 0, 4, 0, 0])],
  ["constant", () => new NeuralOdeDirection({ latentDim: d, depth: -1, seed: 2 })],
  ["depth 1", () => new NeuralOdeDirection({ latentDim: d, depth: 1, seed: 2 })],
  ["depth 3", () => new NeuralOdeDirection({ latentDim: d, depth: 3, seed: 2 })],
  ["depth 2, converged", () => new NeuralOdeDirection({ latentDim: d, depth: 2, seed: 2, solver: CONVERGED_SOLVER })],
  ["depth 2, 20 steps", () => new NeuralOdeDirection({ latentDim: d, depth: 2, seed: 2, solver: { method: "rk4", steps: 20 } })],
];

const largest = (a: tf.Tensor, b: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);

beforeAll(() => tf.setBackend("cpu"));

describe.each(makers)("%s", (name, make) => {
  // An adaptive solver chooses its steps by all rows together, so another set of rows gives other steps.
  const accuracy = name.includes("converged") ? 3e-3 : 5e-5;

  it("starts where it starts, moves with unit speed, and leaks nothing", () => {
    const before = tf.memory().numTensors;
    const direction = make();
    const w = tf.tensor2d(codes);
    const [still, moved, velocity] = [direction.flow(w, 0), direction.flow(w, 0.01), direction.velocity(w)];
    expect(largest(still, w)).toBe(0);
    for (const speed of tf.tidy(() => tf.norm(velocity, "euclidean", 1).dataSync())) expect(speed).toBeCloseTo(1, 4);
    expect(tf.tidy(() => largest(moved, tf.add(w, tf.mul(velocity, 0.01))))).toBeLessThan(1e-4);
    direction.dispose();
    for (const x of [w, still, moved, velocity]) x.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("gives at many times what it gives at each, negative and fractional ones and repeats included", () => {
    tf.engine().startScope();
    const direction = make();
    const w = tf.tensor2d(codes);
    const times = [2.5, -1.25, 0, 0.3, 2.5];
    const path = direction.flow(w, times);
    expect(path.shape).toEqual([5, 4, d]);
    times.forEach((t, i) => {
      expect(largest(tf.reshape(tf.slice(path, i, 1), [4, d]), direction.flow(w, t))).toBeLessThan(accuracy);
    });
    const each = direction.flowEach(w, [2.5, -1.25, 0, 0.3]);
    [2.5, -1.25, 0, 0.3].forEach((t, i) => {
      expect(largest(tf.slice(each, i, 1), tf.slice(direction.flow(w, t), i, 1))).toBeLessThan(accuracy);
    });
    direction.dispose();
    tf.engine().endScope();
  });

  it("moves the rows of a W+ code independently, and only those in the range", () => {
    tf.engine().startScope();
    const direction = make();
    const w = tf.tensor3d(plus);
    const whole = direction.flow(w, 1.5);
    const rows = direction.flow(tf.reshape(w, [10, d]), 1.5);
    expect(largest(tf.reshape(whole, [10, d]), rows)).toBeLessThan(1e-6);
    const part = direction.flow(w, 1.5, { rows: [1, 3] });
    const path = direction.flow(w, [1.5, -1], { rows: [1, 3] });
    expect(path.shape).toEqual([2, 2, 5, d]);
    const untouched = (x: tf.Tensor) => Array.from(x.dataSync()).filter((_, i) => ![1, 2].includes(Math.floor(i / d) % 5));
    expect(untouched(part)).toEqual(untouched(w));
    expect(untouched(tf.slice(path, 1, 1))).toEqual(untouched(w));
    expect(largest(tf.slice(part, [0, 1, 0], [2, 2, d]), tf.slice(whole, [0, 1, 0], [2, 2, d]))).toBeLessThan(accuracy);
    direction.dispose();
    tf.engine().endScope();
  });
});

describe("lists of rows of a W+ code", () => {
  const w = () => tf.tensor3d(plus);
  const rowsOf = (x: tf.Tensor) => tf.unstack(x, x.rank - 2).map((row) => Array.from(row.dataSync()));

  it.each(makers.slice(0, 4))("%s: those rows move as in the whole code, the others come back bit for bit", (_, make) => {
    tf.engine().startScope();
    const direction = make();
    const [before, whole] = [rowsOf(w()), rowsOf(direction.flow(w(), 1.5))];
    for (const rows of [[0, 1, 2, 3], [3], [4, 0], [0, 2, 4], [4, 3, 2, 1, 0]]) {
      const moved = rowsOf(direction.flow(w(), 1.5, { rows: { only: rows } }));
      moved.forEach((row, i) => {
        if (!rows.includes(i)) expect(row).toEqual(before[i]);
        for (const [k, x] of row.entries()) if (rows.includes(i)) expect(x).toBeCloseTo(whole[i]![k]!, 4);
      });
    }
    direction.dispose();
    tf.engine().endScope();
  });

  it("a list of neighbours is their range; paths, flowEach and gradients go by them too", () => {
    const direction = new NeuralOdeDirection({ latentDim: d, depth: 2, seed: 2 });
    const [range, list] = [{ rows: [1, 4] }, { rows: { only: [3, 1, 2] } }] as const;
    expect(largest(direction.flow(w(), 1, list), direction.flow(w(), 1, range))).toBe(0);
    expect(largest(direction.flow(w(), [1, -2], list), direction.flow(w(), [1, -2], range))).toBe(0);
    expect(largest(direction.flowEach(w(), [1, -2], list), direction.flowEach(w(), [1, -2], range))).toBe(0);
    const apart = { rows: { only: [4, 0] } };
    const path = direction.flow(w(), [1, -2], apart);
    expect(path.shape).toEqual([2, 2, 5, d]);
    expect(largest(tf.reshape(tf.slice(path, 1, 1), [2, 5, d]), direction.flow(w(), -2, apart))).toBeLessThan(1e-5);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(direction.flow(x, 1, apart)))(w());
    expect(rowsOf(gradient)[2]!.every((x) => x === 1)).toBe(true);
    expect(rowsOf(gradient)[4]!.some((x) => x !== 1)).toBe(true);
    direction.dispose();
  });

  it.each([
    [
      "[0, 1, 2, 3], which moved row 0 alone",
      [0, 1, 2, 3],
      /a range \[from, to\].*or a list \{ only: \[0, 2, 5\] \}, got an array of length 4/,
    ],
    ["[2]", [2], /array of length 1/],
    ["no rows", { only: [] }, /list/],
    ["a row beyond the code", { only: [0, 5] }, /rows.only\[1\] to be an integer ≥ 0 and ≤ 4, got 5/],
    ["a row that is none", { only: [0.5] }, /rows.only\[0\]/],
    ["another key", { only: [0], last: 3 }, /"last"/],
    ["a number", 3, /got 3/],
  ])("refuses %s", (_, rows, message) => {
    const direction = new LinearDirection([3, 0, 0, 4, 0, 0]);
    expect(() => direction.flow(w(), 1, { rows: rows as never })).toThrow(LatentEditError);
    expect(() => direction.flow(w(), 1, { rows: rows as never })).toThrow(message);
  });
});

describe("flows as flows", () => {
  it("there and back again with a converged solver: within 1e-3 at t = 6", () => {
    const direction = new NeuralOdeDirection({ latentDim: d, depth: 2, seed: 4, solver: CONVERGED_SOLVER });
    const w = tf.tensor2d(codes);
    const back = tf.tidy(() => direction.flow(direction.flow(w, 6), -6));
    const relative = tf.tidy(() => tf.div(tf.norm(tf.sub(back, w)), tf.norm(w)).dataSync()[0]!);
    expect(relative).toBeLessThan(1e-3);
    direction.dispose();
  });

  it("a converged flow composes: 1 then 2 is 3", () => {
    const direction = new NeuralOdeDirection({ latentDim: d, depth: 1, seed: 5, solver: CONVERGED_SOLVER });
    const w = tf.tensor2d(codes);
    expect(largest(direction.flow(direction.flow(w, 1), 2), direction.flow(w, 3))).toBeLessThan(1e-3);
    direction.dispose();
  });

  it("the constant is the linear shift of the same vector", () => {
    const constant = new NeuralOdeDirection({ latentDim: d, depth: -1, seed: 6 });
    const linear = new LinearDirection(constant.variables[0]!.dataSync());
    const w = tf.tensor2d(codes);
    expect(largest(constant.flow(w, -4), linear.flow(w, -4))).toBeLessThan(1e-5);
    expect(largest(constant.flow(w, [1, 5], { solver: PAPER_SOLVER }), linear.flow(w, [1, 5]))).toBeLessThan(1e-5);
    constant.dispose();
    linear.dispose();
  });

  it("one long step is not the flow, and solverGap says by how much", async () => {
    const direction = new NeuralOdeDirection({ latentDim: d, depth: 2, seed: 7 });
    const w = tf.tensor2d(codes);
    const paper = await solverGap(direction, w, 6);
    direction.solver = { method: "rk4", steps: 60 };
    const fine = await solverGap(direction, w, 6);
    expect(paper.mean).toBeGreaterThan(100 * fine.mean);
    expect(paper.max).toBeGreaterThanOrEqual(paper.mean);
    direction.dispose();
  });

  it.each(["steps", "checkpointed", "adjoint"] as const)("gradient %s reaches the start and the weights", (gradient) => {
    const direction = new NeuralOdeDirection({ latentDim: d, depth: 2, seed: 8, solver: { method: "rk4", steps: 30 } });
    const w = tf.tensor2d(codes);
    const loss = () => tf.sum(tf.square(direction.flow(w, 1, { gradient }))) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, direction.variables);
    const values = direction.variables.map((v) => grads[v.name]!.dataSync());
    const weight = direction.variables[0]!;
    const original = weight.dataSync().slice();
    const at = (step: number) => {
      const moved = original.slice();
      moved[7]! += step;
      weight.assign(tf.tensor(moved, weight.shape));
      return loss().dataSync()[0]!;
    };
    const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
    expect(values[0]![7]).toBeCloseTo(numeric, 1);
    expect(values.every((g) => g.some((x) => x !== 0))).toBe(true);
    direction.dispose();
  });
});

describe("wrong input is told apart", () => {
  const direction = () => new NeuralOdeDirection({ latentDim: d, depth: 1 });
  it.each([
    ["depth 0", () => new NeuralOdeDirection({ latentDim: d, depth: 0 }), /−1 for a constant/],
    ["an unknown option", () => new NeuralOdeDirection({ latentDim: d, depht: 1 } as never), /depth/],
    ["a zero vector", () => new LinearDirection([0, 0]), /not all 0/],
    ["codes of another width", () => direction().flow(tf.zeros([2, 3]), 1), /\[n, 6\]/],
    ["rows of a W code", () => direction().flow(tf.zeros([2, d]), 1, { rows: [0, 1] }), /W\+/],
    ["rows beyond the code", () => direction().flow(tf.zeros([2, 3, d]), 1, { rows: [0, 4] }), /rows\[1\]/],
    ["a time that is no number", () => direction().flow(tf.zeros([2, d]), Number.NaN), /finite/],
    ["an unknown method", () => direction().flow(tf.zeros([2, d]), 1, { solver: { method: "rk5" as never, steps: 1 } }), /rk4/],
    ["too few times", () => direction().flowEach(tf.zeros([2, d]), [1]), /one time for each/],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(LatentEditError);
    expect(act).toThrow(message);
  });
});
