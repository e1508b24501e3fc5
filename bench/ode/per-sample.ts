import { useBackend } from "@latentflow/backend";
import { odeint, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { median, printTable } from "../measure.js";

const ROWS = 256;
const END = 10;
/** What each row is stiffer by than the first: 1 to 1,000, evenly in the logarithm. */
const rates = (): tf.Tensor2D => tf.tensor2d(Array.from({ length: ROWS }, (_, i) => [1000 ** (i / (ROWS - 1))]));

type RightHandSide = (t: unknown, y: tf.Tensor2D, args: { readonly mu: tf.Tensor2D }) => tf.Tensor2D;

const vanDerPol: RightHandSide = (_t, y, { mu }) => {
  const [x, v] = tf.split(y, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  return tf.concat([v, tf.sub(tf.mul(mu, tf.mul(tf.sub(1, tf.square(x)), v)), x)], 1);
};

/** Relaxes at the rate of its row to what a network of 2→256→256→2 says: rows as unequal, and f is all the cost. */
function network(): { f: RightHandSide; weights: tf.Tensor[] } {
  const weights = [
    [2, 256],
    [256, 256],
    [256, 2],
  ].map((shape, i) => tf.randomNormal<tf.Rank.R2>(shape as [number, number], 0, 0.06, "float32", i));
  const [a, b, c] = weights as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const f: RightHandSide = (_t, y, { mu }) =>
    tf.mul(mu, tf.sub(tf.matMul(tf.tanh(tf.matMul(tf.tanh(tf.matMul(y, a)), b)), c), y));
  return { f, weights };
}

/** Rows evaluated, and the cost, of a batch whose rows step on their own, beside one that steps as its stiffest row must. */
export async function benchPerSample(): Promise<void> {
  await useBackend("wasm");
  const y0 = tf.tensor2d(Array.from({ length: ROWS }, () => [2, 0]));
  const mu = rates();
  const net = network();
  const rows: (string | number)[][] = [];
  for (const [name, f, end, rounds] of [
    // A solve takes many thousands of steps: once is enough to tell its time.
    ["van der Pol, μ 1 to 1,000", vanDerPol, END, 1],
    ["tanh network 2→256→256→2", net.f, END / 100, 5],
  ] as const) {
    let statistics: Statistics | undefined;
    const options = {
      args: { mu },
      maxSteps: 1e6,
      onStatistics: (given: Statistics) => {
        statistics = given;
      },
    };
    const timed = (solve: () => tf.Tensor) => {
      const times = Array.from({ length: rounds }, () => {
        const start = performance.now();
        solve().dispose();
        return performance.now() - start;
      });
      return { time: median(times), statistics: statistics! };
    };
    const joint = timed(() => odeint(f, y0, [0, end], options));
    const samples = timed(() => odeint(f, y0, [0, end], { ...options, perSample: true, rowArgs: ["mu"] }));
    const evaluated = [ROWS * joint.statistics.nfe, samples.statistics.rows!.reduce((sum, { nfe }) => sum + nfe, 0)] as const;
    rows.push([
      name,
      ...evaluated,
      (evaluated[1] / evaluated[0]).toFixed(3),
      joint.time.toFixed(0),
      samples.time.toFixed(0),
      (samples.time / joint.time).toFixed(3),
    ]);
  }
  console.log(
    `batch of ${ROWS} unequal rows on wasm, dopri5 (targets: van der Pol's rows evaluated ≤ 0.25, the network's time ≤ 0.5 of joint control)`,
  );
  printTable(["", "rows evaluated, joint", "perSample", "ratio", "ms, joint", "perSample", "ratio"], rows);
  console.log();
  tf.dispose([y0, mu, ...net.weights]);
}
