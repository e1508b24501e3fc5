import { odeint, odeintAdjoint, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

/** Dissipative equations: their solutions can't be integrated backward in time. */
const linear = (t: number, y: tf.Tensor, p: tf.Tensor) => tf.add(tf.mul(p, y), Math.cos(t));
const cubic = (t: number, y: tf.Tensor, q: tf.Tensor) => tf.sub(Math.sin(t), tf.mul(q, tf.mul(y, tf.square(y))));

/** x′ = p z², z′ = −10 z + cos t: a slow member that sees what becomes of a fast one. */
const coupled = (t: number, [, z]: readonly [tf.Scalar, tf.Scalar], p: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [
  tf.mul(p, tf.square(z)),
  tf.add(tf.mul(z, -10), Math.cos(t)),
];

function gradients(
  f: typeof linear,
  y0: number,
  p: number,
  end: number,
  onStatistics: (statistics: Statistics) => void,
): number[] {
  const inputs = [tf.scalar(y0), tf.scalar(p)];
  const loss = (y0: tf.Tensor, p: tf.Tensor) =>
    tf.sum(tf.slice(odeintAdjoint(f, y0, [0, end], { args: p, onStatistics }), [1], [1]));
  const result = tf
    .grads(loss)(inputs)
    .flatMap((gradient) => values(gradient));
  tf.dispose(inputs);
  return result;
}

describe("the continuous adjoint of dissipative equations", () => {
  beforeAll(() => start("wasm"));

  it("y′ = p y + cos t, p = −10, T = 5: right, by stored states, and says so", () => {
    const reports: Statistics[] = [];
    const left = leaked(() => {
      const [dy0, dp] = gradients(linear, 1, -10, 5, (statistics) => reports.push(statistics));
      expect(Math.abs(dy0!)).toBeLessThan(1e-9);
      expect(Math.abs(dp! - 8.7286264e-4)).toBeLessThan(3e-6);
    });
    expect(left).toBe(0);
    expect(reports).toHaveLength(2);
    expect(reports[0]!.fallback).toBeUndefined();
    expect(reports[1]!.fallback).toMatchObject({ interval: [0, 5], cause: "reconstruction", intervals: 1 });
    expect(reports[1]!.fallback!.deviation).toBeGreaterThan(100);
    expect(reports[1]!.nfeBackward).toBeGreaterThan(0);
  });

  it("y′ = −q y³ + sin t, q = 5, T = 20: does not throw", () => {
    const reports: Statistics[] = [];
    const left = leaked(() => {
      const [, dq] = gradients(cubic, 1, 5, 20, (statistics) => reports.push(statistics));
      expect(Math.abs(dq! - 0.020387)).toBeLessThan(1e-4);
    });
    expect(left).toBe(0);
    expect(reports[1]!.fallback).toBeDefined();
  });

  it("only the intervals that can't be reconstructed fall back, from the stored outputs", () => {
    const times = [0, 2.5, 5];
    let report: Statistics | undefined;
    const p = tf.scalar(-10);
    const dp = tf.grad((p) =>
      tf.sum(
        tf.slice(
          odeintAdjoint(linear, tf.scalar(1), times, { args: p, onStatistics: (statistics) => (report = statistics) }),
          [1],
          [2],
        ),
      ),
    )(p);
    const exact = tf.grad((p) => tf.sum(tf.slice(odeint(linear, tf.scalar(1), times, { args: p }), [1], [2])))(p);
    expect(values(dp)[0]).toBeCloseTo(values(exact)[0]!, 5);
    expect(report!.fallback!.intervals).toBe(2);
    p.dispose();
  });

  const ofCoupled = (detectInstability: number | false | undefined) => {
    const p = tf.scalar(1);
    const adjoint = detectInstability === undefined ? {} : { detectInstability };
    const dp = tf.grad((p) => {
      const [x] = odeintAdjoint(coupled as never, [tf.scalar(0), tf.scalar(0.5)], [0, 5], { args: p, adjoint }) as unknown as [
        tf.Tensor1D,
      ];
      return tf.sum(tf.slice(x, [1], [1]));
    })(p);
    p.dispose();
    return values(dp)[0]!;
  };

  it("detection is what makes it right: without it the number is wrong", () => {
    const exact = odeint((t, [, z]) => [z ** 2, -10 * z + Math.cos(t)], [0, 0.5], [0, 5], { rtol: 1e-10, atol: 1e-12 })[0][1]!;
    expect(Math.abs(ofCoupled(undefined) - exact)).toBeLessThan(2e-3 * exact);
    const wrong = ofCoupled(false);
    expect(Math.abs(wrong - exact)).toBeGreaterThan(10 * exact);
  });

  it("without detection a backward solve that fails throws", () => {
    const q = tf.scalar(5);
    const run = () =>
      tf.grad((q) => tf.sum(odeintAdjoint(cubic, tf.scalar(1), [0, 20], { args: q, adjoint: { detectInstability: false } })))(q);
    expect(run).toThrow("odeintAdjoint: the backward solve");
    q.dispose();
  });

  it("does not restart at outputs: a hundred of them cost less than ten evaluations each", () => {
    const times = Array.from({ length: 100 }, (_, i) => i / 33);
    let report: Statistics | undefined;
    const y0 = tf.tensor1d([2, 0]);
    const f = (_t: number, y: tf.Tensor) => tf.mul(tf.reverse(y), [1, -1]);
    tf.grad((y0) => tf.sum(odeintAdjoint(f, y0, times, { onStatistics: (statistics) => (report = statistics) })))(y0).dispose();
    expect(report!.fallback).toBeUndefined();
    expect(report!.nfeBackward).toBeLessThan(1000);
    y0.dispose();
  });
});
