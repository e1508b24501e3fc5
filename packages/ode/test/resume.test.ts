import { METHODS, odeint, odeintAdjoint, type Statistics, solve, solveAsync } from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

type Pair = readonly [number, number];
const oscillate = (_t: number, [x, v]: Pair) => [v, 4 * (1 - x * x) * v - x] as const;
const y0 = [2, 0] as const;

/** Nodes of two solutions, the second from where the first ended. */
const joined = (first: { t: Float64Array }, second: { t: Float64Array }) => [...first.t, ...second.t.slice(1)];

describe("solution.resume on numbers", () => {
  it.each(Object.keys(METHODS) as (keyof typeof METHODS)[])("takes the steps of one solve, to the bit: %s", (method) => {
    const steps = METHODS[method].estimatesError ? { rtol: 1e-5, atol: 1e-6 } : { stepSize: 1 / 64 };
    const options = { method: method as "dopri5", t0: 0, ...steps };
    const whole = solve(oscillate, y0, { ...options, t1: 3, stepTimes: [1.1] });
    const first = solve(oscillate, y0, { ...options, t1: 1.1 });
    const second = first.resume({ t1: 3 });
    expect(joined(first, second)).toEqual([...whole.t]);
    expect(second.y[0].at(-1)).toBe(whole.y[0].at(-1));
    expect(second.evaluate(2.3)).toEqual(whole.evaluate(2.3));
    // What an undisturbed solve evaluates once more it evaluates when it goes on.
    const { nfe, accepted, rejected, jacobians } = whole.stats;
    expect(second.stats).toMatchObject({ nfe, accepted, rejected, ...(jacobians === undefined ? {} : { jacobians }) });
    expect(first.stats.accepted).toBe(first.t.length - 1);
  });

  it("does so a third time, backward in time, with a controller that remembers, in the small entry", () => {
    const options = { t0: 3, controller: "PID", rtol: 1e-6 } as const;
    for (const entry of [solve, float64.solve as typeof solve]) {
      const whole = entry(oscillate, y0, { ...options, t1: 0, stepTimes: [2.5, 1] });
      const first = entry(oscillate, y0, { ...options, t1: 2.5 });
      const second = first.resume({ t1: 1 });
      expect([...joined(first, second), ...second.resume({ t1: 0 }).t.slice(1)]).toEqual([...whole.t]);
      // From one end twice: the method starts anew, close by.
      const again = first.resume({ t1: 1 });
      expect(again.y[0].at(-1)).toBeCloseTo(second.y[0].at(-1)!, 5);
      expect(again.stats.accepted).toBeLessThan(second.stats.accepted + 3);
    }
  });

  it("leaves the statistics of the first solve alone", () => {
    const first = solve(oscillate, y0, { t0: 0, t1: 1, method: "auto" });
    const { stepsBy, accepted } = first.stats;
    expect(stepsBy).toEqual({ tsit5: accepted });
    // The second of them starts anew from the first solve's.
    for (const second of [first.resume({ t1: 3 }), first.resume({ t1: 3 })]) {
      expect(first.stats.stepsBy).toEqual({ tsit5: accepted });
      expect(second.stats.stepsBy).toEqual({ tsit5: second.stats.accepted });
    }
  });

  it("goes on after maxSteps, and after an event", async () => {
    const whole = solve(oscillate, y0, { t0: 0, t1: 3, method: "bdf" });
    let part = solve(oscillate, y0, { t0: 0, t1: 3, method: "bdf", maxSteps: 20 });
    const nodes = [...part.t];
    while (part.status.kind === "maxSteps") {
      part = await part.resumeAsync({ t1: 3 });
      nodes.push(...part.t.slice(1));
    }
    expect(nodes).toEqual([...whole.t]);

    const event = (_t: number, [x]: Pair) => x;
    const times: number[] = [];
    let found = solve(oscillate, y0, { t0: 0, t1: 30, event });
    for (; found.status.kind === "event"; found = found.resume({ t1: 30 })) times.push(found.status.t);
    expect(found.status.kind).toBe("finished");
    const zeros = solve(oscillate, y0, { t0: 0, t1: 30 });
    const signs = zeros.y[0].map(Math.sign);
    expect(times.length).toBe(signs.filter((sign, i) => i > 0 && sign !== signs[i - 1]).length);
    for (const time of times) expect(Math.abs(zeros.evaluate(time)[0])).toBeLessThan(1e-4);
  });

  it("refuses what can't go on", () => {
    const { resume } = { resume: (options: object) => () => solve(oscillate, y0, { t0: 0, t1: 1 }).resume(options as never) };
    expect(resume({ t1: 0.5 })).toThrow("solve: resume: expected t1 above 1, where the solve ended, got 0.5");
    expect(resume({})).toThrow("solve: resume: expected t1");
    expect(resume({ t1: 2, rtol: 1 })).toThrow('"rtol"');
    const failed = solve((_t, y) => y * y, 1, { t0: 0, t1: 2 });
    expect(() => failed.resume({ t1: 3 })).toThrow("solve: resume: expected a solve that can go on, got one that failed");
    const grid = solve((_t, y) => -y, 1, { t0: 0, t1: 1, method: "rk4", grid: [0, 0.5, 1] });
    expect([...grid.resume({ t1: 2, grid: [1, 1.5, 2] }).t]).toEqual([1, 1.5, 2]);
    expect(() => grid.resume({ t1: 2 })).toThrow("expected grid to start at 1");
  });
});

