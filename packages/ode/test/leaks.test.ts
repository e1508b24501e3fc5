import { odeint, odeintAdjoint, odeintEvent, solve } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start } from "./backends.js";
import { constant, EXPLICIT_METHODS, methods } from "./methods.js";
import { decayOnTensors } from "./problems.js";

beforeAll(() => start("wasm"));

describe("leaks no tensor", () => {
  const adaptive = methods.filter((method) => EXPLICIT_METHODS[method].errorWeights !== undefined);
  const runs: [string, (f: (t: number, y: tf.Tensor) => tf.Tensor, y0: tf.Tensor) => void][] = [
    ...methods.map((method): (typeof runs)[number] => [
      `odeint, ${method}, constant steps`,
      (f, y0) => odeint(f, y0, [0, 0.33, 1], constant(method)).dispose(),
    ]),
    ...adaptive.map((method): (typeof runs)[number] => [
      `odeint, ${method}`,
      (f, y0) => odeint(f, y0, [0, 0.33, 1], { method: method as "dopri5" }).dispose(),
    ]),
    ["solve", (f, y0) => solve(f, y0, { t0: 0, t1: 1 }).dispose()],
    ["solve with rk4", (f, y0) => solve(f, y0, { t0: 0, t1: 1, method: "rk4", stepSize: 0.25 }).dispose()],
    ["checkpointed", (f, y0) => odeint(f, y0, [0, 0.5, 1], { gradient: "checkpointed" }).dispose()],
    ["adjoint", (f, y0) => odeintAdjoint(f, y0, [0, 0.5, 1]).dispose()],
    [
      "event",
      (f, y0) => {
        const { t, y } = odeintEvent(f, y0, 0, { event: (_t, y) => tf.sub(tf.mean(y), 0.5), maxTime: 2 });
        tf.dispose([t, y]);
      },
    ],
  ];

  it.each(runs)("%s", (_name, run) => {
    const y0 = tf.fill([4], 1);
    expect(leaked(() => run(decayOnTensors, y0))).toBe(0);
    expect(y0.isDisposed).toBe(false);
    y0.dispose();
  });

  it.each(runs)("%s, when f throws in the middle", (_name, run) => {
    const y0 = tf.fill([4], 1);
    const left = leaked(() => {
      let calls = 0;
      const f = (_t: number, y: tf.Tensor) => {
        const slope = tf.neg(tf.mul(y, 1));
        if (++calls === 3) throw new RangeError("stop");
        return slope;
      };
      expect(() => run(f, y0)).toThrow(RangeError);
    });
    expect(left).toBe(0);
    y0.dispose();
  });

  it("when f returns its input, a tensor of its own or one it keeps: nothing of the user's is disposed", () => {
    const y0 = tf.fill([4], 1);
    const outside = tf.fill([4], 2);
    expect(leaked(() => odeint((_t, y) => y, y0, [0, 1]).dispose())).toBe(0);
    expect(leaked(() => odeint(() => outside, y0, [0, 1]).dispose())).toBe(0);
    expect(
      leaked(() =>
        odeint((_t, { b }) => ({ a: b, b: b }), { a: y0, b: outside }, [0, 1], { method: "rk4", stepSize: 0.5 }).a.dispose(),
      ),
    ).toBe(1);
    expect(outside.isDisposed || y0.isDisposed).toBe(false);
    tf.dispose([y0, outside]);
  });

  it("when a backward pass throws", () => {
    for (const solveIt of [
      (f: typeof decayOnTensors, y: tf.Tensor) => odeintAdjoint(f, y, [0, 1]),
      (f: typeof decayOnTensors, y: tf.Tensor) => odeint(f, y, [0, 1], { gradient: "checkpointed" }),
    ]) {
      let forward = true;
      let solved = Number.NaN;
      const f = (_t: number, y: tf.Tensor) => {
        const slope = tf.neg(y);
        if (!forward) throw new RangeError("stop");
        return slope;
      };
      const y0 = tf.fill([4], 1);
      const left = leaked(() => {
        const loss = (y0: tf.Tensor) => {
          const y = solveIt(f, y0);
          forward = false;
          const value = tf.sum(y);
          solved = tf.memory().numTensors;
          return value;
        };
        expect(() => tf.grad(loss)(y0)).toThrow(RangeError);
      });
      // What tfjs's own outer tape had saved stays (its defect); nothing that the backward pass made does.
      expect(left).toBeLessThanOrEqual(solved);
      expect(left).toBeLessThan(12);
      y0.dispose();
    }
  });

  it("when f throws inside tf.grad, the tape of the solve is freed", () => {
    const y0 = tf.fill([4], 1);
    const left = leaked(() => {
      let calls = 0;
      const f = (_t: number, y: tf.Tensor) => {
        if (++calls > 40) throw new RangeError("stop");
        return tf.tanh(y);
      };
      expect(() => tf.grad((y0) => tf.sum(odeint(f, y0, [0, 1], { method: "rk4", stepSize: 0.05 })))(y0)).toThrow(RangeError);
    });
    expect(left).toBe(0);
    y0.dispose();
  });
});
