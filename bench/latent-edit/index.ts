/**
 * `npm run bench -- latent-edit [rounds]`: one whole training iteration with the paper's settings, batch 8, through a 64 px StyleGAN2 (channel
 * multiplier 1) and the CNN regressor. On wasm with cached logits, one thread, in turns with PyTorch as the paper's code writes it; then on two
 * workers at once; then with the frozen half on ONNX Runtime, all cores. `-- latent-edit svm` times the linear SVM, `-- latent-edit onnx` ONNX
 * Runtime and PyTorch only.
 */
import { useBackend } from "@latentflow/backend";
import { type AttributeModel, SeededRandom } from "@latentflow/core";
import { NeuralOdeDirection, type TrainOptions, trainDirection } from "@latentflow/latent-edit";
import { trainDirections } from "@latentflow/latent-edit/workers";
import { median, printTable } from "../measure.js";
import { Peer } from "../peer.js";
import { onnxSetup } from "./onnx.js";
import setup from "./setup.js";
import { svm } from "./svm.js";

const BATCH = 8;

export async function run(args: string[]): Promise<void> {
  if (args[0] === "svm") return svm();
  if (args[0] === "onnx") return onnxOnly(Number(args[1] ?? 5));
  const rounds = Number(args[0] ?? 2);
  const { device } = await useBackend("wasm");
  const peer = await Peer.start("latent_edit_torch.py");
  console.log(`batch ${BATCH}; ${device}; ${peer?.description ?? "PyTorch not found (set LATENTFLOW_PYTHON): not measured"}\n`);

  const { ours, theirs } = await inTurns(rounds, peer, await setup());
  const torch = () => (peer ? BATCH / median(theirs) : Number.NaN);
  const one = BATCH / median(ours);
  console.log(`so far: wasm, one thread ${one.toFixed(3)} images/s, PyTorch ${torch().toFixed(3)}`);
  const two = await twoWorkers(rounds);
  const native = await inTurns(rounds, peer, await onnxSetup());
  theirs.push(...native.theirs);
  peer?.stop();

  const row = (name: string, speed: number, wanted: string) => [name, speed.toFixed(3), (speed / torch()).toFixed(2), wanted];
  printTable(
    ["training, images/s", "speed", "× PyTorch", "wanted"],
    [
      row("PyTorch, all cores", torch(), "–"),
      row("wasm, one thread", one, "0.7"),
      row("wasm, two workers", two, "1.0"),
      row("ONNX Runtime, all cores", BATCH / median(native.ours), "4.0"),
    ],
  );
}

async function onnxOnly(rounds: number): Promise<void> {
  await useBackend("wasm");
  const peer = await Peer.start("latent_edit_torch.py");
  const { ours, theirs } = await inTurns(rounds, peer, await onnxSetup());
  peer?.stop();
  const [onnx, torch] = [BATCH / median(ours), peer ? BATCH / median(theirs) : Number.NaN];
  console.log(`training, images/s: ONNX Runtime ${onnx.toFixed(2)}, PyTorch ${torch.toFixed(2)}: ${(onnx / torch).toFixed(1)} ×`);
}

/** As many start codes as a batch: after the first iteration (not counted) the cache holds all their logits, as in a long training. */
function problem(iterations: number): Pick<TrainOptions, "attribute" | "codes" | "labels" | "iterations" | "batchSize"> {
  const codes = { data: new SeededRandom(1).normals(BATCH * 512), shape: [BATCH, 512] as const };
  return {
    attribute: { index: 0 },
    codes,
    labels: { data: new Uint8Array(BATCH * 7), shape: [BATCH, 7] },
    iterations,
    batchSize: BATCH,
  };
}

/** Seconds of each iteration, ours and PyTorch's in turns: the model waits for the peer's iteration, and that time is taken off. */
async function inTurns(
  rounds: number,
  peer: Peer | undefined,
  model: AttributeModel,
): Promise<{ ours: number[]; theirs: number[] }> {
  const [ours, theirs] = [[] as number[], [] as number[]];
  let waited = 0;
  const { lossAndGradient } = model;
  model.lossAndGradient = async (w, loss) => {
    const start = performance.now();
    if (peer) theirs.push(await peer.seconds("iterate"));
    waited = performance.now() - start;
    return lossAndGradient.call(model, w, loss);
  };
  let last = performance.now();
  await trainDirection(new NeuralOdeDirection({ latentDim: 512, depth: 1 }), {
    ...problem(rounds + 2),
    model,
    onProgress: () => {
      const now = performance.now();
      ours.push((now - last - waited) / 1000);
      last = now;
    },
  });
  // Two warm up: the first fills the cache, and codes drawn only in the second fill the rest.
  return { ours: ours.slice(2), theirs: theirs.slice(1) };
}

/** Images per second of two workers together, medians of their iterations while both were at work. */
async function twoWorkers(rounds: number): Promise<number> {
  const speeds: Record<string, number[]> = { first: [], second: [] };
  const jobs = Object.keys(speeds).map((name) => ({ name, direction: { depth: 1 }, ...problem(rounds + 3) }));
  const results = await trainDirections(jobs, {
    workers: 2,
    setup: new URL("./setup.js", import.meta.url),
    onProgress: ({ name }, { iteration, imagesPerSecond }) => {
      // The last iteration may run alone.
      if (iteration > 2 && iteration < rounds + 3) speeds[name]!.push(imagesPerSecond);
    },
  });
  for (const result of results) if ("error" in result) throw result.error;
  return Object.values(speeds).reduce((sum, values) => sum + median(values), 0);
}
