import * as everything from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { start } from "./backends.js";

beforeAll(() => start("cpu"));
await start("cpu");

const fall = (_t: number, y: number) => -y;
const tensorFall = (_t: number, y: tf.Tensor) => tf.neg(y);
const y0 = tf.tensor1d([1, 2]);
const tensorEvent = { eventChecks: 2, direction: -1, event: (_t: number, y: tf.Tensor) => tf.sub(tf.mean(y), 1) };
const circle: Record<string, unknown> = { x: 1 };
circle.self = circle;
const tableau: everything.Tableau = {
  name: "own",
  order: 2,
  nodes: [0, 0.5],
  coupling: [[], [0.5]],
  weights: [0, 1],
  errorWeights: [-1, 1],
};

describe("says what is wrong", () => {
  const dead = () => {
    const tensor = tf.zeros([2]);
    tensor.dispose();
    return tensor;
  };
  const f = tensorFall;
  const span = { t0: 0, t1: 1 };
  const api = everything as unknown as Readonly<
    Record<"odeint" | "odeintAdjoint" | "odeintEvent" | "solve" | "explicitMethod", (...args: unknown[]) => unknown>
  >;
  it.each([
    [
      "y0",
      () => api.odeint(f, { x: dead() }, [0, 1]),
      "odeint: expected y0 to hold no disposed tensor, got a disposed tensor of shape [2]",
    ],
    ["t", () => api.odeint(f, y0, dead()), "odeint: expected t to hold no disposed tensor"],
    [
      "t0",
      () => api.odeintEvent(f, y0, dead(), { ...tensorEvent, maxTime: 1 }),
      "odeintEvent: expected t0 to be a number or, for a gradient, a float32 scalar, got a disposed tensor",
    ],
    ["args", () => api.odeint(f, y0, [0, 1], { args: [1, { w: dead() }] }), "odeint: expected args to hold no disposed tensor"],
    [
      "args of the adjoint",
      () => api.odeintAdjoint(f, y0, [0, 1], { args: dead() }),
      "odeintAdjoint: expected args to hold no disposed tensor",
    ],
    ["args of a solve", () => api.solve(f, y0, { ...span, args: dead() }), "solve: expected args to hold no disposed tensor"],
    [
      "args of an event",
      () => api.odeintEvent(f, y0, 0, { ...tensorEvent, maxTime: 1, args: [dead()] }),
      "odeintEvent: expected args to hold",
    ],
    [
      "f's result",
      () => api.odeint(dead, y0, [0, 1]),
      "odeint: expected f to return tensors shaped as y0, got a disposed tensor",
    ],
    [
      "event's result",
      () => api.odeintEvent(f, y0, 0, { event: () => tf.tidy(dead), maxTime: 1 }),
      "expected event to return a float32 scalar tensor, got a disposed tensor",
    ],
    ["rtol", () => api.odeint(f, y0, [0, 1], { rtol: dead() }), "odeint: expected rtol to hold no disposed tensor"],
    ["an async f", () => api.odeint(async () => y0, y0, [0, 1]), "expected f to return tensors shaped as y0, got a promise"],
    [
      "an async f of numbers",
      () => api.odeint(async () => 1, 1, [0, 1]),
      "expected f to return a number, shaped as y0, got a promise",
    ],
    ["times as texts", () => api.odeint(fall, 1, ["0", "1"]), 'odeint: expected t to hold numbers, got "0" at index 0.'],
    [
      "an f that returns a circle",
      () => api.odeint(() => circle, { x: y0 }, [0, 1]),
      "odeint: expected what f returns to nest at most 500 deep, got more",
    ],
    ["a method that is only data", () => api.odeint(fall, 1, [0, 1], { method: tableau }), "expected method to be one of"],
    [
      "an adjoint's method",
      () => api.odeintAdjoint(f, y0, [0, 1], { adjoint: { method: "dopri6" } }),
      "odeintAdjoint: adjoint: expected method to be one of",
    ],
    [
      "an adjoint's steps",
      () => api.odeintAdjoint(f, y0, [0, 1], { adjoint: { stepSize: -1 } }),
      "odeintAdjoint: adjoint: expected stepSize to be a finite number > 0, got -1",
    ],
    [
      "a tableau without weights",
      () => api.explicitMethod({ ...tableau, weights: undefined }),
      "explicitMethod: expected an options object with name, order, nodes, coupling and weights, got no weights",
    ],
    [
      "a tableau's entry",
      () => api.explicitMethod({ ...tableau, coupling: [[], ["x"]] }),
      'explicitMethod: expected coupling[1][0] to be a finite number, got "x"',
    ],
    [
      "a tableau's sums",
      () => api.explicitMethod({ ...tableau, weights: [0, 0.9] }),
      "explicitMethod: expected weights that sum to 1 in the tableau of own",
    ],
  ])("%s", (_what, act, message) => {
    const before = tf.memory().numTensors;
    expect(act).toThrow(everything.OdeError);
    expect(act).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("of a solution that was disposed, or left in a tidy", () => {
    const before = tf.memory().numTensors;
    const solution = everything.solve(f, y0, span);
    let inTidy: everything.Solution<tf.Tensor1D> | undefined;
    tf.tidy(() => {
      inTidy = everything.solve(f, y0, span);
    });
    const still = everything.solve(f, y0, { t0: 0, t1: 0 });
    solution.dispose();
    solution.dispose();
    still.dispose();
    for (const dead of [solution, inTidy!, still])
      expect(() => dead.evaluate(0)).toThrow(
        "solve: evaluate: expected a solution that holds its tensors, got one that was disposed",
      );
    expect(() => solution.derivative(0.5)).toThrow(everything.OdeError);
    expect(tf.memory().numTensors).toBe(before);
    const numbers = everything.solve(fall, 1, span);
    numbers.dispose();
    expect(numbers.evaluate(1)).toBeCloseTo(Math.exp(-1), 6);
  });
});
