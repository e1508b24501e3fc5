import { spawnSync } from "node:child_process";
import { useBackend } from "@latentflow/backend";
import { odeint, odeintAdjoint, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { compare, median, printTable } from "../measure.js";
import { jaxPeer } from "../peers/jax-js-ode.js";

/** A residual layer of 32×512: the solver's share of the time. */
export async function benchResidualLayer(): Promise<void> {
  await useBackend("wasm");
  const y0 = tf.randomNormal([32, 512], 0, 1, "float32", 1);
  const weights = tf.randomNormal([512, 512], 0, 0.04, "float32", 2);
  const f = (_t: number, y: tf.Tensor) => tf.relu(tf.matMul(y, weights));
  const rows: (string | number)[][] = [];
  for (const [name, options] of [
    ["rk4, 20 steps", { method: "rk4", stepSize: 0.05 }],
    ["dopri5, 10 steps", { method: "dopri5", stepSize: 0.1 }],
    ["dopri5, 1e-5 and 1e-6", { method: "dopri5", rtol: 1e-5, atol: 1e-6 }],
  ] as const) {
    let nfe = 0;
    const onStatistics = (statistics: Statistics) => {
      nfe = statistics.nfe;
    };
    const solve = () => odeint(f, y0, [0, 1], { ...options, onStatistics }).dispose();
    solve();
    const alone = () => {
      for (let i = 0; i < nfe; i++) tf.tidy(() => f(0, y0)).dispose();
    };
    const times = await compare({ solve, alone }, { rounds: 21 });
    rows.push([name, nfe, times.solve.toFixed(1), times.alone.toFixed(1), (times.solve / times.alone).toFixed(3)]);
  }
  console.log("residual layer 32×512 on wasm, milliseconds (target: total ≤ 1.15 × NFE × f)");
  printTable(["solver", "NFE", "solve", "NFE × f", "ratio"], rows);
  console.log();
  tf.dispose([y0, weights]);
}

/** Van der Pol, 256 samples: what a step costs besides f. */
export async function benchStepOverhead(): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const backend of ["cpu", "wasm"] as const) {
    await useBackend(backend);
    const y0 = tf.randomUniform<tf.Rank.R2>([256, 2], -2, 2, "float32", 3);
    const f = (_t: number, y: tf.Tensor) => {
      const [x, v] = tf.unstack(y, 1) as [tf.Tensor, tf.Tensor];
      return tf.stack([v, tf.sub(tf.mul(tf.sub(1, tf.square(x)), v), x)], 1);
    };
    let inside = 0;
    const timed = (t: number, y: tf.Tensor) => {
      const start = performance.now();
      const slope = f(t, y);
      inside += performance.now() - start;
      return slope;
    };
    let statistics: Statistics | undefined;
    const onStatistics = (given: Statistics) => {
      statistics = given;
    };
    // The time inside f is taken in the same solve: f costs six times as much, and timed apart its own noise would hide the rest.
    const besides: number[] = [];
    for (let round = -5; round < 40; round++) {
      inside = 0;
      const start = performance.now();
      odeint(timed, y0, [0, 10], { rtol: 1e-5, atol: 1e-6, onStatistics }).dispose();
      const total = performance.now() - start;
      if (round >= 0) besides.push((total - inside) / (statistics!.accepted + statistics!.rejected));
    }
    rows.push([`ours, ${backend}`, statistics!.nfe, median(besides).toFixed(4)]);
    y0.dispose();
  }
  rows.push(torchdiffeqRow());
  console.log("Van der Pol 256×2, dopri5, milliseconds a step besides f (target: ≤ 0.1 on cpu or wasm)");
  printTable(["solver", "NFE", "ms a step"], rows);
  console.log();
}

function torchdiffeqRow(): (string | number)[] {
  const python = process.env.LATENTFLOW_PYTHON ?? "python3";
  const script = new URL("../peers/torchdiffeq_ode.py", import.meta.url).pathname;
  const { status, stdout } = spawnSync(python, [script], { encoding: "utf8" });
  if (status !== 0) return ["torchdiffeq", "–", `skipped: ${python} has no torchdiffeq (set LATENTFLOW_PYTHON)`];
  const { msPerStep, nfe } = JSON.parse(stdout) as { msPerStep: number; nfe: number };
  return ["torchdiffeq", nfe, msPerStep.toFixed(4)];
}

