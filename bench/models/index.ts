/**
 * `npm run bench -- models [rounds]`: a 64 px StyleGAN2 (channel multiplier 1) followed by the paper's CNN regressor, batch 8, on one wasm thread: images per
 * second forward, and forward with the gradient with respect to w; in turns with PyTorch on two threads, where it is found; then where the time goes.
 * Speeds are medians, and so is the ratio of each round's own; beside it the ratio of the fastest rounds, which other work on the machine disturbs least.
 */
import { useBackend } from "@latentflow/backend";
import { StyleGan2Generator } from "@latentflow/models";
import { concat, grad, profile, square, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { median, printTable } from "../measure.js";
import { Peer } from "../peer.js";
import { untrainedRegressor } from "../regressor.js";

const BATCH = 8;
const PEER_THREADS = 2;
/** What must be reached: parts of the speed of PyTorch with shared weights on two threads. */
const TARGETS = { forward: 0.25, gradient: 0.3 };
type Direction = keyof typeof TARGETS;

export async function run(args: string[]): Promise<void> {
  const rounds = Number(args[0] ?? 5);
  const { device, threads } = await useBackend("wasm");
  const generator = StyleGan2Generator.random();
  const regressor = await untrainedRegressor();
  const w = generator.sample(BATCH, { seed: 1 });
  const logits = (w: Tensor) => concat(regressor.logits(generator.synthesize(w)), 1);
  const ours: Record<Direction, () => Tensor> = {
    forward: () => tidy(() => logits(w)),
    gradient: () => tidy(() => grad((w) => sum(square(logits(w))))(w)),
  };
  process.env.OMP_NUM_THREADS = String(PEER_THREADS);
  const peer = await Peer.start("stylegan2_torch.py");
  console.log(
    `batch ${BATCH}; wasm: ${device}, ${threads ?? 1} thread; ${peer?.description ?? "PyTorch not found (set LATENTFLOW_PYTHON): not measured"}\n`,
  );

  const rows: (string | number)[][] = [];
  for (const direction of ["forward", "gradient"] as const) {
    const seconds: Record<string, number[]> = { wasm: [], grouped: [], shared: [] };
    for (let round = -1; round < rounds; round++) {
      const measured: [string, number][] = [["wasm", await timed(ours[direction])]];
      if (peer) for (const kind of ["grouped", "shared"]) measured.push([kind, await peer.seconds(`${kind} ${direction}`)]);
      // The first round warms up.
      if (round >= 0) for (const [name, value] of measured) seconds[name]!.push(value);
    }
    const speed = (name: string) => BATCH / median(seconds[name]!);
    const ratios = seconds.shared!.map((shared, round) => shared / seconds.wasm![round]!);
    const fastest = Math.min(...seconds.shared!) / Math.min(...seconds.wasm!);
    const peers = peer
      ? [speed("grouped"), speed("shared"), median(ratios), fastest].map((x) => x.toFixed(2))
      : ["–", "–", "–", "–"];
    rows.push([direction, speed("wasm").toFixed(2), ...peers, TARGETS[direction].toFixed(2)]);
  }
  peer?.stop();
  printTable(["images/s", "wasm", "PyTorch grouped", "PyTorch shared", "wasm / shared", "fastest rounds", "wanted"], rows);
  for (const direction of ["forward", "gradient"] as const) await printTopTen(direction, ours[direction]);
}

async function timed(work: () => Tensor): Promise<number> {
  const start = performance.now();
  const result = work();
  await result.data();
  const seconds = (performance.now() - start) / 1000;
  result.dispose();
  return seconds;
}

/** The ten kernels, told apart by their inputs' shapes, that take most of the time. */
async function printTopTen(title: string, work: () => Tensor): Promise<void> {
  const { kernels } = await profile(() => work().dispose());
  const byKey = new Map<string, { calls: number; ms: number }>();
  let total = 0;
  for (const kernel of kernels) {
    const ms = Number(await kernel.kernelTimeMs);
    const key = `${kernel.name} ${kernel.inputShapes.map((shape) => `[${shape?.join(", ")}]`).join(" ")}`;
    const entry = byKey.get(key) ?? { calls: 0, ms: 0 };
    byKey.set(key, { calls: entry.calls + 1, ms: entry.ms + ms });
    total += ms;
  }
  const top = [...byKey].sort(([, a], [, b]) => b.ms - a.ms).slice(0, 10);
  console.log(`\n${title}: ${total.toFixed(0)} ms in kernels, of which`);
  printTable(
    ["kernel", "calls", "ms", "%"],
    top.map(([key, { calls, ms }]) => [key, calls, ms.toFixed(0), ((100 * ms) / total).toFixed(1)]),
  );
}
