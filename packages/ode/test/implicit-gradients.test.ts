import { readFileSync } from "node:fs";
import { odeint, odeintEvent, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { IMPLICIT_METHODS } from "../src/methods/implicit/index.js";
import { leaked, start, values } from "./backends.js";

type Name = keyof typeof IMPLICIT_METHODS;
const names = Object.keys(IMPLICIT_METHODS) as Name[];
const read = (file: string) => JSON.parse(readFileSync(new URL(`./reference/${file}.json`, import.meta.url), "utf8"));
/** By autograd through Newton's iterations in PyTorch: tools/reference/ode_implicit_gradients.py. */
const reference: Readonly<Record<string, Record<"y" | "y0" | "args" | "t" | "argsAndFirstArg", number[]>>> =
  read("implicit-gradients");
/** By SciPy from the variational equations: tools/reference/ode_robertson_gradient.py. */
const robertsons: { y: number[]; byRates: number[][]; byStart: number[][] } = read("robertson-gradient");

function expectNear(got: number[], expected: readonly number[], relative: number): void {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(relative * scale);
}

/** Stiff in its first number, k = [50, 1.5]. */
const relaxing = (t: number | tf.Scalar, y: tf.Tensor, k: tf.Tensor) => {
  const [a, b] = tf.unstack(y, -1) as [tf.Tensor, tf.Tensor];
  const [fast, slow] = tf.unstack(k) as [tf.Tensor, tf.Tensor];
  const first = tf.sub(tf.square(b), tf.mul(fast, tf.sub(a, tf.cos(t))));
  return tf.stack([first, tf.sub(a, tf.mul(tf.mul(slow, b), tf.sin(t)))], -1);
};
const weigh = (y: tf.Tensor, weights: number[]) => tf.sum(tf.mul(y, weights));
const last = (y: tf.Tensor) => tf.unstack(y).at(-1)!;

// Each backend with one way to the gradient: the ways share all but what they record.
describe.each([
  ["cpu", "steps", Object.keys(reference)],
  ["wasm", "checkpointed", Object.keys(reference)],
  ["composed", "steps", ["kvaerno5", "radau5", "rodas5p"]],
] as const)("on %s, %s", (backend, gradient, methods) => {
  beforeAll(() => start(backend));

  it.each(methods as readonly Name[])("%s: gradients of y0, args and t as PyTorch's through Newton's iterations", (method) => {
    const expected = reference[method]!;
    const left = leaked(() => {
      const inputs = [tf.tensor1d([1, 0.5]), tf.tensor1d([50, 1.5]), tf.tensor1d([0.2, 1.2])];
      const grid = [Math.fround(0.2), 0.45, 0.7, 0.95, Math.fround(1.2)];
      const loss = (y0: tf.Tensor, args: tf.Tensor, t: tf.Tensor) =>
        weigh(last(odeint(relaxing, y0, t as tf.Tensor1D, { method, grid, args, gradient })), [1, 2]);
      const [dy0, dargs, dt] = tf.grads(loss)(inputs);
      expectNear(values(dy0!), expected.y0, 5e-5);
      expectNear(values(dargs!), expected.args, 5e-5);
      expectNear(values(dt!), expected.t, 5e-5);
      tf.dispose(inputs);
    });
    expect(left).toBe(0);
  });
});

describe("on cpu", () => {
  beforeAll(() => start("cpu"));

  it.each(names)(
    "%s: gradients of y0, variables and args are those of its steps, also between them (differences in float64)",
    (method) => {
      const k0 = [0.8, -1.5];
      const start = [1, 2];
      const times = [0, 0.6, 1];
      const weights = [1, 2, 3, 1, -1, 2];
      const options = { method, stepSize: 0.25 } as const;
      const lossOfNumbers = (y0: number[], k: number[]) => {
        const f = (t: number, y: Float64Array) => [0, 1].map((i) => k[i]! * Math.cos(t) * y[i]! - 0.3 * y[i]! ** 2 * y[1 - i]!);
        const y = odeint(f, Float64Array.from(y0), times, options);
        return weights.reduce((sum, weight, i) => sum + weight * y[i >> 1]![i & 1]!, 0);
      };
      const differences = [start, k0].map((point, which) =>
        point.map((_, i) => {
          const at = (step: number) => {
            const moved = [start, k0].map((values) => [...values]) as [number[], number[]];
            moved[which]![i]! += step;
            return lossOfNumbers(...moved);
          };
          return (at(1e-5) - at(-1e-5)) / 2e-5;
        }),
      );
      const left = leaked(() => {
        const y0 = tf.tensor2d([start]);
        const initial = tf.tensor1d(k0);
        const k = tf.variable(initial);
        const f = (t: number, y: tf.Tensor) =>
          tf.sub(tf.mul(tf.mul(k, Math.cos(t)), y), tf.mul(0.3, tf.mul(tf.square(y), tf.reverse(y, -1))));
        const loss = (y0: tf.Tensor, gradient: "steps" | "checkpointed") =>
          weigh(tf.reshape(odeint(f, y0, times, { ...options, gradient }), [-1]), weights) as tf.Scalar;
        const { value, grads } = tf.variableGrads(() => loss(y0, "checkpointed"), [k]);
        expectNear(values(Object.values(grads)[0]!), differences[1]!, 2e-5);
        expectNear(values(tf.grad((y0) => loss(y0, "steps"))(y0)), differences[0]!, 2e-5);
        value.dispose();
        tf.dispose([y0, k, initial]);
      });
      expect(left).toBe(0);
    },
  );

  it.each(["implicit_euler", "gl4", "kvaerno5", "radau5", "rodas5p"] as const)(
    "%s: second derivatives through its steps, as PyTorch's",
    (method) => {
      const [y0, args] = [tf.tensor1d([1, 0.5]), tf.tensor1d([50, 1.5])];
      const loss = (args: tf.Tensor) =>
        weigh(
          last(odeint(relaxing, y0, [0.2, 0.45, 0.7, 0.95, 1.2], { method, grid: [0.2, 0.45, 0.7, 0.95, 1.2], args })),
          [1, 2],
        );
      const left = leaked(() => {
        const second = tf.grad((args) => tf.squeeze(tf.slice(tf.grad(loss)(args), [0], [1])))(args);
        expectNear(values(second), reference[method]!.argsAndFirstArg, 2e-3);
      });
      expect(left).toBe(0);
      expect(() =>
        tf.grad((args) =>
          tf.sum(
            tf.grad((args) =>
              tf.sum(odeint(relaxing, y0, [0.2, 1.2], { method, stepSize: 0.5, args, gradient: "checkpointed" })),
            )(args),
          ),
        )(args),
      ).toThrow('odeint: its gradient can\'t be differentiated again; use odeint with gradient: "steps"');
      tf.dispose([y0, args]);
    },
  );

  it("a linear system's gradient is its matrix exponential, with modes of rates 1 and 10,000", () => {
    // A = V diag(−1, −10⁴, −3) V⁻¹ with orthogonal V.
    const v = [
      [2, -1, 2],
      [2, 2, -1],
      [-1, 2, 2],
    ].map((row) => row.map((value) => value / 3));
    const rates = [-1, -1e4, -3];
    const of = (diagonal: number[]) =>
      v.map((row) => v.map((other) => diagonal.reduce((sum, value, k) => sum + row[k]! * value * other[k]!, 0)));
    const exponential = of(rates.map((rate) => Math.exp(rate)));
    const matrix = tf.tensor2d(of(rates));
    const y0 = tf.tensor1d([1, -2, 0.5]);
    const f = (_t: number, y: tf.Tensor) => tf.squeeze(tf.matMul(matrix, tf.expandDims(y, 1) as tf.Tensor2D), [1]);
    for (const method of ["kvaerno5", "radau5", "rodas5p"] as const) {
      const loss = (y0: tf.Tensor) => tf.gather(last(odeint(f, y0, [0, 1], { method, rtol: 1e-4, atol: 1e-5 })), 0);
      expectNear(values(tf.grad(loss)(y0)), exponential[0]!, 3e-4);
    }
    tf.dispose([matrix, y0]);
  });

  it("Robertson's problem, t = 40: d/dk and d/dy0 as the variational equations'", () => {
    const f = (_t: number, y: tf.Tensor, k: tf.Tensor) => {
      const [a, b, c] = tf.unstack(y) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const [k1, k2, k3] = tf.unstack(k) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const [slow, medium, fast] = [tf.mul(k1, a), tf.mul(k2, tf.mul(b, c)), tf.mul(k3, tf.square(b))];
      return tf.stack([tf.sub(medium, slow), tf.sub(slow, tf.add(medium, fast)), fast]);
    };
    const inputs = [tf.tensor1d([1, 0, 0]), tf.tensor1d([0.04, 1e4, 3e7])];
    // Repeated as given steps (checkpointed), some of kvaerno5's iterations grow before they converge.
    for (const [method, gradient] of [
      ["kvaerno5", "checkpointed"],
      ["radau5", "steps"],
      ["rodas5p", "steps"],
    ] as const) {
      const loss = (y0: tf.Tensor, args: tf.Tensor) =>
        tf.gather(last(odeint(f, y0, [0, 10, 40], { method, rtol: 1e-4, atol: 1e-10, args, gradient })), 0);
      const [dy0, dk] = tf.grads(loss)(inputs).map(values);
      const rates = [0.04, 1e4, 3e7];
      for (const i of [0, 1, 2]) {
        expect(Math.abs(dy0![i]! / robertsons.byStart[0]![i]! - 1)).toBeLessThan(1e-3);
        expect(Math.abs(dk![i]! / robertsons.byRates[0]![i]! - 1)).toBeLessThan(1e-3);
        // Nor is one of them small beside the others: by a relative change of a rate they are alike.
        expect(Math.abs(rates[i]! * dk![i]!)).toBeGreaterThan(0.05);
      }
    }
    tf.dispose(inputs);
  });

  describe("at rest, where the error test passes any step", () => {
    const solveAtRest = (
      f: (t: number, y: tf.Tensor) => tf.Tensor,
      method: "kvaerno5" | "radau5" | "rodas5p" | "trbdf2",
      t1: number,
      more = {},
    ) => {
      let cost: Statistics | undefined;
      const y0 = tf.zeros([1, 2]);
      const loss = (y0: tf.Tensor) =>
        tf.sum(
          tf.slice(
            last(odeint(f, y0, [0, t1], { method, onStatistics: (statistics) => (cost = statistics), ...more })),
            [0, 0],
            [1, 1],
          ),
        );
      const gradient = values(tf.grad(loss)(y0));
      y0.dispose();
      return { gradient, steps: cost!.accepted };
    };
    const turning = (_t: number, y: tf.Tensor) => tf.matMul(y as tf.Tensor2D, [[0, -1], [1, 0]]); // biome-ignore format: a matrix
    const relaxing = (_t: number, y: tf.Tensor) => tf.matMul(y as tf.Tensor2D, [[-1e4, 0], [1e4, -1]]); // biome-ignore format: a matrix

    it.each(["kvaerno5", "radau5", "rodas5p", "trbdf2"] as const)(
      "%s turns the gradient as the solution would turn",
      (method) => {
        for (const t1 of [10, -10]) {
          const { gradient, steps } = solveAtRest(turning, method, t1, method === "radau5" ? { gradient: "checkpointed" } : {});
          const tolerance = method === "trbdf2" ? 0.05 : 5e-3;
          expect(Math.abs(gradient[0]! - Math.cos(t1))).toBeLessThan(tolerance);
          expect(Math.abs(gradient[1]! - Math.sin(t1))).toBeLessThan(tolerance);
          expect(steps).toBeLessThan(method === "trbdf2" ? 60 : 25);
        }
        // Without it: the whole way in a few steps, and no turn.
        const unwatched = solveAtRest(turning, method, 10, { stepsForGradients: false });
        expect(Math.abs(unwatched.gradient[0]! - Math.cos(10))).toBeGreaterThan(0.3);
      },
    );

    it("a decay of rate 10,000 does not hold the steps back", () => {
      for (const method of ["kvaerno5", "radau5", "rodas5p"] as const) {
        const { gradient, steps } = solveAtRest(relaxing, method, 3);
        expect(Math.abs(gradient[0]!)).toBeLessThan(1e-9);
        expect(gradient[1]! * Math.exp(3)).toBeCloseTo(1 / (1 - 1e-4), 1);
        expect(steps).toBeLessThan(20);
      }
    });
  });

  it("reaches the time and state of an event", () => {
    // y′ = −k y falls to 1/2 at t = ln 2 / k.
    const k = tf.scalar(2);
    for (const method of ["kvaerno5", "radau5", "rodas5p"] as const) {
      const time = (args: tf.Tensor) =>
        odeintEvent((_t, y, k) => tf.neg(tf.mul(k, y)), tf.scalar(1), 0, {
          method,
          args,
          event: (_t, y) => tf.sub(y, 0.5) as tf.Scalar,
          maxTime: 5,
        }).t;
      expect(values(tf.tidy(() => tf.grad(time)(k)))[0]).toBeCloseTo(-Math.LN2 / 4, 3);
    }
    k.dispose();
  });

  it("f may itself take a gradient: y′ = −∇V", () => {
    const potential = (y: tf.Tensor) => tf.sum(tf.add(tf.mul(50, tf.square(y)), tf.pow(y, 4)));
    const downhill = (_t: number, y: tf.Tensor) => tf.neg(tf.grad(potential)(y));
    const plain = (_t: number, y: tf.Tensor) => tf.neg(tf.add(tf.mul(100, y), tf.mul(4, tf.pow(y, 3))));
    const y0 = tf.tensor1d([1, -0.5]);
    for (const method of ["kvaerno5", "rodas5p"] as const) {
      for (const gradient of ["steps", "checkpointed"] as const) {
        const [ours, expected] = [downhill, plain].map((f) =>
          values(tf.grad((y0) => tf.sum(last(odeint(f, y0, [0, 0.02], { method, gradient }))))(y0)),
        );
        expectNear(ours!, expected!, 1e-4);
      }
    }
    y0.dispose();
  });
});
