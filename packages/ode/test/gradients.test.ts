import { odeint, odeintAdjoint } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { backends, leaked, start, values } from "./backends.js";
import { cubicSpiral, lotkaVolterra } from "./problems.js";

type F = (t: number | tf.Scalar, y: tf.Tensor, args: tf.Tensor) => tf.Tensor;
type Times = number[] | tf.Tensor1D;
const tight = { rtol: 1e-6, atol: 1e-6 } as const;

/** The four ways to a gradient. */
const ways: Record<string, (f: F, y0: tf.Tensor, t: Times, args: tf.Tensor) => tf.Tensor> = {
  "through the steps": (f, y0, t, args) => odeint(f as never, y0, t as number[], { ...tight, args }),
  checkpointed: (f, y0, t, args) => odeint(f as never, y0, t as number[], { ...tight, args, gradient: "checkpointed" }),
  adjoint: (f, y0, t, args) => odeintAdjoint(f as never, y0, t as number[], { ...tight, args }),
  seminorm: (f, y0, t, args) => odeintAdjoint(f as never, y0, t as number[], { ...tight, args, adjoint: { norm: "seminorm" } }),
};

function expectNear(got: number[], expected: readonly number[], relative: number): void {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(relative * scale);
}

const last = (y: tf.Tensor) => tf.sum(tf.slice(y, y.shape[0]! - 1));
const spiral: F = (_t, y, a) => tf.matMul(tf.pow(y, 3), a as tf.Tensor2D);
const spiralMatrix = () =>
  tf.tensor2d([
    [-0.1, 2],
    [-2, -0.1],
  ]);

describe.each(backends)("on %s", (backend) => {
  beforeAll(() => start(backend));

  describe.each(Object.entries(ways))("gradients %s", (_name, way) => {
    it("y′ = a y: with respect to y0, a and the output times", () => {
      const left = leaked(() => {
        const inputs = [tf.scalar(2), tf.scalar(-0.5), tf.tensor1d([0, 0.7, 1.5])];
        const loss = (y0: tf.Tensor, a: tf.Tensor, t: tf.Tensor) =>
          tf.sum(
            tf.mul(
              way((_t, y, a) => tf.mul(y, a), y0, t as tf.Tensor1D, a),
              [0, 2, 1],
            ),
          );
        const [dy0, da, dt] = tf.grads(loss)(inputs);
        expectNear(values(dy0!), [1.8817427321784415], 1e-5);
        expectNear(values(da!), [3.3902263094354415], 1e-5);
        expectNear(values(dt!), [1.8817427321784415, -1.4093761794374269, -0.4723665527410147], 3e-5);
        tf.dispose(inputs);
      });
      expect(left).toBe(0);
    });

    it("y′ = t y: dt0 = −t0 y1 and dt1 = t1 y1", () => {
      const inputs = [tf.scalar(2), tf.tensor1d([0.5, 1.5])];
      const unused = tf.scalar(0);
      const loss = (y0: tf.Tensor, t: tf.Tensor) => last(way((t, y) => tf.mul(t, y), y0, t as tf.Tensor1D, unused));
      const [, dt] = tf.grads(loss)(inputs);
      const y1 = 2 * Math.exp((1.5 ** 2 - 0.5 ** 2) / 2);
      expectNear(values(dt!), [-0.5 * y1, 1.5 * y1], 1e-5);
      tf.dispose([...inputs, unused]);
    });

    it("cubic spiral to t = 5: with respect to y0 and the matrix", () => {
      const inputs = [tf.tensor2d([[2, 0]]), spiralMatrix()];
      const [dy0, da] = tf.grads((y0: tf.Tensor, a: tf.Tensor) => last(way(spiral, y0, [0, 5], a)))(inputs);
      expectNear(values(dy0!), [-8.2916783596, -0.5224001044], 5e-4);
      expectNear(values(da!), [-38.3913983641, -5.037745803, 3.1139256307, -38.3890811694], 5e-4);
      tf.dispose(inputs);
    });
  });
});

