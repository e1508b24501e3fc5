/**
 * `npm run bench -- onnx [rounds] [threads]`: a 64 px StyleGAN2 (channel multiplier 1) followed by the paper's CNN regressor, batch 8, on ONNX Runtime's
 * CPU provider: images per second forward, and forward with the paper's loss and its gradient; in turns with PyTorch on as many threads (default: one a
 * core), where it is found; then the ten nodes that take the most time. The paper's released code runs the generator twice an iteration,
 * forward for the start codes and with gradient for the moved ones, in the grouped formulation; ours keeps the start codes' logits.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@latentflow/backend";
import type { LossRequest } from "@latentflow/core";
import { StyleGan2Generator } from "@latentflow/models";
import { onnxModel } from "@latentflow/onnx";
import { dispose, mul, tidy } from "@tensorflow/tfjs-core";
import { median, printTable } from "../measure.js";
import { DIRECTIONS, secondsInTurns } from "../onnx-rounds.js";
import { Peer } from "../peer.js";
import { untrainedRegressor } from "../regressor.js";

const BATCH = 8;
/**
 * Multiplications and additions of an image's convolutions as they are defined, in units of 1e9; the gradient takes as many again. Winograd's form
 * does with fewer, so that its speed can lie above what the processor could do of these.
 */
const GFLOP = { forward: 15.3, gradient: 30.6 };
/** GFLOP/s of a core with AVX-512, about, for the distance to it. */
const CORE = 100;

export async function run(args: string[]): Promise<void> {
  const rounds = Number(args[0] ?? 3);
  const threads = Number(args[1] ?? availableParallelism());
  // Read by PyTorch.
  process.env.OMP_NUM_THREADS = String(threads);
  await useBackend("cpu");
  const generator = StyleGan2Generator.random();
  const regressor = await untrainedRegressor();
  const w = generator.sample(BATCH, { seed: 1 });
  const profile = join(tmpdir(), `latentflow-onnx-${process.pid}`);
  const model = await onnxModel({ generator, regressor, threads });
  const loss = await lossFor(await model.logits(w));
  const moved = tidy(() => mul(w, 0.9));
  const peer = await Peer.start("stylegan2_torch.py");
  console.log(
    `batch ${BATCH}; ONNX Runtime, ${threads} threads; ${peer?.description ?? "PyTorch not found (set LATENTFLOW_PYTHON): not measured"}`,
  );
  const seconds = await secondsInTurns({ model, w: moved, loss, peer, formulations: ["shared", "grouped"], rounds });
  peer?.stop();
  console.log(`sessions made in ${((await model.creationTime()) / 1000).toFixed(1)} s\n`);
  printSpeeds(seconds, CORE * threads, peer !== undefined);
  model.dispose();
  await printTopNodes(profile, async () => {
    const profiled = await onnxModel({ generator, regressor, threads, profile });
    for (let i = 0; i < 2; i++) {
      const { gradient, logits } = await profiled.lossAndGradient(moved, loss);
      dispose([gradient, ...logits]);
    }
    await profiled.endProfiling();
    profiled.dispose();
  });
}

async function lossFor(originalLogits: LossRequest["originalLogits"]): Promise<LossRequest> {
  return { attributeIndex: 0, target: 5, originalLogits, temperature: 4, preservationWeight: 1 };
}

function printSpeeds(seconds: Readonly<Record<string, number[]>>, limit: number, withPeer: boolean): void {
  const speed = (name: string) => BATCH / median(seconds[name]!);
  const rows = DIRECTIONS.map((direction) => {
    const ours = speed(`onnx ${direction}`);
    const peers = withPeer
      ? [speed(`shared ${direction}`), ours / speed(`shared ${direction}`), speed(`grouped ${direction}`)]
      : [];
    const rate = ours * GFLOP[direction];
    return [
      direction,
      ours.toFixed(2),
      rate.toFixed(0),
      `${((100 * rate) / limit).toFixed(0)} %`,
      ...peers.map((x) => x.toFixed(2)),
    ];
  });
  const headings = [
    "images/s",
    "onnx",
    "GFLOP/s",
    `of ${limit}`,
    ...(withPeer ? ["PyTorch shared", "onnx / shared", "PyTorch grouped"] : []),
  ];
  printTable(headings, rows);
  if (!withPeer) return;
  const seed = BATCH / (median(seconds["grouped forward"]!) + median(seconds["grouped gradient"]!));
  const twice = BATCH / (median(seconds["onnx forward"]!) + median(seconds["onnx gradient"]!));
  const times = (ours: number) => `${ours.toFixed(2)} (${(ours / seed).toFixed(1)} ×)`;
  console.log(
    `\nwhole iteration, images/s: ${seed.toFixed(2)} in the released code's formulation, ${times(speed("onnx gradient"))} here, ${times(twice)} with the forward pass of the start codes`,
  );
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly op_name?: string; readonly input_type_shape?: readonly Record<string, readonly number[]>[] };
}

/** The nodes with the largest share of the time, from ONNX Runtime's own profile. */
async function printTopNodes(prefix: string, work: () => Promise<void>): Promise<void> {
  await work();
  const times = new Map<string, number>();
  let total = 0;
  for (const name of readdirSync(tmpdir()).filter((file) => join(tmpdir(), file).startsWith(prefix))) {
    const path = join(tmpdir(), name);
    const events = JSON.parse(readFileSync(path, "utf8")) as ProfileEvent[];
    rmSync(path);
    for (const { cat, name, dur, args } of events) {
      if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
      const shapes = (args.input_type_shape ?? []).slice(0, 2).map((entry) => `[${Object.values(entry)[0]?.join(", ")}]`);
      const node = `${args.op_name} ${name.replace("_kernel_time", "")} ${shapes.join(" ")}`;
      times.set(node, (times.get(node) ?? 0) + dur);
      total += dur;
    }
  }
  const top = [...times].sort((a, b) => b[1] - a[1]).slice(0, 10);
  console.log();
  printTable(
    ["node", "share"],
    top.map(([node, time]) => [node, `${((100 * time) / total).toFixed(1)} %`]),
  );
}
