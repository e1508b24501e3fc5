import { odeintEvent, odeintEventAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

beforeAll(() => start("wasm"));

describe("odeintEvent on tensors", () => {
  const ball = (_t: number | tf.Scalar, [, v]: readonly [tf.Scalar, tf.Scalar]) => [v, tf.scalar(-9.81)] as const;

  it("gradients of the time: dt*/dh and dt*/dt0 = 1", () => {
    const inputs = [tf.scalar(10), tf.scalar(0.25)];
    const left = leaked(() => {
      const time = (h: tf.Tensor, t0: tf.Tensor) =>
        odeintEvent(ball, [h as tf.Scalar, tf.scalar(0)], t0 as tf.Scalar, { event: (_t, [x]) => x, maxTime: 10 }).t;
      const [dh, dt0] = tf.grads(time)(inputs);
      expect(values(dh!)[0]).toBeCloseTo(0.07139215614635322, 6);
      expect(values(dt0!)[0]).toBeCloseTo(1, 5);
    });
    expect(left).toBe(0);
    tf.dispose(inputs);
  });

  it("gradients of the state, and of an event that depends on time", () => {
    // y′ = −y from a; stops where y = t / 2. By the implicit function theorem dt/da = e⁻ᵗ / (y + 1/2) and dy/da = dt/da / 2.
    const a = tf.scalar(1);
    const stop = (a: tf.Tensor) =>
      odeintEvent((_t, y) => tf.neg(y), a as tf.Scalar, 0, {
        event: (t, y) => tf.sub(y, t / 2) as tf.Scalar,
        maxTime: 5,
        rtol: 1e-6,
      });
    const t = values(tf.tidy(() => stop(a).t))[0]!;
    expect(t / 2).toBeCloseTo(Math.exp(-t), 5);
    const expected = Math.exp(-t) / (t / 2 + 0.5);
    expect(values(tf.grad((a) => stop(a).t)(a))[0]).toBeCloseTo(expected, 4);
    expect(values(tf.grad((a) => stop(a).y)(a))[0]).toBeCloseTo(expected / 2, 4);
    a.dispose();
  });

  it("without an event it goes to maxTime; an event that is 0 at t0 does not fire at once", () => {
    const none = odeintEvent((_t, y) => -y, 1, 0, { event: (_t, y) => y + 1, maxTime: 2 });
    expect(none).toMatchObject({ t: 2, occurred: false, status: { kind: "finished" } });
    const again = odeintEvent((_t, [, v]) => [v, -9.81], [0, 5], 0, { event: (_t, [h]) => h, maxTime: 10 });
    expect(again.t).toBeCloseTo(10 / 9.81, 9);
  });

  it("odeintEventAsync finds the same, in numbers and on tensors", async () => {
    const numbers = await odeintEventAsync((_t, [, v]) => [v, -9.81], [10, 0], 0, { event: (_t, [h]) => h, maxTime: 10 });
    expect(numbers.t).toBeCloseTo(1.4278431229270645, 12);
    const start = [tf.scalar(10), tf.scalar(0)] as [tf.Scalar, tf.Scalar];
    const before = tf.memory().numTensors;
    const found = await odeintEventAsync(ball, start, 0, { event: (_t, [h]) => h, maxTime: 10 });
    expect(values(found.t)[0]).toBeCloseTo(1.4278431, 5);
    tf.dispose([...found.y]);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
    tf.dispose(start);
  });
});
