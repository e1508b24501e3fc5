import { odeint, odeintAdjoint, odeintEvent, odeintEventAsync, solve, solveAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { backends, leaked, start, values } from "./backends.js";

describe("a solve of no length", () => {
  let calls = 0;
  const f = (_t: number, y: number) => y * ++calls;

  it("is y0, and asks f nothing", async () => {
    expect(odeint(f, 2, [1])).toEqual(Float64Array.of(2));
    expect(odeint((_t, { x }) => ({ x }), { x: Float64Array.of(1, 2) }, [0], { stepSize: 0.1 })).toEqual({
      x: [Float64Array.of(1, 2)],
    });
    for (const solution of [solve(f, 2, { t0: 1, t1: 1 }), await solveAsync(f, 2, { t0: 1, t1: 1, stepSize: 0.5 })]) {
      expect([...solution.t, ...solution.y, solution.evaluate(1)]).toEqual([1, 2, 2]);
      expect(solution.status).toMatchObject({ kind: "finished", t: 1 });
      expect(() => solution.evaluate(2)).toThrow(
        "evaluate: expected a solve of at least one step, got none: it finished at t = 1",
      );
      expect(() => solution.derivative(1)).toThrow("derivative: expected a solve of at least one step");
    }
    const search = { event: (_t: number, y: number) => y, maxTime: 1 };
    for (const found of [odeintEvent(f, 2, 1, search), await odeintEventAsync(f, 2, 1, search)]) {
      expect(found).toMatchObject({ t: 1, y: 2, occurred: false });
    }
    expect(calls).toBe(0);
  });

  it("of a solve that could not start, y0 is known, too", () => {
    const solution = solve(() => Number.NaN, 3, { t0: 0, t1: 1 });
    expect(solution.evaluate(0)).toBe(3);
    expect(() => solution.evaluate(0.5)).toThrow("y0 or f(t, y0) holds NaN");
  });

  it.each(backends)("on tensors with its gradients: %s", async (backend) => {
    await start(backend);
    const y0 = tf.tensor1d([1, 2]);
    const g = (_t: unknown, y: tf.Tensor) => tf.neg(y);
    const left = leaked(() => {
      for (const times of [[3], tf.tensor1d([3])]) {
        for (const solveIt of [
          (y: tf.Tensor) => odeint(g, y, times as number[]),
          (y: tf.Tensor) => odeint(g, y, times as number[], { gradient: "checkpointed" }),
          (y: tf.Tensor) => odeintAdjoint(g, y, times as number[]),
        ]) {
          const y = solveIt(y0);
          expect(y.shape).toEqual([1, 2]);
          expect(values(y)).toEqual([1, 2]);
          expect(values(tf.grad((y) => tf.sum(tf.mul(solveIt(y), 3)))(y0))).toEqual([3, 3]);
        }
        tf.dispose(times);
      }
      const solution = solve(g, y0, { t0: 1, t1: 1 });
      expect(values(solution.evaluate(1))).toEqual([1, 2]);
      solution.dispose();
      const found = odeintEvent(g, y0, 1, { event: (_t, y) => tf.sum(y) as tf.Scalar, maxTime: 1 });
      expect([values(found.t), values(found.y)]).toEqual([[1], [1, 2]]);
    });
    expect(left).toBe(0);
    y0.dispose();
  });
});

describe("solve with an event", () => {
  const fall = (_t: number, [, speed]: readonly [number, number]): readonly [number, number] => [speed, -9.81];
  const ground = (_t: number, [height]: readonly [number, number]) => height;

  it("keeps the solution up to it, whatever t1", async () => {
    const span = { t0: 0, t1: Number.POSITIVE_INFINITY, event: ground, direction: -1 } as const;
    for (const solution of [solve(fall, [10, 0], span), await solveAsync(fall, [10, 0], span)]) {
      const end = solution.t[solution.t.length - 1]!;
      expect(end).toBeCloseTo(1.4278431229270645, 12);
      expect(solution.status).toMatchObject({ kind: "event", t: end });
      expect(solution.y[0].at(-1)).toBeCloseTo(0, 12);
      expect(solution.y[1].at(-1)).toBeCloseTo(-9.81 * end, 10);
      expect(solution.evaluate(end)[1]).toBe(solution.y[1].at(-1));
      expect(solution.evaluate(1)[0]).toBeCloseTo(10 - 9.81 / 2, 12);
      expect(() => solution.evaluate(end + 1e-6)).toThrow(`between 0 and ${end}`);
    }
  });

  it("ends as finished without one, and as notFinite where it is NaN", () => {
    expect(solve(fall, [10, 0], { t0: 0, t1: 1, event: ground }).status).toMatchObject({ kind: "finished", t: 1 });
    expect(solve(fall, [10, 0], { t0: 0, t1: 1, event: () => Number.NaN }).status.kind).toBe("notFinite");
    expect(solve(fall, [10, 0], { t0: 0, t1: 5, grid: [0, 1, 9], event: () => 1 }).t).toEqual(Float64Array.of(0, 1, 5));
  });

  it.each(backends)("on tensors, leaking nothing: %s", async (backend) => {
    await start(backend);
    const y0 = [tf.scalar(10), tf.scalar(0)] as const;
    const gravity = tf.scalar(-9.81);
    const left = leaked(() => {
      const solution = solve((_t, [, v]: readonly [tf.Scalar, tf.Scalar]) => [v, gravity] as const, y0, {
        ...{ t0: 0, t1: Number.POSITIVE_INFINITY },
        event: (_t, [x]) => x,
      });
      const end = solution.t[solution.t.length - 1]!;
      expect(end).toBeCloseTo(1.4278431, 5);
      const [height, speed] = solution.evaluate(end);
      expect([values(height)[0], values(speed)[0]]).toEqual([expect.closeTo(0, 4), expect.closeTo(-9.81 * end, 4)]);
      solution.dispose();
    });
    expect(left).toBe(0);
    tf.dispose([...y0, gravity]);
  });
});
