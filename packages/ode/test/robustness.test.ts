import {
  METHODS,
  type MethodName,
  OdeError,
  odeint,
  odeintAdjoint,
  odeintEvent,
  odeintEventAsync,
  solve,
  solveAsync,
} from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

const fall = (_t: number, y: number) => -y;
const methods = Object.keys(METHODS) as MethodName[];
const decayOnTensors = (_t: number, y: tf.Tensor) => tf.neg(y);
const constant = (method: MethodName) => ({ method, stepSize: 0.1 });

beforeAll(() => start("wasm"));

describe("status names the cause", () => {
  it("finished", () => {
    const { status, stats, t } = solve(fall, 1, { t0: 0, t1: 1 });
    expect(status).toMatchObject({ kind: "finished", t: 1 });
    expect(t.length).toBe(stats.accepted + 1);
  });
  it("maxSteps, for the whole solve", () => {
    const { status, stats } = solve(fall, 1, { t0: 0, t1: 100, maxSteps: 7 });
    expect(status.kind).toBe("maxSteps");
    expect(stats.accepted + stats.rejected).toBe(7);
    expect(status.message).toContain("raise maxSteps");
    expect(() => odeint(fall, 1, [0, 50, 100], { maxSteps: 7 })).toThrow(OdeError);
  });
  it("step underflow at a singularity: y′ = y² from 1 blows up at t = 1", () => {
    const { status } = solve((_t, y) => y * y, 1, { t0: 0, t1: 2 });
    expect(status.kind).toBe("stepUnderflow");
    expect(status.t).toBeCloseTo(1, 6);
  });
  it("NaN in f", () => {
    const { status } = solve((t, y) => (t > 0.5 ? Number.NaN : -y), 1, { t0: 0, t1: 1 });
    expect(status.kind).toBe("notFinite");
    expect(status.t).toBeCloseTo(0.5, 6);
    expect(solve(() => Number.NaN, 1, { t0: 0, t1: 1 }).status).toMatchObject({ kind: "notFinite", t: 0 });
    expect(solve(() => Number.NaN, 1, { t0: 0, t1: 1, method: "rk4", stepSize: 0.1 }).status.kind).toBe("notFinite");
    const error = catchError(() => odeint((t, y) => (t > 0.5 ? Number.NaN : -y), 1, [0, 1]));
    expect(error.status?.kind).toBe("notFinite");
  });
  it("step underflow where times can't resolve the steps that the tolerances ask for", () => {
    expect(solve(fall, 1, { t0: 1e15, t1: 1e15 + 1 }).status.kind).toBe("stepUnderflow");
    expect(solve(fall, 1, { t0: 1e15, t1: 1e15 + 1, rtol: 0.1, atol: 0.1 }).status.kind).toBe("finished");
  });
  it.each(methods)("%s: f may return one array each time, or y itself", (method) => {
    const kept = new Float64Array(2);
    const rotate = (_t: number, y: Float64Array) => {
      kept[0] = y[1]!;
      kept[1] = -y[0]!;
      return kept;
    };
    const fresh = (_t: number, y: Float64Array) => [y[1]!, -y[0]!];
    const run = (f: typeof rotate | typeof fresh) => odeint(f, Float64Array.of(1, 0), [0, 0.25, 1], constant(method));
    expect(run(rotate)).toEqual(run(fresh));
    const same = odeint((_t, y) => y, Float64Array.of(1, 2), [0, 0.25, 1], constant(method));
    const copy = odeint((_t, y) => y.slice(), Float64Array.of(1, 2), [0, 0.25, 1], constant(method));
    expect(same).toEqual(copy);
  });
  it("minStep", () => {
    expect(solve((_t, y) => y * y, 1, { t0: 0, t1: 2, minStep: 1e-3 }).status.kind).toBe("stepUnderflow");
  });
});

function catchError(run: () => unknown): OdeError {
  try {
    run();
  } catch (error) {
    if (error instanceof OdeError) return error;
  }
  throw new Error("expected an OdeError");
}

describe("f is never called outside [t0, t1]", () => {
  it.each(methods)("%s", (method) => {
    for (const [t0, t1] of [
      [0, 1],
      [1, 0],
      [-3, 2],
    ] as const) {
      const seen: number[] = [];
      const f = (t: number, y: number) => {
        seen.push(t);
        return Math.cos(t) - y;
      };
      const options =
        method in METHODS && METHODS[method].errorWeights !== undefined
          ? { method: method as "dopri5", rtol: 1e-4, atol: 1e-6 }
          : constant(method);
      const y = odeint(f, 1, [t0, 0.3 * t0 + 0.7 * t1, t1], options);
      expect(Math.min(...seen)).toBeGreaterThanOrEqual(Math.min(t0, t1));
      expect(Math.max(...seen)).toBeLessThanOrEqual(Math.max(t0, t1));
      expect(Number.isFinite(y[2])).toBe(true);
    }
  });
});

