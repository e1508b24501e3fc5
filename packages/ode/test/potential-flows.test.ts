import { odeint, odeintAdjoint } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";
import reference from "./reference/potential-flow.json" with { type: "json" };

/** V(y; p) of tools/reference/ode_potential_flow.py. */
function potential(y: tf.Tensor, p: tf.Tensor): tf.Scalar {
  const [x, z] = tf.unstack(y, 1) as [tf.Tensor, tf.Tensor];
  const [a, b, c] = tf.unstack(p) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const wells = tf.mul(c, tf.sum(tf.tanh(tf.add(tf.mul(x, a), tf.mul(z, b)))));
  return tf.add(tf.add(wells, tf.mul(0.25, tf.sum(tf.square(y)))), tf.mul(0.1, tf.sum(tf.mul(x, tf.square(z))))) as tf.Scalar;
}

/** f = −∇V, by tf.grad. */
const flow = (_t: number, y: tf.Tensor, p: tf.Tensor) => tf.neg(tf.grad((y) => potential(y, p))(y));

const OPTIONS = { rtol: 1e-5, atol: 1e-6 } as const;
const WAYS = {
  steps: (y: tf.Tensor, p: tf.Tensor) => odeint(flow, y as tf.Tensor2D, [0, 1, 2], { args: p, ...OPTIONS }),
  "given steps": (y: tf.Tensor, p: tf.Tensor) =>
    odeint(flow, y as tf.Tensor2D, [0, 1, 2], { args: p, method: "rk4", stepSize: 0.1 }),
  checkpointed: (y: tf.Tensor, p: tf.Tensor) =>
    odeint(flow, y as tf.Tensor2D, [0, 1, 2], { args: p, gradient: "checkpointed", ...OPTIONS }),
  adjoint: (y: tf.Tensor, p: tf.Tensor) => odeintAdjoint(flow, y as tf.Tensor2D, [0, 1, 2], { args: p, ...OPTIONS }),
  "implicit steps": (y: tf.Tensor, p: tf.Tensor) =>
    odeint(flow, y as tf.Tensor2D, [0, 1, 2], { args: p, method: "kvaerno5", ...OPTIONS }),
} as const;
const loss = (way: keyof typeof WAYS) => (y: tf.Tensor, p: tf.Tensor) => tf.sum(tf.square(tf.slice(WAYS[way](y, p), 2)));

const close = (found: tf.Tensor, expected: readonly number[], relative: number) => {
  const size = Math.max(...expected.map(Math.abs));
  values(found).forEach((value, i) => void expect(Math.abs(value - expected[i]!)).toBeLessThan(relative * size));
};

describe("an f that is itself a gradient, beside PyTorch's autograd", () => {
  let y0: tf.Tensor;
  let p: tf.Tensor;
  beforeAll(async () => {
    await start("wasm");
    y0 = tf.tensor2d([1, -0.5, 0.3, 0.8], [2, 2]);
    p = tf.tensor1d([0.7, -1.2, 1.5]);
  });

  it.each(Object.keys(WAYS) as (keyof typeof WAYS)[])("first order: %s", (way) => {
    const left = leaked(() => {
      close(
        tf.tidy(() => tf.slice(WAYS[way](y0, p), 2)),
        reference.end,
        1e-4,
      );
      const [byY0, byP] = tf.grads(loss(way))([y0, p]);
      close(byY0!, reference.by_y0, 1e-3);
      close(byP!, reference.by_p, 1e-3);
    });
    expect(left).toBe(0);
  });

  it.each(["steps", "given steps"] as const)("second order: %s", (way) => {
    const left = leaked(() => {
      const half = (y: tf.Tensor, p: tf.Tensor) => tf.div(tf.sum(tf.square(tf.grad((p) => loss(way)(y, p))(p))), 2);
      const [byY0, byP] = tf.grads(half)([y0, p]);
      close(byY0!, reference.second_y0, 2e-3);
      close(byP!, reference.second_p, 2e-3);
    });
    expect(left).toBe(0);
  });

  it("is partial with respect to args, whatever y's past has to do with them", () => {
    // f = ∂(a² y)/∂a = 2 a y, so y(1) = e²ᵃ.
    const a = tf.scalar(0.5);
    const left = leaked(() => {
      const end = (a: tf.Tensor) =>
        tf.sum(
          tf.slice(
            odeint(
              (_t, y: tf.Tensor, a: tf.Tensor) => tf.grad((a) => tf.mul(tf.square(a), y) as tf.Scalar)(a),
              tf.scalar(1),
              [0, 1],
              {
                args: a,
                method: "rk4",
                stepSize: 0.125,
              },
            ),
            1,
          ),
        );
      const { value, grad } = tf.valueAndGrad(end)(a);
      expect(values(value)[0]).toBeCloseTo(Math.E, 4);
      expect(values(grad)[0]).toBeCloseTo(2 * Math.E, 3);
    });
    expect(left).toBe(0);
    a.dispose();
  });

  it("costs the same at each step: what was recorded before is not searched, nor kept, again", () => {
    const recorded = (steps: number) => {
      let most = 0;
      const f = (t: number, y: tf.Tensor, p: tf.Tensor) => {
        most = Math.max(most, engineTape());
        return flow(t, y, p);
      };
      const end = (p: tf.Tensor) =>
        tf.sum(odeint(f, y0 as tf.Tensor2D, [0, 1], { args: p, method: "euler", stepSize: 1 / steps }));
      values(tf.grad(end)(p));
      return most;
    };
    expect(recorded(8)).toBe(recorded(2));
  });
});

/** Operations on the tape that a gradient taken here would search. */
const engineTape = () => (tf.engine().state.activeTape ?? []).length;
