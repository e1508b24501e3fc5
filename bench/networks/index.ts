/**
 * `npm run bench -- networks [rounds] [threads]`: the paper's networks for faces, a 256 px StyleGAN2 (channel multiplier 1) followed by ResNet18 at 224 with 40
 * heads, batch 4, on ONNX Runtime's CPU provider: images per second forward, and with the paper's loss and its gradient with respect to w; in turns with
 * PyTorch on as many threads (default 2), where it is found, in each of its formulations; then the largest memory of a process that takes one gradient of a
 * batch of 8. The paper's released code runs the generator twice an iteration, in the grouped formulation, and keeps no logits.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { useBackend } from "@latentflow/backend";
import { onnxModel } from "@latentflow/onnx";
import { mul, tidy } from "@tensorflow/tfjs-core";
import { median, printTable } from "../measure.js";
import { DIRECTIONS, secondsInTurns } from "../onnx-rounds.js";
import { Peer } from "../peer.js";
import { untrainedPair } from "./pair.js";

const BATCH = 4;
const PEAK_BATCH = 8;
const FORMULATIONS = ["shared", "channels_last", "compiled", "grouped"] as const;
/** What must be reached against PyTorch's best formulation, and against the released code's whole iteration. */
const TARGETS = { forward: 1.3, gradient: 1.5, iteration: 5 };

export async function run(args: string[]): Promise<void> {
  const rounds = Number(args[0] ?? 3);
  const threads = Number(args[1] ?? 2);
  // Read by PyTorch.
  process.env.OMP_NUM_THREADS = String(threads);
  await useBackend("cpu");
  const { generator, regressor } = await untrainedPair();
  const w = generator.sample(BATCH, { seed: 1 });
  const model = await onnxModel({ generator, regressor, threads });
  const originalLogits = await model.logits(w);
  const moved = tidy(() => mul(w, 0.9));
  const loss = { attributeIndex: 0, target: 1, originalLogits, temperature: 4, preservationWeight: 1 };
  const peer = await Peer.start("networks_torch.py");
  const about = peer?.description ?? "PyTorch not found (set LATENTFLOW_PYTHON): not measured";
  console.log(`256 px StyleGAN2 and ResNet18 at 224, batch ${BATCH}; ONNX Runtime, ${threads} threads; ${about}\n`);
  const seconds = await secondsInTurns({ model, w: moved, loss, peer, formulations: FORMULATIONS, rounds });
  peer?.stop();
  printSpeeds(seconds, peer !== undefined);
  model.dispose();
  await printPeaks(threads, peer !== undefined);
}

function printSpeeds(seconds: Readonly<Record<string, number[]>>, withPeer: boolean): void {
  const time = (name: string) => median(seconds[name]!);
  const rows = DIRECTIONS.map((direction) => {
    const ours = time(`onnx ${direction}`);
    const speed = (name: string) => (BATCH / time(name)).toFixed(3);
    if (!withPeer) return [direction, speed(`onnx ${direction}`)];
    const ran = FORMULATIONS.filter((kind) => Number.isFinite(time(`${kind} ${direction}`)));
    const best = Math.min(...ran.map((kind) => time(`${kind} ${direction}`)));
    const peers = FORMULATIONS.map((kind) => (ran.includes(kind) ? speed(`${kind} ${direction}`) : "–"));
    return [direction, speed(`onnx ${direction}`), ...peers, (best / ours).toFixed(2), TARGETS[direction].toFixed(1)];
  });
  printTable(["images/s", "onnx", ...(withPeer ? [...FORMULATIONS, "onnx / best", "wanted"] : [])], rows);
  if (!withPeer) return;
  const theirs = time("grouped forward") + time("grouped gradient");
  const kept = theirs / time("onnx gradient");
  const twice = theirs / (time("onnx forward") + time("onnx gradient"));
  console.log(
    `\nthe released code's whole iteration takes ${kept.toFixed(1)} times as long as one here (wanted ${TARGETS.iteration}), ${twice.toFixed(1)} times as one with the start codes' forward pass`,
  );
}

/** The largest memory of a process each that takes one gradient. */
async function printPeaks(threads: number, withPeer: boolean): Promise<void> {
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const bytesOf = async (program: string, args: string[]) =>
    Number((await promisify(execFile)(program, args)).stdout.trim().split("\n").at(-1));
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  const ours = await bytesOf(process.execPath, [...process.execArgv, script("./peak.ts"), String(PEAK_BATCH), String(threads)]);
  const python = process.env.LATENTFLOW_PYTHON ?? "python3";
  const theirs = withPeer ? await bytesOf(python, [script("../peers/networks_torch.py"), "peak", String(PEAK_BATCH)]) : null;
  console.log(
    `\npeak memory of a gradient with a batch of ${PEAK_BATCH}: ${gigabytes(ours)} here${theirs === null ? "" : `, ${gigabytes(theirs)} PyTorch (channels_last)`}`,
  );
}
