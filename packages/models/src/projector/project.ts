import {
  type AttributeModel,
  type Codes,
  checkBackend,
  checkTensor,
  type DeclaredOptions,
  describeValue,
  type Generator,
  type GivenOptions,
  isFunction,
  isGiven,
  type OptionValues,
  readOptions,
  SIGNAL,
} from "@latentflow/core";
import { expandDims, type Tensor, type Tensor3D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import { checkDistance, type ImageDistance } from "../perceptual/distance.js";
import { PyramidDistance } from "../perceptual/pyramid.js";
import { chooseObjective, type GraphGenerator, noiseSidesOf } from "./choose-objective.js";
import { type DescentResult, descend } from "./descend.js";
import { GivenCodes } from "./given-codes.js";
import type { Objective } from "./objective.js";
import { SCHEDULE } from "./schedule.js";
import { codeStatistics } from "./start.js";

const OPTIONS = {
  ...SCHEDULE,
  /** One code for all layers, or one a layer (W+: nearer to photos, farther from what the generator knows). Default "w". */
  space: { default: "w", choices: ["w", "w+"] },
  /** Whether the noise maps are found, too, as in StyleGAN2's projector. Default "fixed": the generator's own, which edits go on with. */
  noise: { default: "fixed", choices: ["fixed", "optimized"] },
  /** Weight of what keeps noise maps from holding signal. Default 1e5. */
  noiseRegularization: { default: 1e5, min: 0 },
  /**
   * How many of the generator's codes are looked at first: each image starts at the nearest of them where that is nearer than the mean, out of whose
   * reach much can lie (what stands elsewhere in a scene). 0: StyleGAN2's projector, which always starts at the mean. Default 256.
   */
  candidates: { default: 256, min: 0, max: 100_000, integer: true },
  /** Default 0. */
  seed: { default: 0, min: 0, integer: true },
  /** What runs the generator. Default "auto": ONNX Runtime in Node where it is installed and the networks can be written as graphs, else tfjs. */
  engine: { default: "auto", choices: ["auto", "onnx", "tfjs"] },
  /** What "near" means. Default `new PyramidDistance()`; with weights at hand `Lpips` sees more as people do. */
  distance: { optional: true, check: (caller: string, distance: ImageDistance) => checkDistance(caller, distance) },
  /** Codes of the generator [n, d], a tensor or numbers: the start is their mean. Default: 4096 that the generator draws. */
  codes: { optional: true, is: isGiven<Codes>, expected: "codes [n, d]" },
  /** Where to start in place of the mean: [n, d] or [n, rows, d], a tensor or numbers, such as the codes of an earlier projection. */
  start: { optional: true, is: isGiven<Codes>, expected: "codes [n, d] or [n, rows, d]" },
  /** Threads of ONNX Runtime. Default: one a core. */
  threads: { optional: true, min: 1, integer: true },
  signal: SIGNAL,
  /** Called after each step. */
  onProgress: { optional: true, is: isFunction<(progress: ProjectProgress) => void>, expected: "a function" },
} as const satisfies DeclaredOptions;

export interface ProjectOptions extends GivenOptions<typeof OPTIONS> {}

export interface ProjectProgress {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  /** The least distance so far, one an image. */
  readonly distances: readonly number[];
}

/** What `project` found. `dispose` frees its tensors. */
export interface Projection {
  /** The codes nearest to the images among all that were tried, [n, d] or [n, rows, d]. */
  readonly codes: Tensor;
  /** Their images, [n, height, width, 3], not clamped. */
  readonly images: Tensor4D;
  /** From each image to its target. */
  readonly distances: readonly number[];
  /** The same where the search started. */
  readonly startDistances: readonly number[];
  /** The maps that belong to the codes, [n, side, side, 1], one a layer; only for `noise: "optimized"`. */
  readonly noise?: readonly Tensor[];
  readonly engine: Objective["engine"];
  dispose(): void;
}

/**
 * Finds codes whose images are near given ones: StyleGAN2's projector (Karras et al. 2020, appendix D). It starts at the mean code or
 * a nearer one of the generator's, adds noise to the code that fades, lets the learning rate rise and fall, and keeps the best code that it met. Each image's result depends on its own pixels and the options
 * alone, not on what else is in the batch.
 *
 * @param image [height, width, 3] or [n, height, width, 3] in [-1, 1], of the generator's size
 * @param generator a generator on tfjs; one that can write itself as a graph (`toOnnx`); or an `AttributeModel`, whose seam then gives the gradient
 * @throws ModelsError for images of another size, options that don't fit the generator, or distances that are not finite; AbortError when stopped
 */
export async function project(
  image: Tensor,
  generator: Generator | GraphGenerator | AttributeModel,
  options: ProjectOptions = {},
): Promise<Projection> {
  const { codes, start, ...settings } = readOptions("project", OPTIONS, options, ModelsError);
  checkBackend("project", ModelsError);
  checkGenerator(generator);
  const given = new GivenCodes();
  try {
    return await search(image, generator, {
      ...settings,
      codes: given.tensor("codes", codes),
      start: given.tensor("start", start),
    });
  } finally {
    given.dispose();
  }
}

type SearchSettings = Omit<OptionValues<typeof OPTIONS>, "codes" | "start"> & {
  readonly codes: Tensor | undefined;
  readonly start: Tensor | undefined;
};

async function search(
  image: Tensor,
  generator: Generator | GraphGenerator | AttributeModel,
  settings: SearchSettings,
): Promise<Projection> {
  const { engine, threads, distance = new PyramidDistance() } = settings;
  checkSpace(settings.space, generator, settings.start);
  const sides = settings.noise === "optimized" ? noiseSidesOf(generator) : [];
  const targets = batchOf(image);
  let objective: Objective | undefined;
  try {
    objective = await chooseObjective(generator, { engine, threads, distance, targets, withNoise: sides.length > 0 });
    const statistics = await codeStatistics(generator, settings.codes, settings);
    try {
      const found = await descend(objective, {
        ...settings,
        ...statistics,
        images: targets.shape[0],
        rows: settings.space === "w+" ? generator.rowCount! : undefined,
        noiseSides: sides,
      });
      return new FoundCodes(found, objective.engine);
    } finally {
      statistics.mean.dispose();
      statistics.candidates.dispose();
    }
  } finally {
    targets.dispose();
    await objective?.dispose();
  }
}

class FoundCodes implements Projection {
  readonly codes: Tensor;
  readonly images: Tensor4D;
  readonly distances: readonly number[];
  readonly startDistances: readonly number[];
  readonly noise?: readonly Tensor[];

  constructor(
    found: DescentResult,
    readonly engine: Objective["engine"],
  ) {
    this.codes = found.codes;
    this.images = found.images;
    this.distances = found.distances;
    this.startDistances = found.startDistances;
    if (found.noise.length > 0) this.noise = found.noise;
  }

  dispose(): void {
    for (const tensor of [this.codes, this.images, ...(this.noise ?? [])]) tensor.dispose();
  }
}

/** The images as a batch of the caller's own. */
function batchOf(image: Tensor): Tensor4D {
  checkTensor("project", "image", image, "[height, width, 3] or [n, height, width, 3]", ModelsError);
  const batch = tidy(() => (image.rank === 3 ? expandDims(image as Tensor3D) : image.clone()) as Tensor4D);
  try {
    checkImages("project", "image", batch);
    return batch;
  } catch (error) {
    batch.dispose();
    throw error;
  }
}

function checkGenerator(generator: unknown): void {
  const { latentDim, synthesize, toOnnx } = (generator ?? {}) as Partial<Generator & GraphGenerator>;
  if (Number.isInteger(latentDim) && (typeof synthesize === "function" || typeof toOnnx === "function")) return;
  throw new ModelsError(
    `project: expected a generator with latentDim and synthesize or toOnnx, or a model, got ${describeValue(generator)}.`,
  );
}

function checkSpace(space: "w" | "w+", { latentDim, rowCount }: Pick<Generator, "latentDim" | "rowCount">, start: unknown): void {
  if (space === "w+" && rowCount === undefined)
    throw new ModelsError(
      'project: expected a generator with rowCount for space "w+", got one that takes W only; use space "w".',
    );
  if (start === undefined) return;
  const wanted = space === "w" ? `[n, ${latentDim}]` : `[n, ${latentDim}] or [n, ${rowCount}, ${latentDim}]`;
  checkTensor("project", "start", start, wanted, ModelsError);
  const [, ...shape] = (start as Tensor).shape;
  if (shape.join() === `${latentDim}` || (space === "w+" && shape.join() === `${rowCount},${latentDim}`)) return;
  throw new ModelsError(`project: expected start ${wanted} for space "${space}", got ${describeValue(start)}.`);
}
