import { METHODS, odeint, odeintEvent, type Statistics, solve, solveAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { FIXED_IMPLICIT_METHODS, IMPLICIT_METHODS } from "../src/methods/implicit/index.js";
import { backends, leaked, start, values } from "./backends.js";
import { riccati } from "./problems.js";
import { StiffNeuralOde } from "./stiff-neural-ode.js";
import { hires, robertson } from "./stiff-problems.js";

type Name = keyof typeof IMPLICIT_METHODS;
const names = Object.keys(IMPLICIT_METHODS) as Name[];
const adaptive = names.filter((name) => !(name in FIXED_IMPLICIT_METHODS)) as Exclude<
  Name,
  keyof typeof FIXED_IMPLICIT_METHODS
>[];

/** A damped pendulum that is pushed, rows [angle, speed]: nonlinear, non-autonomous. */
const pendulum = (t: number, y: tf.Tensor) => {
  const [angle, speed] = tf.unstack(y, -1);
  return tf.stack([speed!, tf.sub(tf.sub(Math.cos(t), tf.mul(0.3, speed!)), tf.sin(angle!))], -1);
};
const pendulumOfNumbers = (t: number, [angle, speed]: Float64Array) => [speed!, Math.cos(t) - 0.3 * speed! - Math.sin(angle!)];
const starts = [
  [1, 0],
  [-0.5, 2],
  [3, -1],
];

describe.each(backends)("on %s", (backend) => {
  beforeAll(() => start(backend));

  it.each(names)("%s takes the steps that it takes in float64, each row a system of its own, and leaks nothing", (method) => {
    const times = [0, 0.33, 1];
    const options = { method, stepSize: 0.25 } as const;
    const left = leaked(() => {
      const y0 = tf.tensor2d(starts);
      const [first, inside, last] = tf.tidy(() => tf.unstack(odeint(pendulum, y0, times, options)).map((y) => y.arraySync()));
      expect(first).toEqual(starts);
      for (const [row, y0] of starts.entries()) {
        const [, between, end] = odeint(pendulumOfNumbers, Float64Array.from(y0), times, options);
        for (const i of [0, 1]) {
          expect((inside as number[][])[row]![i]).toBeCloseTo(between![i]!, 5);
          expect((last as number[][])[row]![i]).toBeCloseTo(end![i]!, 5);
        }
      }
      y0.dispose();
    });
    expect(left).toBe(0);
  });

  it.each(adaptive)("%s chooses its steps as in float64", (method) => {
    const options = { method, rtol: 1e-3, atol: 1e-5 } as const;
    let [ours, inFloat64]: (Statistics | undefined)[] = [];
    const y0 = tf.tensor1d([1, 0]);
    const y = values(odeint(pendulum, y0, [0, 3], { ...options, onStatistics: (cost) => (ours = cost) }));
    const reference = odeint(pendulumOfNumbers, Float64Array.of(1, 0), [0, 3], {
      ...options,
      onStatistics: (cost) => (inFloat64 = cost),
    });
    for (const i of [0, 1]) expect(Math.abs(y[2 + i]! - reference[1]![i]!)).toBeLessThan(3e-3);
    expect(Math.abs(ours!.accepted - inFloat64!.accepted)).toBeLessThanOrEqual(2 + inFloat64!.accepted / 50);
    expect(ours!.jacobians).toBeGreaterThan(0);
    // A vector-Jacobian product for each of the two rows of a Jacobian, and differences for ∂f/∂t.
    expect(ours!.nfeJacobian).toBe((method === "rodas5p" ? 4 : 2) * ours!.jacobians!);
    expect(ours!.jacobians).toBeLessThan(ours!.accepted + ours!.rejected + 1);
    y0.dispose();
  });
});

describe("on cpu", () => {
  beforeAll(() => start("cpu"));

  describe.each(names)("%s", (method) => {
    const { order } = METHODS[method];

    it(`has order ${order} on tensors`, () => {
      const { f, exact } = riccati;
      const counts = method === "gl4" ? [6, 8] : ({ 1: [100, 200], 2: [40, 80], 3: [8, 16], 6: [4, 5] }[order] ?? [6, 8]);
      const errors = counts.map((count) => {
        const y = odeint((t, y) => tf.mul(tf.square(y), Math.cos(t)), tf.scalar(exact(0)), [0, 1.5], {
          method,
          stepSize: 1.5 / count,
        });
        const value = values(y)[1]!;
        const inFloat64 = odeint(f, Math.fround(exact(0)), [0, 1.5], { method, stepSize: 1.5 / count })[1]!;
        expect(Math.abs(value - inFloat64)).toBeLessThan(1e-4);
        return Math.abs(value - exact(1.5));
      });
      expect(Math.log(errors[0]! / errors[1]!) / Math.log(counts[1]! / counts[0]!)).toBeGreaterThan(order - 0.3);
    });

    it("is A-stable, and L-stable where it says so: y′ = λ y in steps of any length", () => {
      const rates = [-0.1, -1, -10, -1e3, -1e6];
      // Rows [a, b] turn and shrink: λ real, imaginary, and both.
      const systems = [
        ...rates.map((rate) => [rate, 0]),
        ...rates.map((rate) => [0, rate]),
        ...rates.map((rate) => [rate, rate]),
      ];
      const [real, imaginary] = [0, 1].map((part) => tf.tensor1d(systems.map((system) => system[part]!)));
      const turn = (_t: number, y: tf.Tensor) => {
        const [a, b] = tf.unstack(y, -1);
        return tf.stack(
          [tf.sub(tf.mul(real!, a!), tf.mul(imaginary!, b!)), tf.add(tf.mul(imaginary!, a!), tf.mul(real!, b!))],
          -1,
        );
      };
      const y0 = tf.tensor2d(systems.map(() => [1, 0]));
      const end = tf.tidy(() => tf.unstack(odeint(turn, y0, [0, 1], { method, stepSize: 1 }))[1]!.arraySync()) as number[][];
      for (const row of end) expect(Math.hypot(...row)).toBeLessThan(1 + 1e-3);
      const damps = !["implicit_midpoint", "trapezoid", "gl4", "gl6"].includes(method);
      if (damps) expect(Math.hypot(...end[rates.length - 1]!)).toBeLessThan(1e-4);
      tf.dispose([real!, imaginary!, y0]);
    });
  });

  it("stiff problems: the published values", () => {
    const onTensors = (f: (t: number, y: Float64Array) => Float64Array) => (t: number, y: tf.Tensor) =>
      tf.tensor1d(Float32Array.from(f(t, Float64Array.from(y.dataSync()))));
    for (const [{ f, jacobian, y0, t1, reference }, rtol, atol] of [
      [robertson(40, { 0: 0.71582706872, 1: 9.185534764557e-6, 2: 0.28416374575 }, 1e-10), 1e-5, 1e-11],
      [hires, 1e-5, 1e-9],
    ] as const) {
      for (const method of ["kvaerno5", "radau5", "rodas5p"] as const) {
        const start = tf.tensor1d(Float32Array.from(y0));
        const given = (t: number, y: tf.Tensor) => tf.tensor2d(jacobian(t, Float64Array.from(y.dataSync())));
        const end = values(odeint(onTensors(f), start, [0, t1], { method, rtol, atol, jacobian: given })).slice(y0.length);
        for (const [i, value] of Object.entries(reference)) expect(Math.abs(end[Number(i)]! / value - 1)).toBeLessThan(1e-3);
        start.dispose();
      }
    }
  });

  it("a neural ODE with modes of rates 1 and 10,000 takes kvaerno5 a twentieth of dopri5's evaluations, at most", () => {
    const model = new StiffNeuralOde();
    const options = { t0: 0, t1: 2, rtol: 1e-3, atol: 1e-4 } as const;
    const implicit = solve(model.f, model.starts, { ...options, method: "kvaerno5" });
    // A vector-Jacobian product counts as three.
    const evaluations = implicit.stats.nfe + 3 * implicit.stats.nfeJacobian!;
    const explicit = solve(model.f, model.starts, { ...options, method: "dopri5", maxSteps: 420 });
    expect(implicit.status.kind).toBe("finished");
    expect(explicit.status.message).toContain("looks stiff");
    expect(explicit.status.t).toBeLessThan(0.2);
    expect(explicit.stats.nfe).toBeGreaterThan(20 * evaluations);
    implicit.dispose();
    explicit.dispose();
    model.dispose();
  });

  it("solves trees, events, in turns with other work, and leaves nothing when f throws", async () => {
    const swing = (_t: number, { angle, speed }: { angle: tf.Tensor; speed: tf.Tensor }) => ({
      angle: speed,
      speed: tf.neg(angle),
    });
    for (const method of adaptive) {
      const before = tf.memory().numTensors;
      const y0 = { angle: tf.tensor2d([[1], [2]]), speed: tf.zeros([2, 1]) };
      const options = { method, rtol: 1e-4, atol: 1e-5 } as const;
      const found = odeintEvent(swing, y0, 0, { ...options, event: (_t, { angle }) => tf.sum(angle), maxTime: 9 });
      expect(values(found.t)[0]).toBeCloseTo(Math.PI / 2, 2);
      tf.dispose([found.y.angle, found.y.speed]);
      const solution = await solveAsync(swing, y0, { ...options, t0: 0, t1: 1 });
      const { angle, speed } = solution.evaluate(1);
      expect(values(angle)[1]).toBeCloseTo(2 * Math.cos(1), 2);
      speed.dispose();
      solution.dispose();
      let calls = 0;
      const stops = (t: number, y: typeof y0) => {
        if (++calls > 9) throw new RangeError("stop");
        return swing(t, y);
      };
      expect(() => solve(stops, y0, { ...options, t0: 0, t1: 9 })).toThrow(RangeError);
      tf.dispose(y0);
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it("takes a jacobian of the user's: [d, d], or [n, d, d] for n systems", () => {
    const relax = (t: number, y: tf.Tensor) => tf.mul(tf.sub(y, Math.cos(t)), tf.tensor1d([-1, -1e4]));
    const y0 = tf.tensor2d(starts);
    const costs: Statistics[] = [];
    const options = { method: "radau5", onStatistics: (cost: Statistics) => costs.push(cost) } as const;
    const automatic = values(odeint(relax, y0, [0, 1], options));
    const jacobian = () =>
      tf.tile(
        tf.tensor3d([
          [
            [-1, 0],
            [0, -1e4],
          ],
        ]),
        [3, 1, 1],
      );
    const given = values(odeint(relax, y0, [0, 1], { ...options, jacobian }));
    for (const [i, value] of automatic.entries()) expect(given[i]).toBeCloseTo(value, 5);
    expect(costs[1]!.nfeJacobian ?? 0).toBe(0);
    y0.dispose();
  });

  it("refuses what it can't solve", () => {
    const call =
      (f: (t: number, y: never) => unknown, y0: unknown, options: object = {}) =>
      () =>
        tf.tidy(() => odeint(f as never, y0 as tf.Tensor, [0, 1], { method: "kvaerno5", ...options } as never) as tf.Tensor);
    const decay = (_t: number, y: tf.Tensor) => tf.neg(y);
    const rows = tf.tensor2d(starts);
    const mixing = (_t: number, y: tf.Tensor) => tf.sub(tf.mean(y, 0, true), y);
    expect(call(mixing, rows)).toThrow(
      "odeint: expected f to treat each row of y0's last axis (shape [3,2]) as a system of its own, got one that looks at other rows; give what belongs together as a tensor of rank 1.",
    );
    expect(call((_t, y: tf.Tensor[]) => y.map((leaf) => tf.neg(leaf)), [tf.zeros([3, 2]), tf.zeros([2])])).toThrow(
      "odeint: expected the tensors of y0 to agree in all but their last axis, which for kvaerno5 holds the numbers of one system, got shapes [3,2] and [2]",
    );
    expect(call(decay, rows, { jacobianBand: [0, 0] })).toThrow("odeint: jacobianBand does not apply to tensors");
    expect(call(decay, rows, { jacobian: () => tf.zeros([2, 2]) })).toThrow(
      "odeint: expected jacobian to return a float32 tensor of shape [3,2,2], got float32 of shape [2,2].",
    );
    expect(call(decay, rows, { jacobian: () => [[-1]] })).toThrow("float32 tensor of shape [3,2,2], got");
    // Where no gradient depends on it, a wrong one only costs iterations; where one does, it is looked at.
    const wrong = { jacobian: () => tf.zeros([3, 2, 2]) };
    expect(call(decay, rows, wrong)).not.toThrow();
    const sum = (y: tf.Tensor) => tf.sum(call(decay, y, wrong)());
    expect(() => tf.grad(sum)(rows)).toThrow("odeint: expected jacobian to be ∂f/∂y, since a gradient depends on it");
    rows.dispose();
  });

  it("says where Newton's iterations do not converge", () => {
    const wrong = { jacobian: () => tf.tensor2d([[1000]]) };
    const decay = (_t: number, y: tf.Tensor) => tf.mul(y, -1000);
    const y0 = tf.tensor1d([1]);
    const { status, stats } = solve(decay, y0, { t0: 0, t1: 0.1, method: "gl4", stepSize: 0.05, ...wrong });
    expect(status.kind).toBe("notConverged");
    expect(stats.newtonFailures).toBeGreaterThan(0);
    y0.dispose();
  });
});
