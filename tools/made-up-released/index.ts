import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readSafetensors, writeSafetensors } from "@latentflow/checkpoints";
import { attributeNames, SeededRandom } from "@latentflow/core";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { add, argMax, dispose, mean, memory, neg, tidy } from "@tensorflow/tfjs-core";
import { cifarRegressor, cnnRegressor, imagenetRegressor, type State } from "./regressors.js";
import { NumpyArray, type TorchTensor, type TorchValue, writeTorch } from "./write-torch.js";

/** Sizes of all that is made up here; the paper's are 64 to 256 pixels and 512 numbers. */
const SIDE = 32;
const LATENT = 8;
const ROWS = 8;
const CODES = 90;

const FACTORS = {
  mpi3d: [6, 6, 2, 3, 3, 40, 40],
  isaac3d: [3, 8, 5, 4, 4, 4, 6, 4, 4],
} as const;

/** Attributes that the paper's code has flows of, or some of them: gender and wavy hair, rugged and lush, all eleven of birds. */
const FLOWS = {
  ffhq: [20, 33],
  places365: [22, 39],
  cub: [0, 1, 2, 27, 28, 29, 74, 75, 79, 89, 91],
  isaac3d: [],
  mpi3d: [],
} as const;

export type ReleasedName = keyof typeof FLOWS;

export const RELEASED = Object.keys(FLOWS) as readonly ReleasedName[];

/**
 * Writes what the paper's code and its downloads are for a data set, in their folders, under their names, in their formats, but tiny and untrained: to try reading and examples on.
 * Needs a tfjs backend.
 *
 * @returns the files, from the folder on
 */
export async function writeReleased(folder: string, dataset: ReleasedName): Promise<string[]> {
  const before = memory().numTensors;
  const files: string[] = [];
  const put = async (file: string, data: Uint8Array | string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), data);
    files.push(file);
  };
  const generator = StyleGan2Generator.random(
    { channels: [8, 8, 6, 6], latentDim: LATENT, zDim: LATENT, mappingLayers: 3, family: "rosinality" },
    { seed: 4 },
  );
  const codes = generator.sample(CODES, { seed: 7 });
  const state = regressorOf(dataset);
  const labels = await balance(state, generator, codes);
  const ws = Float32Array.from(codes.dataSync());
  const { tensors } = await readSafetensors(generator.toSafetensors());
  const weights = [...tensors].map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }] as const);
  dispose(codes);
  generator.dispose();

  await put(`models/${dataset}/generator.pth`, writeTorch(new Map([["g_ema", new Map<string, TorchValue>(weights)]])));
  await put(`models/${dataset}/regressor.pth`, writeTorch(new Map([["model_state_dict", state]])));
  await put(`configs/${dataset}.json`, `${JSON.stringify({ size: SIDE, style_dim: LATENT, n_mlp: 3, channel_multiplier: 1 })}\n`);
  const all: [string, TorchValue][] = [
    ["ws", new NumpyArray([CODES, LATENT], ws)],
    ["labels", new NumpyArray([CODES, labels.length / CODES], labels)],
  ];
  await put(`data_to_rectify/${dataset}_all.pt`, writeTorch(new Map(all)));
  const random = new SeededRandom(9);
  for (const index of FLOWS[dataset]) await put(`log/${dataset}/1/ckpt_${index}.pt`, writeTorch(flow(random)));
  if (dataset === "ffhq") {
    const actors: TorchTensor = { shape: [2, ROWS, LATENT], data: random.normals(2 * ROWS * LATENT) };
    await put("inverses/actors.pt", writeTorch(actors));
  }
  if (memory().numTensors !== before) throw new Error("writeReleased: expected no tensor to be left.");
  return files;
}

function regressorOf(dataset: ReleasedName): State {
  if (dataset === "mpi3d") return cnnRegressor(FACTORS.mpi3d, 5, SIDE);
  if (dataset === "isaac3d") return cifarRegressor(FACTORS.isaac3d, 5);
  const binary = attributeNames(dataset).map(() => 2);
  return imagenetRegressor(binary, 5, dataset === "ffhq");
}

/** Sets the heads' biases so that every class has its share of the generator's pictures, and gives the classes of the codes, as the paper's code keeps them. */
async function balance(
  state: State,
  generator: StyleGan2Generator,
  codes: ReturnType<StyleGan2Generator["sample"]>,
): Promise<BigInt64Array> {
  const tensors = [...state].map(
    ([name, { shape, data }]) => [name, { dtype: "float32", shape, data: data as Float32Array<ArrayBuffer> }] as const,
  );
  const regressor = await FactorRegressor.fromSafetensors(writeSafetensors(new Map(tensors)), { imageSize: SIDE });
  const found = tidy(() =>
    regressor.logits(generator.synthesize(codes)).map((logits) => {
      const shift = neg(mean(logits, 0));
      return { shift, classes: argMax(add(logits, shift), 1) };
    }),
  );
  regressor.dispose();
  const columns: ArrayLike<number>[] = [];
  for (const [k, { shift, classes }] of found.entries()) {
    const bias = state.get(`classification_heads.${k}.bias`)!.data;
    for (const [i, value] of (await shift.data()).entries()) bias[i]! += value;
    columns.push(await classes.data());
    dispose([shift, classes]);
  }
  const width = columns.length;
  return BigInt64Array.from({ length: CODES * width }, (_, i) => BigInt(columns[i % width]![Math.floor(i / width)]!));
}

/** A flow of depth 1: x → Wx + b + x. */
function flow(random: SeededRandom): Map<string, TorchValue> {
  return new Map<string, TorchValue>([
    ["odefunc.model.0.weight", { shape: [LATENT, LATENT], data: random.normals(LATENT * LATENT, 0, 0.4) }],
    ["odefunc.model.0.bias", { shape: [LATENT], data: random.normals(LATENT, 0, 0.4) }],
  ]);
}
