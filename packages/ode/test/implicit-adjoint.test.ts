import { type AdjointOptions, odeint, odeintAdjoint, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

function expectNear(got: number[], expected: readonly number[], relative: number): void {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(relative * scale);
}

type F = (t: number, y: tf.Tensor, args: tf.Tensor) => tf.Tensor;
const end = (y: tf.Tensor) => tf.sum(tf.mul(tf.unstack(y).at(-1)!, [1, 2]));

/** Numbers of the last axis relax to cos t at the rates args[0] and args[1], coupled. */
const relaxing: F = (t, y, k) => {
  const [a, b] = tf.unstack(y, -1) as [tf.Tensor, tf.Tensor];
  const [fast, slow] = tf.unstack(k) as [tf.Tensor, tf.Tensor];
  const first = tf.sub(tf.square(b), tf.mul(fast, tf.sub(a, Math.cos(t))));
  return tf.stack([first, tf.sub(a, tf.mul(slow, b))], -1);
};

/** A rotation of rate ω about a state that falls with the rate k: the solution is slow and shows nothing of ω. */
const rotating: F = (_t, y, k) => {
  const [slow, a, b] = tf.unstack(y, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const omega = 1000;
  return tf.stack([tf.neg(tf.mul(k, slow)), tf.mul(omega, b), tf.mul(-omega, tf.sub(a, slow))], -1);
};

describe.each(["cpu", "wasm"] as const)("the continuous adjoint by implicit methods, on %s", (backend) => {
  beforeAll(() => start(backend));

  it.each(["kvaerno5", "radau5", "rodas5p"] as const)("%s: gradients through a backward solve of its own", (method) => {
    const inputs = [tf.tensor2d([[1, 0.5], [0, -1]]), tf.tensor1d([3, 0.5])]; // biome-ignore format: a matrix
    const times = [0, 0.25, 0.5, 0.75, 1];
    const given = (_t: number, y: tf.Tensor, k: tf.Tensor) => {
      const [, b] = tf.unstack(y, -1);
      const [fast, slow] = tf.unstack(k);
      const ones = tf.onesLike(b!);
      return tf.stack(
        [tf.stack([tf.mul(ones, tf.neg(fast!)), tf.mul(2, b!)], -1), tf.stack([ones, tf.mul(ones, tf.neg(slow!))], -1)],
        -2,
      );
    };
    const expected = tf.grads((y0: tf.Tensor, args: tf.Tensor) =>
      end(odeint(relaxing, y0, times, { method: "radau5", rtol: 1e-5, args })),
    )(inputs);
    const [dy0, dargs] = expected.map(values);
    const more = backend === "wasm" ? [] : [{ jacobian: given, adjoint: { norm: "seminorm" } }];
    for (const options of [{}, ...more] as AdjointOptions<tf.Tensor>[]) {
      let cost: Statistics | undefined;
      const onStatistics = (statistics: Statistics) => (cost = statistics);
      const left = leaked(() => {
        const [gy, gargs] = tf.grads((y0: tf.Tensor, args: tf.Tensor) =>
          end(odeintAdjoint(relaxing, y0, times, { method, rtol: 1e-4, args, onStatistics, ...options } as never)),
        )(inputs);
        expectNear(values(gy!), dy0!, 3e-4);
        expectNear(values(gargs!), dargs!, 3e-4);
      });
      expect(left).toBe(0);
      expect(cost!.fallback).toBeUndefined();
      expect(cost!.nfeBackward).toBeGreaterThan(0);
    }
    tf.dispose(inputs);
  });
});

describe("the continuous adjoint by implicit methods", () => {
  beforeAll(() => start("cpu"));

  it("passes over fast modes that an explicit backward solve must follow", () => {
    const k = tf.scalar(2);
    const y0 = tf.tensor1d([1, 1, -0.002]);
    const run = (adjoint: object) => {
      let cost: Statistics | undefined;
      const loss = (args: tf.Tensor) => {
        const y = odeintAdjoint(rotating, y0, [0, 0.5, 1], {
          method: "radau5",
          rtol: 1e-3,
          atol: 1e-4,
          args,
          adjoint,
          onStatistics: (statistics) => (cost = statistics),
        });
        return tf.sum(tf.slice(y, [2, 0], [1, 1]));
      };
      return { gradient: values(tf.grad(loss)(k))[0]!, ...cost! };
    };
    const [implicit, explicit] = [run({}), run({ method: "dopri5", maxSteps: 20_000 })];
    expect(implicit.fallback).toBeUndefined();
    expect(implicit.gradient).toBeCloseTo(-Math.exp(-2), 3);
    expect(explicit.nfeBackward).toBeGreaterThan(5 * implicit.nfeBackward);
    tf.dispose([k, y0]);
  });

  it("goes through stored states where a decay can't be integrated backward, and says so", () => {
    const inputs = [tf.tensor1d([1, 0.5]), tf.tensor1d([1e4, 0.5])];
    const times = [0, 0.5, 1];
    const [dy0, dargs] = tf
      .grads((y0: tf.Tensor, args: tf.Tensor) => end(odeint(relaxing, y0, times, { method: "radau5", rtol: 1e-5, args })))(inputs)
      .map(values);
    let cost: Statistics | undefined;
    const [gy, gargs] = tf
      .grads((y0: tf.Tensor, args: tf.Tensor) =>
        end(odeintAdjoint(relaxing, y0, times, { method: "kvaerno5", args, onStatistics: (statistics) => (cost = statistics) })),
      )(inputs)
      .map(values);
    expectNear(gy!, dy0!, 3e-4);
    expectNear(gargs!, dargs!, 3e-4);
    expect(cost!.fallback?.intervals).toBe(2);
    tf.dispose(inputs);
  });

  it("refuses rodas5p backward, which needs more of the adjoint equation than its iterations would", () => {
    const y0 = tf.scalar(1);
    expect(() => odeintAdjoint((_t, y) => tf.neg(y), y0, [0, 1], { adjoint: { method: "rodas5p" } })).toThrow(
      "odeintAdjoint: adjoint: expected a method that iterates or is explicit, got rodas5p, which needs second derivatives of f backward; take kvaerno5 or radau5.",
    );
    y0.dispose();
  });
});