/** RK4, 20 steps of a tanh MLP of 16×128, forward and backward, beside jax-js. */
export async function benchNeuralOde(): Promise<void> {
  await useBackend("wasm");
  const steps = 20;
  const shapes = [[16, 128], [128, 128], [128], [128, 128], [128]];
  const inputs = shapes.map((shape, i) => tf.randomNormal(shape, 0, i === 0 ? 1 : 0.09, "float32", i + 1));
  const [y0, ...weights] = inputs as [tf.Tensor2D, ...tf.Tensor[]];
  type Weights = [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D, tf.Tensor1D];
  const f = (_t: number, y: tf.Tensor2D, [w1, b1, w2, b2]: Weights) =>
    tf.tanh(tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(y, w1), b1)), w2), b2));
  const options = { method: "rk4", stepSize: 1 / steps } as const;
  const forward = () => {
    const y = odeint(f, y0, [0, 1], { ...options, args: weights as Weights });
    y.dataSync();
    y.dispose();
  };
  const gradients = (gradient: "steps" | "checkpointed") => {
    const loss = (y: tf.Tensor, ...w: tf.Tensor[]) =>
      tf.sum(tf.slice(odeint(f, y as tf.Tensor2D, [0, 1], { ...options, gradient, args: w as Weights }), 1));
    const of = tf.grads(loss);
    return () => {
      for (const result of of(inputs)) {
        result.dataSync();
        result.dispose();
      }
    };
  };
  const values = inputs.map((tensor) => ({ data: tensor.dataSync<"float32">().slice(), shape: tensor.shape }));
  const jax = await jaxPeer(values, steps);
  const times = await compare(
    {
      forward,
      jaxForward: jax.forward,
      backward: gradients("steps"),
      checkpointed: gradients("checkpointed"),
      jaxBackward: jax.backward,
    },
    { rounds: 31 },
  );
  console.log("RK4, 20 steps, tanh MLP 16×128 on wasm, milliseconds (targets: forward < jax-js, gradient ≤ 1.5 × jax-js)");
  printTable(
    ["", "ours", "jax-js (jit)", "ratio"],
    [
      ["forward", times.forward.toFixed(1), times.jaxForward.toFixed(1), (times.forward / times.jaxForward).toFixed(2)],
      ["with gradient", times.backward.toFixed(1), times.jaxBackward.toFixed(1), (times.backward / times.jaxBackward).toFixed(2)],
      [
        "with gradient, checkpointed",
        times.checkpointed.toFixed(1),
        times.jaxBackward.toFixed(1),
        (times.checkpointed / times.jaxBackward).toFixed(2),
      ],
    ],
  );
  console.log();
  tf.dispose(inputs);
}

/** Peak tensor memory of each way to a gradient as the number of steps grows. */
export async function benchMemory(): Promise<void> {
  await useBackend("wasm");
  const weights = tf.variable(tf.randomNormal<tf.Rank.R2>([64, 64], 0, 0.1, "float32", 1));
  const y0 = tf.randomNormal<tf.Rank.R2>([32, 64], 0, 1, "float32", 2);
  const peak = (way: "adjoint" | "checkpointed" | "steps", count: number) => {
    let most = 0;
    const f = (_t: number, y: tf.Tensor2D) => {
      const slope = tf.tanh(tf.matMul(y, weights));
      most = Math.max(most, tf.memory().numBytes);
      return slope;
    };
    const before = tf.memory().numBytes;
    const options = { method: "rk4", stepSize: 1 / count } as const;
    const solve = (y: tf.Tensor2D) =>
      way === "adjoint" ? odeintAdjoint(f, y, [0, 1], options) : odeint(f, y, [0, 1], { ...options, gradient: way });
    tf.dispose(tf.grad((y) => tf.sum(tf.slice(solve(y as tf.Tensor2D), 1)))(y0));
    return (most - before) / 1e6;
  };
  const rows = (["adjoint", "checkpointed", "steps"] as const).map((way) => {
    const [few, many] = [peak(way, 100), peak(way, 1000)];
    return [way, few.toFixed(2), many.toFixed(2), (many / few).toFixed(3)];
  });
  console.log("peak tensor megabytes of a gradient (target: adjoint at 1,000 steps within 5 % of 100)");
  printTable(["gradient", "100 steps", "1,000 steps", "ratio"], rows);
  console.log();
  tf.dispose([weights, y0]);
}