describe("on wasm", () => {
  beforeAll(() => start("wasm"));

  it.each(Object.entries(ways))("cubic spiral to t = 25, %s", (_name, way) => {
    const inputs = [tf.tensor2d([[2, 0]]), spiralMatrix()];
    const [dy0, da] = tf.grads((y0: tf.Tensor, a: tf.Tensor) => last(way(spiral, y0, [0, 25], a)))(inputs);
    expectNear(values(dy0!), [-5.37470849, -0.28196697], 3e-3);
    expectNear(values(da!), [-56.83991707, -4.79487072, 3.54772369, -57.08580044], 3e-3);
    tf.dispose(inputs);
  });

  it.each(Object.entries(ways))("Lotka–Volterra to t = 10, %s", (_name, way) => {
    const f: F = (_t, y, args) => {
      const [u, v] = tf.unstack(y) as [tf.Tensor, tf.Tensor];
      const [a, b, c, d] = tf.unstack(args) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const uv = tf.mul(u, v);
      return tf.stack([tf.sub(tf.mul(a, u), tf.mul(b, uv)), tf.sub(tf.mul(d, uv), tf.mul(c, v))]);
    };
    const inputs = [tf.tensor1d([1, 1]), tf.tensor1d([1.5, 1, 3, 1])];
    const [dy0, dp] = tf.grads((y0: tf.Tensor, p: tf.Tensor) => last(way(f, y0, [0, 10], p)))(inputs);
    expectNear(values(dy0!), [-0.777983101, 0.400282266], 2e-3);
    expectNear(values(dp!), [-4.096212994, -0.509408812, -1.145834886, -1.804327869], 2e-3);
    tf.dispose(inputs);
  });

  it("agree with finite differences of the float64 path", () => {
    const delta = 1e-5;
    for (const { f, y0, t1 } of [lotkaVolterra, { ...cubicSpiral, t1: 5 }]) {
      const times = [0, 0.4 * t1, t1];
      const loss = (start: readonly number[]) => {
        const y = odeint(f, Float64Array.from(start), times, { rtol: 1e-11, atol: 1e-12 });
        return y[1]![0]! ** 2 + y[2]![0]! + y[2]![1]!;
      };
      const expected = y0.map((_, i) => {
        const moved = (by: number) => loss(y0.map((value, j) => value + (i === j ? by : 0)));
        return (moved(delta) - moved(-delta)) / (2 * delta);
      });
      const onTensors = f === lotkaVolterra.f ? lotkaOnTensors : (_t: number, y: tf.Tensor) => spiralOnTensors(y);
      for (const gradient of ["steps", "checkpointed"] as const) {
        const start = tf.tensor1d([...y0]);
        const dy0 = tf.grad((y0) => {
          const y = odeint(onTensors, y0, times, { ...tight, gradient });
          return tf.add(tf.square(tf.slice(y, [1, 0], [1, 1])), tf.sum(tf.slice(y, [2, 0], [1, 2])));
        })(start);
        expectNear(values(dy0), expected, 2e-3);
        start.dispose();
      }
    }
  });

  it.each(["rk4", "euler", "heun3", "dopri8", "tsit5", "bosh3"] as const)(
    "of constant steps by %s are those of the discrete solution",
    (method) => {
      const discrete = (y0: number) => odeint((t, y) => y * Math.cos(t) - 0.1 * y * y, y0, [0, 1, 2], { method, stepSize: 0.25 });
      const expected = [1, 2].map((i) => (discrete(1.5 + 1e-6)[i]! - discrete(1.5 - 1e-6)[i]!) / 2e-6);
      const f = (t: number, y: tf.Tensor) => tf.sub(tf.mul(y, Math.cos(t)), tf.mul(tf.square(y), 0.1));
      for (const gradient of ["steps", "checkpointed"] as const) {
        expected.forEach((value, i) => {
          const start = tf.scalar(1.5);
          const dy0 = tf.grad((y0) =>
            tf.sum(tf.slice(odeint(f, y0, [0, 1, 2], { method, stepSize: 0.25, gradient }), [i + 1], [1])),
          )(start);
          expectNear(values(dy0), [value], 3e-5);
          start.dispose();
        });
      }
    },
  );

  it("reach tf.Variables that f reads, by every way and in trees of tensors", () => {
    const weights = tf.variable(
      tf.tensor2d([
        [0.3, -0.8],
        [0.9, -0.2],
      ]),
      true,
    );
    const frozen = tf.variable(tf.scalar(0.5), false);
    const f = (_t: number, { a, b }: { a: tf.Tensor2D; b: [tf.Tensor2D] }) => ({
      a: tf.tanh(tf.matMul(a, weights)),
      b: [tf.mul(frozen, tf.sub(a, b[0]))] as const,
    });
    const loss = (solve: (y0: { a: tf.Tensor2D; b: [tf.Tensor2D] }) => { a: tf.Tensor; b: readonly [tf.Tensor] }) => () =>
      tf.tidy(() => {
        const y = solve({ a: tf.tensor2d([[1, -0.5]]), b: [tf.tensor2d([[0.2, 0.4]])] });
        return tf.add(tf.sum(tf.square(y.b[0])), tf.sum(y.a)) as tf.Scalar;
      });
    const left = leaked(() => {
      const results = [
        loss((y0) => odeint(f as never, y0, [0, 0.5, 1], tight) as never),
        loss((y0) => odeint(f as never, y0, [0, 0.5, 1], { ...tight, gradient: "checkpointed" }) as never),
        loss((y0) => odeintAdjoint(f as never, y0, [0, 0.5, 1], tight) as never),
      ].map((run) => {
        const { value, grads } = tf.variableGrads(run, [weights]);
        value.dispose();
        return values(grads[weights.name]!);
      });
      expect(Math.hypot(...results[0]!)).toBeGreaterThan(0.1);
      expectNear(results[1]!, results[0]!, 1e-4);
      expectNear(results[2]!, results[0]!, 1e-4);
    });
    expect(left).toBe(0);
    tf.dispose([weights, frozen]);
  });

  it("a variable that f reads only later is an error, not a missing gradient", () => {
    const late = tf.variable(tf.scalar(0.5), true);
    const f = (t: number, y: tf.Scalar) => (t > 0.5 ? tf.mul(y, late) : y);
    const start = tf.scalar(1);
    const left = leaked(() => {
      const run = () => tf.grad((y0) => tf.sum(odeintAdjoint(f, y0 as tf.Scalar, [0, 1])))(start);
      expect(run).toThrow("read it in every evaluation");
    });
    expect(left).toBeLessThanOrEqual(8); // tfjs itself keeps what its outer tape saved when a gradient throws
    tf.dispose([late, start]);
  });

  it.each(["steps", "checkpointed", "adjoint"] as const)("with respect to times, across a jump of f, through %s", (way) => {
    // y′ = −y before t = 1 and 2 y after: y(t1) = exp(−(1 − t0) + 2 (t1 − 1)).
    const f = (t: tf.Scalar, y: tf.Scalar) => tf.mul(tf.where(tf.less(t, 1), tf.scalar(-1), tf.scalar(2)), y);
    const inputs = [tf.scalar(1), tf.tensor1d([0, 1.5])];
    const options = { ...tight, jumpTimes: [1] };
    const [dy0, dt] = tf.grads((y0: tf.Tensor, t: tf.Tensor) => {
      const [start, times] = [y0 as tf.Scalar, t as tf.Tensor1D];
      return last(
        way === "adjoint" ? odeintAdjoint(f, start, times, options) : odeint(f, start, times, { ...options, gradient: way }),
      );
    })(inputs);
    expectNear(values(dy0!), [1], 1e-4);
    expectNear(values(dt!), [1, 2], 3e-4);
    tf.dispose(inputs);
  });

  it("second derivatives through the steps: y′ = y², d²y/dy0² = 2T/(1 − y0 T)³", () => {
    const start = tf.scalar(1);
    const first = (y0: tf.Tensor) =>
      tf.grad((y) =>
        tf.sum(
          tf.slice(
            odeint((_t, y) => tf.square(y), y, [0, 0.3], tight),
            [1],
            [1],
          ),
        ),
      )(y0);
    const second = tf.grad((y0) => tf.sum(first(y0)))(start);
    expectNear(values(second), [0.6 / 0.7 ** 3], 1e-4);
    start.dispose();
  });

  it("second derivatives of the adjoint and of checkpoints throw: they would be silently wrong", () => {
    const f = (_t: number, y: tf.Tensor) => tf.square(y);
    for (const solve of [
      (y: tf.Tensor) => odeintAdjoint(f, y, [0, 0.3]),
      (y: tf.Tensor) => odeint(f, y, [0, 0.3], { gradient: "checkpointed" }),
    ]) {
      const start = tf.scalar(1);
      const first = (y0: tf.Tensor) => tf.grad((y) => tf.sum(tf.slice(solve(y), [1], [1])))(y0);
      expect(() => tf.grad((y0) => tf.sum(first(y0)))(start)).toThrow('use odeint with gradient: "steps"');
      start.dispose();
    }
  });

  it("checkpoints: the tape holds about the square root of the steps", () => {
    const peak = (steps: number) => {
      let most = 0;
      const f = (_t: number, y: tf.Tensor) => {
        most = Math.max(most, tf.memory().numBytes);
        return tf.tanh(y);
      };
      const start = tf.zeros([64, 64]);
      const before = tf.memory().numBytes;
      tf.grad((y0) => last(odeint(f, y0, [0, 1], { method: "rk4", stepSize: 1 / steps, gradient: "checkpointed" })))(
        start,
      ).dispose();
      start.dispose();
      return most - before;
    };
    const [few, many] = [peak(25), peak(400)];
    expect(many / few).toBeLessThan(5.5); // sixteen times the steps: four times the memory, and what is constant
  });
});

function lotkaOnTensors(_t: number, y: tf.Tensor): tf.Tensor {
  const [u, v] = tf.unstack(y) as [tf.Tensor, tf.Tensor];
  const uv = tf.mul(u, v);
  return tf.stack([tf.sub(tf.mul(u, 1.5), uv), tf.sub(uv, tf.mul(v, 3))]);
}

function spiralOnTensors(y: tf.Tensor): tf.Tensor {
  const cubes = tf.reshape(tf.pow(y, 3), [1, 2]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(cubes, spiralMatrix()), [2]);
}
