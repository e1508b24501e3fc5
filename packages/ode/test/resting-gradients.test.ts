import { type OdeError, odeint, odeintAdjoint, type Statistics, solveAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { faithfulReach } from "../src/methods/stability.js";
import { backends, leaked, start, values } from "./backends.js";
import { EXPLICIT_METHODS } from "./methods.js";

/** Float64 references by SciPy (DOP853 at 1e-13 and central differences; expm for the pendulum). */
const PENDULUM = 0.00672021;
const THREE = { y0: [1.0531822246950817, 1.3285293847165036, 4], p: [-0.08458546406409084, -0.06319818674382915] };
/** d y(1)/dλ of y′ = −λ(y − cos t), y(0) = 0, in closed form. */
const STIFF = { 1000: -8.403878579486191e-7, 5000: -3.3650190517e-8 };

const toward = (_t: number, y: tf.Tensor, rate: tf.Tensor) => tf.mul(rate, tf.sub(0.2, y));
const follow = (t: number, y: tf.Tensor, lambda: tf.Tensor) => tf.neg(tf.mul(lambda, tf.sub(y, Math.cos(t))));
const last = (y: tf.Tensor) => tf.sum(tf.slice(y, [y.shape[0]! - 1], [1]));

function three(_t: number, y: tf.Tensor, p: tf.Tensor): tf.Tensor {
  const [a, b] = [tf.slice(y, 0, 1), tf.slice(y, 1, 1)];
  return tf.concat([tf.sub(2, tf.mul(tf.slice(p, 0, 1), a)), tf.sub(a, tf.mul(tf.slice(p, 1, 1), b)), tf.zeros([1])]);
}

function gradients(loss: (...x: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): number[][] {
  const found = tf.grads(loss as (...x: tf.Tensor[]) => tf.Scalar)(inputs);
  return found.map(values);
}

describe.each(backends)("gradients where the state rests, on %s", (backend) => {
  it.each([
    ["steps", {}],
    ["steps", { maxStep: 1 }],
    ["checkpointed", {}],
  ] as const)("y′ = 10 (0.2 − y) from 0.2: e^−50 after t = 5, by %s with %o", async (gradient, options) => {
    await start(backend);
    const left = leaked(() => {
      const inputs = [tf.tensor1d([0.2]), tf.scalar(10)];
      const [dy0, dRate] = gradients((y0, args) => last(odeint(toward, y0!, [0, 5], { ...options, gradient, args })), inputs);
      expect(dy0![0]! / Math.exp(-50)).toBeGreaterThan(0.5);
      expect(dy0![0]! / Math.exp(-50)).toBeLessThan(2);
      expect(Math.abs(dRate![0]!)).toBeLessThan(1e-6);
      tf.dispose(inputs);
    });
    expect(left).toBe(0);
  });

  it("a damped pendulum that hangs still: ∂q(20)/∂q0", async () => {
    await start(backend);
    const f = (_t: number, [q, p]: readonly [tf.Tensor, tf.Tensor]): readonly [tf.Tensor, tf.Tensor] => [
      p,
      tf.sub(tf.neg(tf.sin(q)), tf.mul(0.5, p)),
    ];
    const left = leaked(() => {
      const inputs = [tf.scalar(0), tf.scalar(0)];
      const [dq] = gradients((q, p) => last(odeint(f, [q!, p!] as const, [0, 20])[0]), inputs);
      expect(Math.abs(dq![0]! / PENDULUM - 1)).toBeLessThan(0.03);
      tf.dispose(inputs);
    });
    expect(left).toBe(0);
  });
});

describe("gradients where steps meet the limit of stability", () => {
  // Of a sensitivity of about 1, of which 0.0067 is left: what one step's derivative may miss is ten times rtol, 1e-4.
  it.each(["tsit5", "adaptive_heun", "bosh3", "dopri8", "verner8"] as const)(
    "a damped pendulum that hangs still, by %s, at default tolerances and finer ones",
    async (method) => {
      await start("cpu");
      const f = (_t: number, [q, p]: readonly [tf.Tensor, tf.Tensor]): readonly [tf.Tensor, tf.Tensor] => [
        p,
        tf.sub(tf.neg(tf.sin(q)), tf.mul(0.5, p)),
      ];
      const missed = [1e-4, 1e-6].map((rtol) => {
        const inputs = [tf.scalar(0), tf.scalar(0)];
        const options = { method, gradient: "checkpointed", ...(rtol === 1e-4 ? {} : { rtol, atol: rtol }) } as const;
        const [dq] = gradients((q, p) => last(odeint(f, [q!, p!] as const, [0, 20], options)[0]), inputs);
        tf.dispose(inputs);
        return Math.abs(dq![0]! - PENDULUM);
      });
      expect(missed[0]).toBeLessThan(10 * 1e-4);
      expect(missed[1]).toBeLessThan(2e-4);
    },
  );

  it.each([
    ["the adjoint's stored states", true],
    ["the steps", false],
  ])("three members that come to rest, by %s", async (_name, adjoint) => {
    const times = [0, 0.5, 0.75, 20];
    const solve = (y0: tf.Tensor, args: tf.Tensor) =>
      adjoint ? odeintAdjoint(three, y0, times, { args }) : odeint(three, y0, times, { args });
    await start("wasm");
    const inputs = [tf.tensor1d([1, 0, 0]), tf.tensor1d([10, 3])];
    const [dy0, dp] = gradients((y0, args) => tf.sum(solve(y0!, args!)), inputs);
    tf.dispose(inputs);
    dy0!.forEach((value, i) => {
      expect(Math.abs(value - THREE.y0[i]!)).toBeLessThan(2e-4);
    });
    dp!.forEach((value, i) => {
      expect(Math.abs(value - THREE.p[i]!)).toBeLessThan(2e-5);
    });
  });

  it("y′ = −λ(y − cos t): ∂y(1)/∂λ at λ = 1000", async () => {
    await start("cpu");
    const inputs = [tf.scalar(1000)];
    const [dl] = gradients((args) => last(odeint(follow, tf.scalar(0), [0, 1], { args })), inputs);
    tf.dispose(inputs);
    expect(Math.abs(dl![0]! / STIFF[1000] - 1)).toBeLessThan(0.01);
  });

  it.each([
    ["dopri5", 0.05],
    ["bosh3", 0.05],
    ["dopri8", 0.02],
  ] as const)("a pendulum of 20 radians a second that hangs still, by %s", async (method, tolerance) => {
    await start("cpu");
    const [omega, damping, end] = [20, 0.5, 2];
    const f = (_t: number, [q, p]: readonly [tf.Tensor, tf.Tensor]): readonly [tf.Tensor, tf.Tensor] => [
      p,
      tf.sub(tf.mul(-(omega ** 2), tf.sin(q)), tf.mul(damping, p)),
    ];
    const inputs = [tf.scalar(0), tf.scalar(0)];
    const options = { method, rtol: 1e-4, atol: 1e-4 };
    const [dq, dp] = gradients((q, p) => last(odeint(f, [q!, p!] as const, [0, end], options)[0]), inputs);
    tf.dispose(inputs);
    const turns = Math.sqrt(omega ** 2 - damping ** 2 / 4);
    const [left, sine] = [Math.exp((-damping * end) / 2), Math.sin(turns * end)];
    expect(Math.abs(dq![0]! - left * (Math.cos(turns * end) + (damping / 2 / turns) * sine))).toBeLessThan(tolerance);
    expect(Math.abs(dp![0]! - (left * sine) / turns)).toBeLessThan(tolerance / omega);
  });

  it.each([
    ["dopri5", "steps"],
    ["dopri8", "checkpointed"],
  ] as const)("a rate that grows a thousandfold while the state rests, by %s and %s", async (method, gradient) => {
    await start("cpu");
    const y0 = tf.scalar(0);
    const f = (t: number, y: tf.Tensor) => tf.mul(y, -0.1 - 50 * (1 + Math.tanh(2 * (t - 5))));
    const [dy0] = gradients((y0) => last(odeint(f, y0!, [0, 10], { method, gradient })), [y0]);
    y0.dispose();
    // e^(−501).
    expect(Math.abs(dy0![0]!)).toBeLessThan(1e-30);
  });

  it("the adjoint leaves a hopeless way back at once: no more evaluations than thrice those of checkpoints", async () => {
    await start("cpu");
    const cost: number[] = [];
    for (const way of ["adjoint", "checkpointed"] as const) {
      let seen: Statistics | undefined;
      const options = { onStatistics: (statistics: Statistics) => (seen = statistics) };
      const solve = (args: tf.Tensor) =>
        way === "adjoint"
          ? odeintAdjoint(follow, tf.scalar(0), [0, 0.2], { ...options, args })
          : odeint(follow, tf.scalar(0), [0, 0.2], { ...options, args, gradient: "checkpointed" });
      const inputs = [tf.scalar(5000)];
      gradients((args) => last(solve(args!)), inputs);
      tf.dispose(inputs);
      cost.push(seen!.nfe + seen!.nfeBackward);
    }
    expect(cost[0]!).toBeLessThan(3 * cost[1]!);
  });

  it("costs nothing, and changes nothing, where no gradient is taken", async () => {
    await start("cpu");
    let seen: Statistics | undefined;
    const y0 = tf.scalar(0.2);
    const y = odeint((_t, y) => tf.mul(10, tf.sub(0.2, y)), y0, [0, 5], { onStatistics: (statistics) => (seen = statistics) });
    tf.dispose([y0, y]);
    expect(seen!.nfeBackward).toBe(0);
    expect(seen!.accepted).toBeLessThan(10);
  });

  it("stepsForGradients: the nodes of solveAsync serve as the grid of a gradient", async () => {
    await start("cpu");
    const f = (_t: number, y: tf.Tensor) => tf.mul(10, tf.sub(0.2, y));
    const y0 = tf.tensor1d([0.2]);
    const solution = await solveAsync(f, y0, { t0: 0, t1: 5, dense: false, stepsForGradients: true });
    const grid = Array.from(solution.t);
    solution.dispose();
    const [dy0] = gradients((y0) => last(odeint(f, y0!, [0, 5], { grid })), [y0]);
    y0.dispose();
    expect(dy0![0]! / Math.exp(-50)).toBeGreaterThan(0.5);
    expect(dy0![0]! / Math.exp(-50)).toBeLessThan(2);
  });

  it("stepsForGradients is refused where there is no gradient or no choice of steps", async () => {
    await start("cpu");
    expect(() => odeint((_t, y) => -y, 1, [0, 1], { stepsForGradients: true })).toThrow(/unknown option "stepsForGradients"/);
    const y0 = tf.scalar(1);
    const wrong = { stepsForGradients: 1 } as unknown as { stepsForGradients: boolean };
    expect(() => odeint((_t, y) => tf.neg(y), y0, [0, 1], wrong)).toThrow(/stepsForGradients to be true or false, got 1/);
    const given = { stepSize: 0.1, stepsForGradients: true } as unknown as { stepSize: number };
    expect(() => odeint((_t, y) => tf.neg(y), y0, [0, 1], given)).toThrow(/stepsForGradients does not apply to given steps/);
    y0.dispose();
  });

  it.each(["steps", "checkpointed"] as const)("a gradient that is not finite is said, by %s", async (gradient) => {
    await start("cpu");
    const y0 = tf.tensor1d([0, 1]);
    // The derivative of √y at 0.
    const loss = (y0: tf.Tensor) => tf.sum(odeint((_t, y: tf.Tensor) => tf.sqrt(y), y0, [0, 0.1], { gradient, firstStep: 0.01 }));
    expect(() => tf.grad(loss)(y0)).toThrow(/expected a finite gradient with respect to y0/);
    expect(() => tf.grad(loss)(y0)).toThrow(expect.objectContaining({ name: "OdeError" }) as unknown as OdeError);
    y0.dispose();
  });
});

describe("the stability polynomial", () => {
  it("of order p starts as the exponential series does", () => {
    for (const name of ["euler", "midpoint", "rk4", "bosh3", "dopri5", "tsit5", "dopri8"] as const) {
      const method = EXPLICIT_METHODS[name];
      const coefficients = method.stabilityPolynomial();
      let factorial = 1;
      for (let k = 1; k <= method.order; k++) {
        factorial *= k;
        expect(coefficients[k]! * factorial).toBeCloseTo(1, 9);
      }
    }
  });

  it("of dopri5 ends in z⁶/600 (Hairer & Wanner II, section IV.2); the reach grows with the tolerance", () => {
    const coefficients = EXPLICIT_METHODS.dopri5.stabilityPolynomial();
    expect(coefficients[6]).toBeCloseTo(1 / 600, 12);
    expect(coefficients.slice(7).every((coefficient) => Math.abs(coefficient) < 1e-15)).toBe(true);
    const reaches = [1e-6, 1e-4, 1e-3].map((tolerance) => faithfulReach(EXPLICIT_METHODS.dopri5, tolerance));
    // |R(z) − e^z| is about (1/600 − 1/720) |z|⁶.
    reaches.forEach((reach, i) => {
      const wanted = ([1e-6, 1e-4, 1e-3][i]! * 3600) ** (1 / 6);
      expect(reach / wanted).toBeGreaterThan(0.9);
      expect(reach / wanted).toBeLessThan(1.1);
    });
  });
});