describe("bad input says what is wrong", () => {
  it.each([
    [() => odeint(fall, 1, [0]), "at least two times"],
    [() => odeint(fall, 1, [0, 0]), "expected distinct times, got t[0] = t[1] = 0"],
    [() => odeint(fall, 1, [0, 1, 0.5]), "strictly increasing or strictly decreasing"],
    [() => odeint(fall, 1, [0, Number.NaN]), "expected finite times"],
    [() => odeint(fall, 1, 3 as never), "expected t to be an array"],
    [() => odeint(3 as never, 1, [0, 1]), "expected f to be a function"],
    [() => odeint(fall as never, "one" as never, [0, 1]), "expected y0 to be tensors only"],
    [() => odeint(fall as never, [] as number[], [0, 1]), "expected y0 to hold at least one"],
    [() => odeint(fall as never, [1, tf.scalar(1)], [0, 1]), "Convert it to one kind"],
    [() => odeint(decayOnTensors, tf.scalar(1, "int32"), [0, 1]), "cast it"],
    [() => odeint((() => "x") as never, 1, [0, 1]), "expected f to return a number"],
    [() => odeint((_t, y) => [...y, 1], Float64Array.of(1, 2), [0, 1]), "expected f to return 2 numbers"],
    [() => odeint(() => tf.zeros([3]), tf.zeros([2]), [0, 1]), "expected f to return float32 of shape [2]"],
    [() => odeint(fall, 1, [0, 1], { rtoll: 1e-3 } as never), 'did you mean "rtol"?'],
    [() => odeint(fall, 1, [0, 1], { method: "dopri6" } as never), 'Did you mean "dopri5"?'],
    [() => odeint(fall, 1, [0, 1], { method: "rk4", rtol: 1e-3 } as never), "rtol does not apply to rk4"],
    [() => odeint(fall, 1, [0, 1], { stepSize: 0.1, atol: 1e-3, rtol: 1e-3 } as never), "rtol, atol do not apply with stepSize"],
    [() => odeint(fall, 1, [0, 1], { rtol: -1 }), "expected rtol"],
    [() => odeint(fall, 1, [0, 1], { rtol: 0, atol: 0 }), "rtol or atol above 0"],
    [() => odeint(fall, 1, [0, 1], { stepSize: 0 }), "expected stepSize"],
    [() => odeint(fall, 1, [0, 1], { grid: [0, 0.5] }), "to reach 1"],
    [() => odeint(fall, 1, [0, 1], { grid: [0, 0.7, 0.5, 1] }), "strictly monotonic"],
    [() => odeint(fall, 1, [0, 1], { controller: { safety: 2 } }), "0 < safety < 1"],
    [() => odeint(fall, 1, [0, 1], { gradient: "checkpointed" }), "does not apply to a state of numbers"],
    [() => odeintAdjoint(fall, 1, [0, 1]), "use odeint for numbers"],
    [() => odeintAdjoint(decayOnTensors, tf.scalar(1), [0, 1], { adjoint: { tolerance: 1 } as never }), "unknown option"],
    [() => solve(fall, 1, { t0: 0, t1: 0 }), "expected t0 and t1 to differ"],
    [() => solve(fall, 1, { t0: 0, t1: 1, method: "rk4" } as never), "give stepSize or grid"],
    [() => solve(fall, 1, { t0: 0, t1: 1, dense: false }).evaluate(0.5), "leave out dense: false"],
    [() => solve(fall, 1, { t0: 0, t1: 1 }).evaluate(2), "expected t between 0 and 1"],
    [() => odeintEvent(fall, 1, 0, { tMax: 1 } as never), "expected event to be a function"],
  ] as const)("%#", (run, message) => {
    expect(run as () => unknown).toThrow(message);
    expect(run as () => unknown).toThrow(OdeError);
  });

  it("options are typed per method", () => {
    const typed = () => {
      // @ts-expect-error a method without error estimate takes no tolerance
      odeint(fall, 1, [0, 1], { method: "rk4", rtol: 1e-3 });
      // @ts-expect-error unknown option
      odeint(fall, 1, [0, 1], { tolerance: 1e-3 });
      // @ts-expect-error a constant step takes no tolerance
      odeint(fall, 1, [0, 1], { method: "dopri5", stepSize: 0.1, rtol: 1e-3 });
      // @ts-expect-error unknown method
      odeint(fall, 1, [0, 1], { method: "dopri6" });
      // @ts-expect-error nothing to choose steps by
      solve(fall, 1, { t0: 0, t1: 1, method: "euler" });
      // @ts-expect-error gradients of numbers
      odeintAdjoint(decayOnTensors, tf.scalar(1), [0, 1], { adjoint: { norm: "max" } });
    };
    expect(typed).toBeTypeOf("function");
  });
});

