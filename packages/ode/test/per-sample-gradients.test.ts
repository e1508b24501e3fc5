import { odeint, odeintAdjoint, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

/** A driven, damped oscillator: each row with a rate of its own, all with the same matrix. */
interface Args {
  matrix: tf.Tensor2D;
  rate: tf.Tensor2D;
}
const oscillator = (t: tf.Tensor | number, y: tf.Tensor2D, { matrix, rate }: Args) =>
  tf.add(tf.mul(rate, tf.matMul(tf.tanh(y), matrix)), tf.sin(t as tf.Tensor)) as tf.Tensor2D;

const COUNT = 3;
const inputs = () => [
  tf.tensor2d([1, 0.5, -0.3, 1.2, 0.8, -1], [COUNT, 2]),
  tf.tensor2d([-0.3, 1.1, -1.4, -0.2], [2, 2]),
  tf.tensor2d([0.5, 4, 1.5], [COUNT, 1]),
  tf.tensor2d([0, 0.6, 1.5, 0.5, 0.8, 3, 1, 0, -0.5], [COUNT, 3]),
];
/** Weights of the loss: [times, rows, 2]. */
const weights = () => tf.tensor3d([0, 0, 0.3, 0, 1, 1, 1, 2, 0, -1, 0.5, 0, 1, 0, 2, 1, -1, 3], [3, COUNT, 2]);

type Way = (y0: tf.Tensor2D, t: tf.Tensor2D, args: Args, options: object) => tf.Tensor3D;
const ways: Record<string, Way> = {
  steps: (y0, t, args, options) => odeint(oscillator, y0, t, { ...options, args, perSample: true, rowArgs: ["rate"] }),
  checkpointed: (y0, t, args, options) =>
    odeint(oscillator, y0, t, { ...options, args, perSample: true, rowArgs: ["rate"], gradient: "checkpointed" }),
};

/** The same batch, row by row. */
const alone =
  (gradient: "steps" | "checkpointed"): Way =>
  (y0, t, { matrix, rate }, options) =>
    tf.stack(
      Array.from({ length: COUNT }, (_, i) => {
        const args = { matrix, rate: tf.slice(rate, [i, 0], [1, 1]) };
        const times = tf.reshape(tf.slice(t, [i, 0], [1, 3]), [3]) as tf.Tensor1D;
        return tf.reshape(
          odeint(oscillator as never, tf.slice(y0, [i, 0], [1, 2]), times, { ...options, args, gradient } as never),
          [3, 2],
        );
      }),
      1,
    ) as tf.Tensor3D;

function gradientsOf(way: Way, options: object): number[][] {
  const given = inputs();
  const weight = weights();
  const loss = (y0: tf.Tensor, matrix: tf.Tensor, rate: tf.Tensor, t: tf.Tensor) =>
    tf.sum(
      tf.mul(
        weight,
        way(y0 as tf.Tensor2D, t as tf.Tensor2D, { matrix: matrix as tf.Tensor2D, rate: rate as tf.Tensor2D }, options),
      ),
    ) as tf.Scalar;
  const gradients = tf
    .grads(loss)(given)
    .map((gradient) => values(gradient));
  tf.dispose([...given, weight]);
  return gradients;
}

function expectClose(got: number[][], expected: number[][], tolerance: number): void {
  got.forEach((gradient, i) => {
    const scale = Math.max(...expected[i]!.map(Math.abs));
    for (const [k, value] of expected[i]!.entries()) expect(Math.abs(gradient[k]! - value)).toBeLessThan(tolerance * scale);
  });
}

describe("gradients with respect to y0, shared and own args, and times are those of each row alone", () => {
  beforeAll(() => start("wasm"));

  it.each<[string, object]>([
    ["dopri5", {}],
    ["bosh3 with a jump", { method: "bosh3", rtol: 1e-3, jumpTimes: [0.7] }],
    ["rk4 from output to output", { method: "rk4" }],
    ["heun3, constant steps", { method: "heun3", stepSize: 0.2 }],
  ])("%s", (_name, options) => {
    const left = leaked(() => {
      const expected = gradientsOf(alone("steps"), options);
      for (const way of Object.values(ways)) expectClose(gradientsOf(way, options), expected, 3e-5);
    });
    expect(left).toBe(0);
  });

  it("of a variable that f reads, and of second order through the steps", () => {
    const left = leaked(() => {
      const half = tf.scalar(0.5);
      const rate = tf.variable(half);
      const y0 = tf.tensor2d([[1], [2]]);
      const times = [
        [0, 1],
        [0, 2],
      ];
      const solve = (y: tf.Tensor, options: object) =>
        tf.sum(
          tf.slice(
            odeint((_t: tf.Tensor, y: tf.Tensor) => tf.neg(tf.mul(rate, tf.square(y))), y, times, {
              ...options,
              perSample: true,
            }),
            1,
          ),
        ) as tf.Scalar;
      // y(t) = y0 / (1 + r y0 t): dy/dr = −y0² t / (1 + r y0 t)².
      const expected = -1 / 1.5 ** 2 - 8 / 3 ** 2;
      for (const gradient of ["steps", "checkpointed"]) {
        const { value, grads } = tf.variableGrads(() => solve(y0, { gradient, rtol: 1e-6, atol: 1e-6 }));
        expect(values(Object.values(grads)[0]!)[0]).toBeCloseTo(expected, 3);
        value.dispose();
      }
      const second = tf.grad((y: tf.Tensor) => tf.sum(tf.grad((y: tf.Tensor) => solve(y, { rtol: 1e-6, atol: 1e-6 }))(y)))(y0);
      // d²y/dy0² = −2 r t / (1 + r y0 t)³.
      for (const [i, value] of values(second).entries()) expect(value).toBeCloseTo([-1 / 1.5 ** 3, -2 / 3 ** 3][i]!, 3);
      tf.dispose([half, rate, y0]);
    });
    expect(left).toBe(0);
  });

  it("checkpointed: where rows take very different numbers of steps, and one of them only one", () => {
    const matrix = tf.tensor2d([-0.3, 1.1, -1.4, -0.2], [2, 2]);
    const rate = tf.tensor2d([0.001, 8, 1], [COUNT, 1]);
    const y0 = tf.tensor2d([1, 0.5, -0.3, 1.2, 0.8, -1], [COUNT, 2]);
    const [steps, checkpointed] = Object.values(ways).map((way) => {
      const t = [0, 0.1, 2] as never;
      const of = tf.grad((y: tf.Tensor) => tf.sum(tf.slice(way(y as tf.Tensor2D, t, { matrix, rate }, {}), 1)));
      return values(of(y0));
    });
    for (const [i, value] of steps!.entries()) expect(checkpointed![i]).toBeCloseTo(value, 4);
    tf.dispose([matrix, rate, y0]);
  });

  it.each<[string, object]>([
    ["dopri5 with a jump", { rtol: 1e-4, atol: 1e-6, jumpTimes: [0.7] }],
    [
      "tsit5, back in constant steps by rk4",
      { method: "tsit5", rtol: 1e-4, atol: 1e-6, adjoint: { method: "rk4", stepSize: 0.1 } },
    ],
    ["rk4, constant steps", { method: "rk4", stepSize: 0.05 }],
  ])("by the adjoint of each row, %s", (_name, options) => {
    const left = leaked(() => {
      const { adjoint: _, ...forward } = options as { adjoint?: object };
      const way: Way = (y0, t, args, own) =>
        odeintAdjoint(oscillator, y0, t, { ...own, args, perSample: true, rowArgs: ["rate"] });
      expectClose(gradientsOf(way, options), gradientsOf(ways.steps!, forward), 3e-3);
    });
    expect(left).toBe(0);
  });

  it("the adjoint of an f with nothing else that a gradient could reach", () => {
    const left = leaked(() => {
      // y′ = −y², and its sign as an integer: ∂(y0/(1 + y0 t))/∂y0 = 1/(1 + y0 t)².
      const plain = (_t: tf.Tensor, y: tf.Tensor) => tf.neg(tf.square(y));
      const signed = (_t: tf.Tensor, y: tf.Tensor, sign: tf.Tensor) => tf.mul(tf.square(y), tf.cast(sign, "float32"));
      const y0 = tf.tensor1d([1, 2]);
      const sign = tf.scalar(-1, "int32");
      const options = { perSample: true, rtol: 1e-6, atol: 1e-7 } as const;
      const times = [
        [0, 1],
        [0, 3],
      ];
      const ends = {
        plain: (y0: tf.Tensor) => odeintAdjoint(plain, y0, times, options),
        signed: (y0: tf.Tensor) => odeintAdjoint(signed, y0, times, { ...options, args: sign }),
      };
      for (const end of Object.values(ends)) {
        const gradient = tf.grad((y0: tf.Tensor) => tf.sum(tf.slice(end(y0), 1)))(y0);
        expectClose([values(gradient)], [[1 / 4, 1 / 49]], 1e-4);
      }
      tf.dispose([y0, sign]);
    });
    expect(left).toBe(0);
  });

  it("the adjoint of a row that forgets its start goes through stored states, the others' do not", () => {
    const left = leaked(() => {
      let statistics: Statistics | undefined;
      const onStatistics = (given: Statistics) => {
        statistics = given;
      };
      const f = (t: tf.Tensor, y: tf.Tensor, p: tf.Tensor) => tf.add(tf.mul(p, y), tf.cos(t));
      const solve = (p: tf.Tensor, y: tf.Tensor, times: number[]) => {
        const options = { args: p, perSample: true, rowArgs: true, onStatistics } as const;
        return tf.sum(tf.slice(odeintAdjoint(f, y, times, options), times.length - 1)) as tf.Scalar;
      };
      const p = tf.tensor2d([-0.1, -10, -30], [3, 1]);
      const y0 = tf.ones([3, 1]);
      {
        const times = [0, 1, 5];
        const [dp, dy] = tf
          .grads((p: tf.Tensor, y: tf.Tensor) => solve(p, y, times))([p, y0])
          .map((gradient) => values(gradient));
        // dy/dp at t = 5 for p = −10, by its closed form.
        expect(dp![1]! / 8.7286264e-4).toBeCloseTo(1, 1);
        expect(dy![0]).toBeCloseTo(Math.exp(-0.5), 3);
        expect(dy![1]).toBeCloseTo(0, 6);
        expect(statistics!.rows!.map(({ fallback }) => fallback !== undefined)).toEqual([false, true, true]);
        expect(statistics!.fallback!.intervals).toBe(times.length - 1);
        const [first] = values(
          tf.grad((p: tf.Tensor) =>
            tf.sum(tf.slice(odeint(f, y0, times, { args: p, perSample: true, rowArgs: true }), times.length - 1)),
          )(p),
        );
        expect(dp![0]! / first!).toBeCloseTo(1, 2);
      }
      tf.dispose([p, y0]);
    });
    expect(left).toBe(0);
  });
});