describe("solution.resume on tensors", () => {
  beforeAll(() => start("wasm"));
  const f = (_t: number, y: tf.Tensor) => tf.mul(tf.cos(y), y);

  it("takes the steps of one solve: to the bit where explicit, else close by; with gradients", async () => {
    const at = tf.tensor1d([1, 0.2]);
    const before = tf.memory().numTensors;
    for (const method of ["dopri5", "bosh3", "kvaerno5", "rodas5p"] as const) {
      const options = { method, t0: 0, controller: "PI" } as const;
      const whole = solve(f, at, { ...options, t1: 3, stepTimes: [1.1] });
      const first = await solveAsync(f, at, { ...options, t1: 1.1 });
      const second = method === "bosh3" ? await first.resumeAsync({ t1: 3 }) : first.resume({ t1: 3 });
      const nodes = joined(first, second);
      if (method === "dopri5" || method === "bosh3") expect(nodes).toEqual([...whole.t]);
      const end = [whole, second].map((solution) => values(solution.evaluate(3)));
      end[1]!.forEach((value, i) => void expect(value).toBeCloseTo(end[0]![i]!, 3));
      for (const solution of [whole, first, second]) solution.dispose();
      expect(() => first.resume({ t1: 3 })).toThrow("solveAsync: resume: expected the solution to hold no disposed tensor");
    }
    expect(tf.memory().numTensors).toBe(before);
    const left = leaked(() => {
      const end = (y: tf.Tensor) => {
        const first = solve(f, y as tf.Tensor1D, { t0: 0, t1: 1.1 });
        return tf.sum(first.resume({ t1: 3 }).evaluate(3));
      };
      const through = values(tf.grad(end)(at));
      const direct = values(tf.grad((y) => tf.sum(tf.slice(odeint(f, y as tf.Tensor1D, [0, 1.1, 3]), 2)))(at));
      through.forEach((value, i) => void expect(value).toBeCloseTo(direct[i]!, 2));
    });
    expect(left).toBe(0);
    at.dispose();
  });
});

describe("onStep", () => {
  beforeAll(() => start("cpu"));

  it("sees the end, the state and the length of each accepted step", () => {
    const seen: (readonly [t: number, x: number, h: number])[] = [];
    const solution = solve(oscillate, y0, { t0: 0, t1: -2, onStep: (t, [x], h) => void seen.push([t, x, h]) });
    expect(seen.map(([t]) => t)).toEqual([...solution.t.slice(1)]);
    expect(seen.map(([, x]) => x)).toEqual([...solution.y[0].slice(1)]);
    expect(seen.map(([, , h]) => h)).toEqual(Array.from(solution.t.slice(1), (t, i) => t - solution.t[i]!));
  });

  it("on tensors records nothing, leaves nothing behind, and is not told of steps back", () => {
    const at = tf.scalar(1);
    const f = (_t: number, y: tf.Tensor) => tf.neg(y);
    for (const gradient of ["steps", "checkpointed", "adjoint"] as const) {
      const seen: number[] = [];
      let cost: Statistics | undefined;
      const hooks = {
        onStep: (_t: number, y: tf.Tensor) => void seen.push(tf.mul(y, 2).dataSync()[0]!),
        onStatistics: (told: Statistics) => (cost ??= told),
      };
      const end = (y: tf.Tensor) =>
        tf.sum(
          gradient === "adjoint"
            ? odeintAdjoint(f, y as tf.Scalar, [0, 1], hooks)
            : odeint(f, y as tf.Scalar, [0, 1], { gradient, ...hooks }),
        );
      const left = leaked(() => void values(tf.grad(end)(at)));
      expect(left).toBe(0);
      expect(seen.length).toBe(cost!.accepted);
      expect(seen.at(-1)).toBeCloseTo(2 * Math.exp(-1), 4);
    }
    at.dispose();
  });
});

describe("atMinStep: accept", () => {
  const stiff = (t: number, y: number) => -50 * (y - Math.cos(t));
  const adaptive = (Object.keys(METHODS) as (keyof typeof METHODS)[]).filter((name) => METHODS[name].estimatesError);

  it.each(adaptive)("takes steps of minStep that fail, and counts them: %s", (method) => {
    const options = { method: method as "dopri5", t0: 0, t1: 2, rtol: 1e-13, atol: 1e-13, minStep: 0.004 };
    expect(solve(stiff, 0, options).status.kind).toBe("stepUnderflow");
    const { status, stats, y, t } = solve(stiff, 0, { ...options, atMinStep: "accept" });
    expect(status.kind).toBe("finished");
    expect(stats.forced).toBeGreaterThan(5);
    expect(stats.accepted).toBeLessThanOrEqual(2 / 0.004 + 2);
    const lengths = Array.from(t.slice(1, -1), (node, i) => node - t[i]!);
    expect(Math.min(...lengths)).toBeGreaterThan(0.004 * (1 - 1e-9));
    // (2500 cos t + 50 sin t) / 2501
    expect(y.at(-1)).toBeCloseTo((2500 * Math.cos(2) + 50 * Math.sin(2)) / 2501, 3);
  });

  it("needs minStep; what is not finite fails all the same; a solve that meets its tolerance counts none", () => {
    expect(() => solve(stiff, 0, { t0: 0, t1: 1, atMinStep: "accept" })).toThrow("solve: atMinStep needs minStep above 0, got 0");
    const end = solve((t, y) => (t < 0.5 ? y : Number.NaN), 1, { t0: 0, t1: 1, minStep: 0.01, atMinStep: "accept" });
    expect(end.status.kind).toBe("notFinite");
    expect(solve(stiff, 0, { t0: 0, t1: 1, minStep: 1e-9, atMinStep: "accept" }).stats.forced).toBeUndefined();
  });
});
