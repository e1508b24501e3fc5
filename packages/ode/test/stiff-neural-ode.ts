import { odeint } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";

/** The fast mode decays so many times faster than the slow one. */
const RATIO = 1e4;

/** Times at which the states are observed. */
const TIMES = [0, 0.2, 0.5, 1, 1.5, 2];

const HIDDEN = 12;

/** A slow number falls, a fast one follows its square: rows [slow, fast]. */
const truth = (_t: number, [slow, fast]: Float64Array) => [-slow! + 0.3 * slow! * fast!, RATIO * (slow! ** 2 - fast!)];

/**
 * A neural ODE of that kind: what the slow number does and what the fast one follows are two outputs of a tanh network that sees both. Starts lie off the
 * curve that the fast mode falls to.
 */
export class StiffNeuralOde {
  readonly weights: readonly tf.Variable[];
  readonly starts: tf.Tensor2D;
  readonly #observed: tf.Tensor;

  constructor() {
    const starts = Array.from({ length: 8 }, (_, i) => [0.2 + 0.2 * i, ((i * 5) % 8) / 4]);
    this.starts = tf.tensor2d(starts);
    const solutions = starts.map((start) =>
      odeint(truth, Float64Array.from(start), TIMES, { method: "radau5", rtol: 1e-8, atol: 1e-10 }).map((y) => [...y]),
    );
    this.#observed = tf.tensor3d(TIMES.map((_, i) => solutions.map((solution) => solution[i]!)));
    // A spread without random numbers.
    const spread = (count: number, scale: number) =>
      Float32Array.from({ length: count }, (_, i) => scale * Math.cos(2.4 * i ** 2 + 1));
    this.weights = tf.tidy(() => [
      tf.variable(tf.tensor2d(spread(2 * HIDDEN, 0.8), [2, HIDDEN])),
      tf.variable(tf.tensor1d(spread(HIDDEN, 0.5))),
      tf.variable(tf.tensor2d(spread(2 * HIDDEN, 0.3), [HIDDEN, 2])),
    ]);
  }

  readonly f = (_t: number, y: tf.Tensor): tf.Tensor => {
    const [first, bias, second] = this.weights as [tf.Variable, tf.Variable, tf.Variable];
    const out = tf.matMul(tf.tanh(tf.add(tf.matMul(y as tf.Tensor2D, first as tf.Tensor2D), bias)), second as tf.Tensor2D);
    const [rate, target] = tf.split(out, 2, 1) as [tf.Tensor, tf.Tensor];
    const [, fast] = tf.split(y, 2, 1);
    return tf.concat([rate, tf.mul(RATIO, tf.sub(target, fast!))], 1);
  };

  /** Mean square of what the states miss at the observed times. */
  loss(): tf.Scalar {
    const y = odeint(this.f, this.starts, TIMES, { method: "kvaerno5", rtol: 1e-3, atol: 1e-4, gradient: "checkpointed" });
    return tf.mean(tf.squaredDifference(y, this.#observed));
  }

  dispose(): void {
    tf.dispose([...this.weights, this.starts, this.#observed]);
  }
}
