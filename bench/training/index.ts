/**
 * `npm run bench -- training`: heads of depth two on frozen features, 40 binary attributes, steps of `trainRegressor` on ONNX Runtime and on tfjs beside
 * PyTorch's (LATENTFLOW_PYTHON names a Python that has it).
 */
import { useBackend } from "@latentflow/backend";
import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { type CheckpointStore, SeededRandom } from "@latentflow/core";
import { FactorRegressor } from "@latentflow/models";
import { trainRegressor } from "@latentflow/models/training";
import { median, printTable } from "../measure.js";
import { Peer } from "../peer.js";

const [HEADS, PICTURES, ROUNDS] = [40, 2048, 3];
const BATCHES = [64, 256];
/** Steps that the peer does at once. */
const STEPS = 50;

export async function run(): Promise<void> {
  await useBackend("wasm");
  const peer = await Peer.start("regressor_heads_torch.py");
  const backbone = await resNet18();
  // Computed in the first run, used in all.
  const features = { train: memory(), validation: memory() };
  const rows: string[][] = [];
  for (const batchSize of BATCHES) {
    const times: Record<string, number[]> = { onnx: [], tfjs: [], separate: [], joined: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const engine of ["onnx", "tfjs"] as const) times[engine]!.push(await stepTime(backbone, features, engine, batchSize));
      for (const kind of ["separate", "joined"])
        if (peer) times[kind]!.push((await peer.seconds(`${kind} ${batchSize}`)) / STEPS);
    }
    const of = (name: string) => median(times[name]!);
    const ratio = (name: string, other: string) => (peer ? (of(other) / of(name)).toFixed(2) : "–");
    for (const engine of ["onnx", "tfjs"])
      rows.push([
        `${engine}, batch ${batchSize}`,
        (1000 * of(engine)).toFixed(1),
        ratio(engine, "separate"),
        ratio(engine, "joined"),
      ]);
  }
  console.log(`heads of depth two on 512 features, ${HEADS} attributes; ${peer?.description ?? "no PyTorch here"}`);
  printTable(["", "ms a step", "× PyTorch, a layer each head", "× PyTorch, all heads in one layer"], rows);
  peer?.stop();
}

/** Noise of 8 × 8 pixels with labels at random: what is timed are the heads. */
function pictures(length: number) {
  const random = new SeededRandom(0);
  return {
    ...{ length, height: 8, width: 8 },
    labels: Int32Array.from({ length: length * HEADS }, () => random.integer(0, 1)),
    read: async (indices: readonly number[]) =>
      Float32Array.from(
        indices.flatMap((index) => Array.from({ length: 8 * 8 * 3 }, (_, i) => ((i * 7919 + index * 131) % 200) / 100 - 1)),
      ),
  };
}

/** Seconds of a step, from the progress of one epoch, its first steps left out. */
async function stepTime(
  backbone: FactorRegressor,
  features: { train: CheckpointStore; validation: CheckpointStore },
  engine: "onnx" | "tfjs",
  batchSize: number,
): Promise<number> {
  const [train, validation] = [pictures(PICTURES), pictures(2)];
  const attributes = Array.from({ length: HEADS }, (_, k) => ({ name: `a${k}`, classes: 2 }));
  const ends: number[] = [];
  const onProgress = ({ phase }: { phase: string }) => void (phase === "train" && ends.push(performance.now()));
  const { regressor } = await trainRegressor({
    ...{ network: "frozen", backbone, attributes, train, validation, epochs: 1, batchSize, engine, features, onProgress },
  });
  regressor.dispose();
  const skipped = 5;
  return (ends.at(-1)! - ends[skipped]!) / 1000 / (ends.length - 1 - skipped);
}

/** Where features are kept within this process. */
function memory(): CheckpointStore {
  let bytes: Uint8Array | null = null;
  return {
    read: async () => bytes,
    async write(written) {
      bytes = written;
    },
  };
}

/** A ResNet18 of ImageNet's shape, its weights made up. */
async function resNet18(): Promise<FactorRegressor> {
  const random = new SeededRandom(1);
  const tensors: Record<string, TensorData> = {};
  const put = (name: string, shape: number[], value?: number) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data =
      value === undefined
        ? Float32Array.from({ length: count }, () => random.uniform(-0.02, 0.02))
        : new Float32Array(count).fill(value);
    tensors[name] = { dtype: "float32", shape, data };
  };
  const norm = (name: string, channels: number) => {
    for (const [part, value] of [
      ["weight", 1],
      ["bias", 0],
      ["running_mean", 0],
      ["running_var", 1],
    ] as const)
      put(`${name}.${part}`, [channels], value);
  };
  put("conv1.weight", [64, 3, 7, 7]);
  norm("bn1", 64);
  let inputs = 64;
  for (const [l, outputs] of [64, 128, 256, 512].entries())
    for (const b of [0, 1]) {
      const name = `layer${l + 1}.${b}`;
      put(`${name}.conv1.weight`, [outputs, inputs, 3, 3]);
      put(`${name}.conv2.weight`, [outputs, outputs, 3, 3]);
      norm(`${name}.bn1`, outputs);
      norm(`${name}.bn2`, outputs);
      if (inputs !== outputs) {
        put(`${name}.downsample.0.weight`, [outputs, inputs, 1, 1]);
        norm(`${name}.downsample.1`, outputs);
      }
      inputs = outputs;
    }
  put("fc.weight", [10, 512]);
  put("fc.bias", [10]);
  return FactorRegressor.fromSafetensors(writeSafetensors(tensors), {
    preprocessing: { clamp: [-1, 1], resize: { side: 32, method: "nearest" } },
  });
}