describe("leaks no tensor", () => {
  const adaptive = methods.filter((method) => METHODS[method].errorWeights !== undefined);
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
        const { t, y } = odeintEvent(f, y0, 0, { event: (_t, y) => tf.sub(tf.mean(y), 0.5), tMax: 2 });
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

describe("AbortSignal and progress", () => {
  it("an aborted signal stops the solve at its next step, without a leak", () => {
    const controller = new AbortController();
    const y0 = tf.fill([4], 1);
    const left = leaked(() => {
      const run = () =>
        solve(decayOnTensors, y0, {
          t0: 0,
          t1: 10,
          signal: controller.signal,
          onProgress: ({ accepted }) => {
            if (accepted === 3) controller.abort();
          },
        });
      expect(run).toThrow(expect.objectContaining({ name: "AbortError" }));
    });
    expect(left).toBe(0);
    y0.dispose();
  });

  it("a signal aborted from outside stops solveAsync, in numbers and on tensors", async () => {
    const y0 = tf.fill([4], 1);
    for (const start of [1, y0] as const) {
      const before = tf.memory().numTensors;
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 5);
      const f = start === 1 ? fall : decayOnTensors;
      const endless = solveAsync(f as never, start as never, {
        t0: 0,
        t1: 1e9,
        maxStep: 0.001,
        maxSteps: 1e9,
        dense: false,
        signal: controller.signal,
      });
      await expect(endless).rejects.toMatchObject({ name: "AbortError" });
      expect(tf.memory().numTensors).toBe(before);
    }
    y0.dispose();
  });

  it("progress counts up to 1", () => {
    const fractions: number[] = [];
    odeint(fall, 1, [0, 1], { onProgress: ({ fraction }) => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });
});

describe("solve and solveAsync", () => {
  it("evaluate and derivative between nodes; nodes exactly", () => {
    const solution = solve((_t, y) => [y[1]!, -y[0]!], Float64Array.of(0, 1), { t0: 0, t1: 5, rtol: 1e-9, atol: 1e-9 });
    for (const t of [0, 0.7, 2.2, 4.9, 5]) {
      expect(solution.evaluate(t)[0]).toBeCloseTo(Math.sin(t), 6);
      expect(solution.derivative(t)[0]).toBeCloseTo(Math.cos(t), 5);
    }
    for (const [i, t] of solution.t.entries()) expect(solution.evaluate(t)).toEqual(solution.y[i]);
  });

  it.each(methods)("%s: the derivative is that of evaluate", (method) => {
    const solution = solve((t, y) => Math.cos(t) * y, 1, { t0: 0, t1: 1, ...constant(method) });
    for (const t of [0.03, 0.55, 0.91]) {
      const difference = (solution.evaluate(t + 1e-6) - solution.evaluate(t - 1e-6)) / 2e-6;
      expect(solution.derivative(t)).toBeCloseTo(difference, 7);
    }
  });

  it("a solution returned from tf.tidy keeps its tensors; dispose frees them all", () => {
    const y0 = tf.fill([4], 1);
    const before = tf.memory().numTensors;
    const solution = tf.tidy(() => solve(decayOnTensors, y0, { t0: 0, t1: 1 }) as never) as ReturnType<typeof solve<tf.Tensor>>;
    expect(values(solution.evaluate(0.5))[0]).toBeCloseTo(Math.exp(-0.5), 4);
    expect(solution.y.shape).toEqual([solution.t.length, 4]);
    solution.dispose();
    expect(tf.memory().numTensors).toBe(before);
    y0.dispose();
  });

  it("solveAsync takes the same steps as solve; odeint repeats its grid bit by bit, differentiably", async () => {
    const f = (t: number, y: tf.Tensor) => tf.sub(tf.mul(y, Math.cos(3 * t)), tf.mul(tf.square(y), 0.3));
    const y0 = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const sync = solve(f, y0, { t0: 0, t1: 3 });
    const solution = await solveAsync(f, y0, { t0: 0, t1: 3 });
    expect([...solution.t]).toEqual([...sync.t]);
    const end = values(solution.evaluate(3));
    expect(values(odeint(f, y0, [0, 3], { grid: solution.t })).slice(2)).toEqual(end);
    const replayed = tf.grad((y0) => tf.sum(tf.slice(odeint(f, y0, [0, 3], { grid: solution.t }), 1)))(y0);
    const direct = tf.grad((y0) => tf.sum(tf.slice(odeint(f, y0, [0, 3]), 1)))(y0);
    expect(values(replayed)).toEqual(values(direct));
    for (const held of [sync, solution]) held.dispose();
    expect(tf.memory().numTensors).toBe(before);
    y0.dispose();
  });

  it("output grids cost no extra steps", () => {
    const cost = (outputs: number) => {
      let nfe = 0;
      const times = Array.from({ length: outputs }, (_, i) => (5 * i) / (outputs - 1));
      odeint((t, y) => Math.cos(t) * y, 1, times, { onStatistics: (statistics) => (nfe = statistics.nfe) });
      return nfe;
    };
    expect(cost(1000)).toBe(cost(2));
  });

  it("reverse-time symmetry: forward and back returns to the start", () => {
    for (const method of ["dopri5", "tsit5", "dopri8", "verner8", "bosh3"] as const) {
      const f = (t: number, y: Float64Array) => [y[1]!, -Math.sin(y[0]!) + 0.1 * Math.cos(t)];
      const options = { method, rtol: 1e-10, atol: 1e-12, maxSteps: 1e6 } as const;
      const there = odeint(f, Float64Array.of(1, 0.3), [0, 7], options)[1]!;
      const back = odeint(f, there, [7, 0], options)[1]!;
      expect(back[0]).toBeCloseTo(1, 7);
      expect(back[1]).toBeCloseTo(0.3, 7);
      // Time reversed: y(−t) solves y′ = −f(−t, y), with the same steps.
      const mirrored = odeint((t, y) => f(-t, y).map((slope) => -slope), Float64Array.of(1, 0.3), [0, -7], options)[1]!;
      expect(mirrored[0]).toBeCloseTo(there[0]!, 12);
    }
  });

  it("controllers I, PI and PID all reach the end, stepTimes are nodes, maxStep holds", () => {
    for (const controller of ["I", "PI", "PID", { p: 0.3, i: 0.3 }] as const) {
      const options = { t0: 0, t1: 5, controller, stepTimes: [1.234, 4], maxStep: 0.3 };
      const solution = solve((t, y) => Math.cos(t) * y, 1, options);
      expect(solution.evaluate(5)).toBeCloseTo(Math.exp(Math.sin(5)), 5);
      expect([...solution.t]).toEqual(expect.arrayContaining([1.234, 4]));
      expect(Math.max(...solution.t.slice(1).map((t, i) => t - solution.t[i]!))).toBeLessThanOrEqual(0.3 + 1e-12);
    }
  });
});

describe("odeintEvent on tensors", () => {
  const ball = (_t: number | tf.Scalar, [, v]: readonly [tf.Scalar, tf.Scalar]) => [v, tf.scalar(-9.81)] as const;

  it("gradients of the time: dt*/dh and dt*/dt0 = 1", () => {
    const inputs = [tf.scalar(10), tf.scalar(0.25)];
    const left = leaked(() => {
      const time = (h: tf.Tensor, t0: tf.Tensor) =>
        odeintEvent(ball, [h as tf.Scalar, tf.scalar(0)], t0 as tf.Scalar, { event: (_t, [x]) => x, tMax: 10 }).t;
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
        tMax: 5,
        rtol: 1e-6,
      });
    const t = values(tf.tidy(() => stop(a).t))[0]!;
    expect(t / 2).toBeCloseTo(Math.exp(-t), 5);
    const expected = Math.exp(-t) / (t / 2 + 0.5);
    expect(values(tf.grad((a) => stop(a).t)(a))[0]).toBeCloseTo(expected, 4);
    expect(values(tf.grad((a) => stop(a).y)(a))[0]).toBeCloseTo(expected / 2, 4);
    a.dispose();
  });

  it("without an event it goes to tMax; an event that is 0 at t0 does not fire at once", () => {
    const none = odeintEvent((_t, y) => -y, 1, 0, { event: (_t, y) => y + 1, tMax: 2 });
    expect(none).toMatchObject({ t: 2, occurred: false, status: { kind: "finished" } });
    const again = odeintEvent((_t, [, v]) => [v, -9.81], [0, 5], 0, { event: (_t, [h]) => h, tMax: 10 });
    expect(again.t).toBeCloseTo(10 / 9.81, 9);
  });

  it("odeintEventAsync finds the same, in numbers and on tensors", async () => {
    const numbers = await odeintEventAsync((_t, [, v]) => [v, -9.81], [10, 0], 0, { event: (_t, [h]) => h, tMax: 10 });
    expect(numbers.t).toBeCloseTo(1.4278431229270645, 12);
    const start = [tf.scalar(10), tf.scalar(0)] as [tf.Scalar, tf.Scalar];
    const before = tf.memory().numTensors;
    const found = await odeintEventAsync(ball, start, 0, { event: (_t, [h]) => h, tMax: 10 });
    expect(values(found.t)[0]).toBeCloseTo(1.4278431, 5);
    tf.dispose([...found.y]);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
    tf.dispose(start);
  });
});
