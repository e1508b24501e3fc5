import { odeint } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { start, values } from "./backends.js";

it("y′ = 10 (0.2 − y) from 0.2, to t = 1000: the gradient is 0 and not NaN", async () => {
  await start("cpu");
  const f = (_t: number, y: tf.Tensor) => tf.mul(10, tf.sub(0.2, y));
  const y0 = tf.tensor1d([0.2]);
  const gradient = tf.grad((y0) => tf.sum(tf.slice(odeint(f, y0, [0, 1000], { gradient: "checkpointed" }), [1], [1])))(y0);
  y0.dispose();
  expect(Math.abs(values(gradient)[0]!)).toBeLessThan(1e-30);
});
