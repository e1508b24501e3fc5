import { SeededRandom } from "@latentflow/core";
import { type Dataset, type DatasetName, DatasetsError, describeDataset, openDataset } from "@latentflow/datasets";
import { fileStore } from "@latentflow/latent-edit/files";
import { FactorRegressor } from "@latentflow/models";
import { type LabelledImages, type RegressorProgress, type TrainedRegressor, trainRegressor } from "@latentflow/models/training";
import { ConfigError } from "../errors.js";
import { startBackend } from "../model/start-backend.js";

type Network = "cnn" | "resnet18-cifar" | "frozen";

export interface TrainOnDataOptions {
  readonly name: DatasetName;
  readonly path: string;
  /** Options of the data set's reader. */
  readonly dataset: object;
  /** Where the regressor goes; state and features lie beside it. */
  readonly out: string;
  readonly network: Network | undefined;
  readonly backbone: string | undefined;
  /** Side of the pictures. */
  readonly size: number | undefined;
  /** Names of some attributes; undefined: all. */
  readonly attributes: readonly string[] | undefined;
  /** At most so many pictures to train on. */
  readonly limit: number | undefined;
  readonly epochs: number;
  readonly patience: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly classWeights: "none" | "balanced";
  readonly seed: number;
  readonly engine: "auto" | "onnx" | "tfjs";
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RegressorProgress) => void;
}

export interface TrainedOnData extends TrainedRegressor {
  readonly network: Network;
  readonly pictures: { readonly train: number; readonly validation: number };
}

/** Side of the pictures that each network is made for. */
const SIDES: Readonly<Record<Network, number>> = { cnn: 64, "resnet18-cifar": 128, frozen: 224 };
/** Part of the training pictures that is held out where a data set has no validation split. */
const HELD_OUT = 0.1;

/** The paper's network for a data set; for one of one's own, heads on a frozen network where that is given. */
function networkFor(name: DatasetName, backbone: string | undefined): Network {
  return describeDataset(name).regressor ?? (backbone === undefined ? "cnn" : "frozen");
}

/** Trains a regressor on a data set's split "train", judged on "validation", or on a tenth of train where there is none. */
export async function trainOnData(options: TrainOnDataOptions): Promise<TrainedOnData> {
  const network = options.network ?? networkFor(options.name, options.backbone);
  const { name, path, out, epochs, patience, batchSize, learningRate, classWeights, seed, engine, signal, onProgress } = options;
  if ((network === "frozen") !== (options.backbone !== undefined))
    throw new ConfigError(
      network === "frozen"
        ? "train-regressor: expected --backbone with an ImageNet ResNet for the network frozen, such as torchvision's resnet18-f37072fd.pth, got none."
        : `train-regressor: expected --backbone for the network frozen alone, got one for ${network}.`,
    );
  const dataset = await open(name, path, { ...options.dataset, size: options.size ?? SIDES[network], pixels: "float32" });
  try {
    await startBackend(undefined);
    const chosen = chosenAttributes(dataset, options.attributes);
    const attributes = chosen.map((k) => ({ name: dataset.attributes[k]!.name, classes: dataset.attributes[k]!.classes.length }));
    const single = attributes.find(({ classes }) => classes < 2);
    if (single !== undefined)
      throw new ConfigError(
        `train-regressor: expected two classes or more of ${single.name}, got one; name the others by --attributes.`,
      );
    const { train, validation } = splitsOf(dataset, seed, options.limit);
    const backbone = options.backbone === undefined ? undefined : await FactorRegressor.fromTorch(options.backbone);
    try {
      const sides = options.size ?? SIDES[network];
      const trained = await trainRegressor({
        ...{
          network,
          backbone,
          attributes,
          epochs,
          patience,
          batchSize,
          learningRate,
          classWeights,
          seed,
          engine,
          signal,
          onProgress,
        },
        train: imagesOf(dataset, train, chosen, sides),
        validation: imagesOf(dataset, validation, chosen, sides),
        checkpoint: fileStore(`${out}.checkpoint`),
        ...(network === "frozen" && {
          features: { train: fileStore(`${out}.train-features`), validation: fileStore(`${out}.validation-features`) },
        }),
      });
      return { ...trained, network, pictures: { train: train.length, validation: validation.length } };
    } finally {
      backbone?.dispose();
    }
  } finally {
    await dataset.close();
  }
}

async function open(name: DatasetName, path: string, options: object): Promise<Dataset> {
  try {
    return await openDataset(name, path, options);
  } catch (cause) {
    if (!(cause instanceof DatasetsError)) throw cause;
    throw new ConfigError(cause.message.replace(/^openDataset:/, "train-regressor:"), { cause });
  }
}

function chosenAttributes({ attributes }: Dataset, names: readonly string[] | undefined): number[] {
  const known = attributes.map(({ name }) => name);
  return (names ?? known).map((name) => {
    const at = known.indexOf(name);
    if (at >= 0) return at;
    const more = known.length > 12 ? ` and ${known.length - 12} more` : "";
    throw new ConfigError(`train-regressor: expected --attributes among ${known.slice(0, 12).join(", ")}${more}, got ${name}.`);
  });
}

function splitsOf({ splits }: Dataset, seed: number, limit: number | undefined): { train: Int32Array; validation: Int32Array } {
  const all = splits.train;
  if (all === undefined || all.length < 2)
    throw new ConfigError(
      `train-regressor: expected a split "train" with pictures, got ${Object.entries(splits)
        .map(([name, list]) => `${name} with ${list.length}`)
        .join(", ")}.`,
    );
  const order = new SeededRandom(seed).shuffle(all.slice());
  const given = splits.validation?.length ? splits.validation : undefined;
  const held = given === undefined ? Math.max(1, Math.round(HELD_OUT * order.length)) : 0;
  const train = order.slice(held);
  return { train: limit === undefined ? train : train.slice(0, limit), validation: given ?? order.slice(0, held) };
}

/** Some of a data set's pictures with some of its attributes. */
function imagesOf(dataset: Dataset, numbers: Int32Array, chosen: readonly number[], side: number): LabelledImages {
  const labels = new Int32Array(numbers.length * chosen.length);
  for (const [i, index] of numbers.entries()) {
    const own = dataset.labels(index);
    for (const [k, attribute] of chosen.entries()) labels[i * chosen.length + k] = own[attribute]!;
  }
  const size = side * side * 3;
  return {
    ...{ length: numbers.length, height: side, width: side, labels },
    async read(indices) {
      const items = await Promise.all(indices.map((index) => dataset.get(numbers[index]!)));
      const pixels = new Float32Array(indices.length * size);
      for (const [i, { image }] of items.entries()) pixels.set(image.data, i * size);
      return pixels;
    },
  };
}
