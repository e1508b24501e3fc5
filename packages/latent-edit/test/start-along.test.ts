import "@tensorflow/tfjs-backend-cpu";
import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { LatentEditError, LinearDirection, NeuralOdeDirection, startAlong } from "../src/index.js";

beforeAll(() => tf.setBackend("cpu"));

const D = 5;
const vector = Float64Array.of(3, -1, 0.5, 0, 2);

it.each([
  [-1, undefined],
  [1, undefined],
  [1, 40],
  [3, 0.1],
])("a flow of depth %i begins as the line, at any speed (%s)", (depth, speed) => {
  const direction = new NeuralOdeDirection({ latentDim: D, depth, seed: 4 });
  const line = new LinearDirection(vector);
  const before = tf.memory().numTensors;
  startAlong(direction, vector, speed);
  expect(tf.memory().numTensors).toBe(before);
  const w = tf.tensor2d(new SeededRandom(1).normals(3 * D), [3, D]);
  for (const t of [2.5, -4]) {
    const [a, b] = [direction.flow(w, t).dataSync(), line.flow(w, t).dataSync()];
    a.forEach((x, i) => {
      expect(x).toBeCloseTo(b[i]!, 4);
    });
  }
  const length = Math.hypot(...Array.from(tf.tidy(() => direction.field(w).dataSync()).slice(0, D)));
  expect(length).toBeCloseTo(speed ?? Math.sqrt(D), 4);
  for (const one of [direction, line, w]) one.dispose();
});

it.each<[string, unknown, unknown, RegExp]>([
  ["a line", () => new LinearDirection(vector), vector, /expected a NeuralOdeDirection/],
  ["a vector of another length", undefined, [1, 2], /expected 5 finite numbers, not all 0, got 2/],
  ["zeros", undefined, [0, 0, 0, 0, 0], /not all 0/],
  ["NaN", undefined, [1, Number.NaN, 0, 0, 0], /finite numbers/],
])("refuses %s", (_, make, given, message) => {
  const direction = make ? (make as () => LinearDirection)() : new NeuralOdeDirection({ latentDim: D, depth: 1 });
  const start = () => startAlong(direction as NeuralOdeDirection, given as number[]);
  expect(start).toThrow(message);
  expect(start).toThrow(LatentEditError);
  direction.dispose();
});
