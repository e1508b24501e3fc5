import { useBackend } from "@latentflow/backend";
import { odeint } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { median, printTable } from "../measure.js";
import { Peer } from "../peer.js";

const STEPS = 100;
const ROUNDS = 9;

/** RK4, 100 steps of a tanh network of two 128×128 layers on 16 samples, beside torch on one thread, in turns. */
export async function benchSmallNetwork(): Promise<void> {
  const peer = await Peer.start("torch_small.py");
  if (peer === undefined) return console.log("small network: skipped, no torch (set LATENTFLOW_PYTHON)\n");
  await useBackend("wasm");
  const shapes = [[16, 128], [128, 128], [128], [128, 128], [128]];
  const inputs = shapes.map((shape, i) => tf.randomNormal(shape, 0, i === 0 ? 1 : 0.09, "float32", i + 1));
  type Weights = [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D, tf.Tensor1D];
  const f = (_t: number, y: tf.Tensor, [w1, b1, w2, b2]: Weights) =>
    tf.tanh(tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(y as tf.Tensor2D, w1), b1)), w2), b2));
  const solve = (y0: tf.Tensor, ...weights: tf.Tensor[]) =>
    odeint(f, y0, [0, 1], { method: "rk4", stepSize: 1 / STEPS, args: weights as Weights });
  const gradients = tf.grads((y0: tf.Tensor, ...weights: tf.Tensor[]) => tf.sum(tf.slice(solve(y0, ...weights), 1)));
  const ours = {
    forward: () => tf.tidy(() => solve(inputs[0]!, ...inputs.slice(1)).dataSync()),
    gradient: () => tf.tidy(() => gradients(inputs).map((gradient) => gradient.dataSync())),
  };
  const rows: (string | number)[][] = [];
  for (const job of ["forward", "gradient"] as const) {
    const times = { ours: [] as number[], theirs: [] as number[] };
    for (let round = -2; round < ROUNDS; round++) {
      const start = performance.now();
      ours[job]();
      const own = performance.now() - start;
      const theirs = 1000 * (await peer.seconds(`${job} ${STEPS}`));
      if (round < 0) continue;
      times.ours.push(own);
      times.theirs.push(theirs);
    }
    const [own, theirs] = [median(times.ours), median(times.theirs)];
    rows.push([job, own.toFixed(1), theirs.toFixed(1), (own / theirs).toFixed(2)]);
  }
  console.log(
    `RK4, ${STEPS} steps, tanh network 16×128 on wasm, milliseconds (targets: forward ≤ 1.2, gradient ≤ 2 of ${peer.description})`,
  );
  printTable(["", "ours", "torch", "ratio"], rows);
  console.log();
  peer.stop();
  tf.dispose(inputs);
}
