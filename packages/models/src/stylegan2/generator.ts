import type { CheckpointSource } from "@latentflow/checkpoints";
import {
  checkBackend,
  checkNumber,
  checkTensor,
  type DeclaredOptions,
  type Generator,
  type GivenOptions,
  readOptions,
  SeededRandom,
} from "@latentflow/core";
import type { TruncationOptions } from "@latentflow/core/truncation";
import type { OnnxModel } from "@latentflow/onnx";
import {
  add,
  div,
  keep,
  type Rank,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkNamedTensors, checkTensors, floatsOf, type NamedTensors } from "../tensors-by-name.js";
import { withTruncation } from "../truncation.js";
import {
  checkArchitecture,
  rowCount,
  type StyleGan2Architecture,
  sideOfLayer,
  styledLayerCount,
  styleGan2Shapes,
} from "./architecture.js";
import { readGeneratorSafetensors, readNvlabs, readRosinality, safetensorsOf } from "./files.js";
import { disposeLayers, type MappingLayer, mappingLayers, type SynthesisLayers, synthesisLayers } from "./layers.js";
import { mapLatent } from "./mapping.js";
import { isNoise, noiseOf } from "./noise.js";
import { Resampler } from "./resample.js";
import { synthesize } from "./synthesis.js";
import { styleGan2ToOnnx } from "./to-onnx.js";
import { untrainedArchitecture, untrainedTensors } from "./untrained.js";

const SYNTHESIZE = {
  /** Default "fixed". */
  noise: { default: "fixed", is: isNoise, expected: '"fixed", "none", { seed } or one tensor a layer' },
} as const satisfies DeclaredOptions;

/** Options of `synthesize`. */
export interface SynthesizeOptions extends GivenOptions<typeof SYNTHESIZE> {}

const TO_ONNX = {
  /** "fixed" (default): the maps of the file. "inputs": the graph takes them as "noise_0", "noise_1", … [n, 1, side, side]. */
  noise: { default: "fixed", choices: ["fixed", "inputs"] },
} as const satisfies DeclaredOptions;

/** Of convolutions, not of the maps to RGB. */
const STYLE_WEIGHT = /^convs?\d*(\.\d+)?\.conv\.modulation\.weight$/;

/**
 * A StyleGAN2 generator with frozen weights (Karras et al. 2020, arXiv:1912.04958), differentiable with respect to z and w on any tfjs backend.
 * The weights are put into the layout that the backend computes with when the generator is made; `dispose` frees them.
 */
export class StyleGan2Generator implements Generator {
  readonly architecture: StyleGan2Architecture;
  readonly latentDim: number;
  /** Rows of a W+ code: 2 · log2(resolution) − 2. */
  readonly rowCount: number;
  /** The running mean of w that the file carries, [latentDim]; absent when it carries none. Belongs to the generator. */
  readonly meanLatent?: Tensor1D;
  private readonly tensors: NamedTensors;
  private readonly mapping: readonly MappingLayer[];
  private readonly layers: SynthesisLayers;
  private readonly resampler: Resampler;
  private readonly truncationMeans: Tensor1D[] = [];
  private disposed = false;

  /**
   * @param tensors under rosinality's names, shapes as `architecture` asks
   * @throws ModelsError for an architecture that no generator has, tensors that are missing or of another shape, or without a backend
   */
  constructor(architecture: StyleGan2Architecture, tensors: NamedTensors) {
    checkArchitecture("StyleGan2Generator", "the architecture", architecture);
    checkNamedTensors("StyleGan2Generator", tensors);
    checkTensors("StyleGan2Generator", tensors, styleGan2Shapes(architecture), () => true);
    checkBackend("StyleGan2Generator", ModelsError);
    this.architecture = architecture;
    this.latentDim = architecture.latentDim;
    this.rowCount = rowCount(architecture);
    this.tensors = tensors;
    this.mapping = mappingLayers(architecture, tensors);
    this.layers = synthesisLayers(architecture, tensors);
    this.resampler = new Resampler(architecture.channels);
    const mean = tensors.get("latent_avg");
    if (mean?.data.length === this.latentDim)
      this.meanLatent = keep(tensor1d(floatsOf("StyleGan2Generator", tensors, "latent_avg")));
  }

  /**
   * A generator of untrained weights from a seed (0 when none is given: the same weights every time): for tests, benchmarks and as a start for
   * training.
   *
   * @param sizes default: 64 px, 512 channels up to 32 × 32 and 256 at 64 × 64, 512-dimensional codes, 8 mapping layers.
   * `resolution` follows from `channels`
   * @throws ModelsError for sizes that no generator has, unknown ones, or a resolution that contradicts the channels
   */
  static random(sizes: Partial<StyleGan2Architecture> = {}, options: GivenOptions<typeof SEEDED> = {}): StyleGan2Generator {
    const architecture = untrainedArchitecture("random", sizes);
    const { seed } = readOptions("random", SEEDED, options, ModelsError);
    return new StyleGan2Generator(architecture, untrainedTensors(architecture, new SeededRandom(seed)));
  }

  /**
   * A checkpoint of rosinality's stylegan2-pytorch, as `.pt`: a training file (its `g_ema` is taken), a converted file, one of the average alone (`ema`,
   * `params_ema`, …), or a bare state dict; also of half precision, and under wrappers' names ("module.", "generator.", "ema_model.").
   *
   * @throws CheckpointError for a file that can't be read, ModelsError for one that holds another network
   */
  static async fromRosinality(source: CheckpointSource): Promise<StyleGan2Generator> {
    const { architecture, tensors } = await readRosinality("fromRosinality", source);
    return new StyleGan2Generator(architecture, tensors);
  }

  /**
   * A `.pkl` of NVlabs' stylegan2-ada-pytorch; its `G_ema` is taken.
   *
   * @throws CheckpointError for a file that can't be read, ModelsError for conditional networks, architectures "orig" and "resnet", StyleGAN3
   */
  static async fromNvlabs(source: CheckpointSource): Promise<StyleGan2Generator> {
    const { architecture, tensors } = await readNvlabs("fromNvlabs", source);
    return new StyleGan2Generator(architecture, tensors);
  }

  /** A file of `toSafetensors`, or a safetensors file of a state dict in rosinality's layout. */
  static async fromSafetensors(source: CheckpointSource): Promise<StyleGan2Generator> {
    const { architecture, tensors } = await readGeneratorSafetensors("fromSafetensors", source);
    return new StyleGan2Generator(architecture, tensors);
  }

  /** The weights under rosinality's names, with the architecture beside them. */
  toSafetensors(): Uint8Array<ArrayBuffer> {
    return safetensorsOf({ architecture: this.architecture, tensors: this.tensors });
  }

  /**
   * The affine maps from w to each convolution's styles, weights [channels, latentDim] row by row, in the order of the layers' names; those to RGB are
   * left out. What SeFa decomposes. Needs no backend, also after `dispose`.
   */
  styleWeights(): { readonly data: Float32Array; readonly shape: readonly [channels: number, latentDim: number] }[] {
    const names = [...this.tensors.keys()].filter((name) => STYLE_WEIGHT.test(name)).sort();
    return names.map((name) => {
      const [channels, latentDim] = this.tensors.get(name)!.shape as [number, number];
      return { data: floatsOf("styleWeights", this.tensors, name).slice(), shape: [channels, latentDim] };
    });
  }

  /** z [n, zDim], standard normal → w [n, latentDim]. */
  map(z: Tensor2D): Tensor2D {
    checkAlive("map", "generator", this.disposed);
    const { zDim } = this.architecture;
    checkTensor("map", "z", z, `normal numbers [n, ${zDim}]`, ModelsError);
    if (z.rank !== 2 || z.shape[1] !== zDim) throw new ModelsError(`map: expected z [n, ${zDim}], got [${z.shape.join(", ")}].`);
    return tidy(() => mapLatent(z, this.mapping));
  }

  /**
   * `count` codes w [count, latentDim] of normal z from a seed. Without one the seed is 0, and every call gives the same codes: for new ones give
   * another seed each time, `sample(1, { seed: random.integer(0, 2 ** 31) })` of one `SeededRandom`, or ask for all at once. The caller disposes it.
   */
  sample(count: number, options: GivenOptions<typeof SEEDED> = {}): Tensor2D {
    checkAlive("sample", "generator", this.disposed);
    const { seed } = readOptions("sample", SEEDED, options, ModelsError);
    checkNumber("sample", "count", count, { integer: true, min: 0, max: MOST_CODES }, ModelsError);
    const random = new SeededRandom(seed);
    return tidy(() => this.map(random.normalTensor<Rank.R2>([count, this.architecture.zDim])));
  }

  /** Mean of the codes of `count` (default 4096, the paper's number) normal z from a seed, [latentDim]. The caller disposes it. */
  estimateMeanLatent(count = 4096, options: GivenOptions<typeof SEEDED> = {}): Tensor1D {
    checkAlive("estimateMeanLatent", "generator", this.disposed);
    const { seed } = readOptions("estimateMeanLatent", SEEDED, options, ModelsError);
    checkNumber("estimateMeanLatent", "count", count, { integer: true, min: 1 }, ModelsError);
    const random = new SeededRandom(seed);
    return tidy(() => {
      let total: Tensor1D = zeros([this.latentDim]);
      for (let done = 0; done < count; done += BATCH) {
        const z = random.normalTensor<Rank.R2>([Math.min(BATCH, count - done), this.architecture.zDim]);
        total = add(total, sum(this.map(z), 0));
      }
      return div(total, count);
    });
  }

  /**
   * The generator with truncation inside: w → mean + psi · (w − mean).
   *
   * @param mean [latentDim], a tensor or numbers; default the file's own, or `estimateMeanLatent()` when it has none, kept until the generator is disposed
   */
  withTruncation(psi: number, mean?: Tensor | ArrayLike<number>, options: TruncationOptions = {}): Generator {
    checkAlive("withTruncation", "generator", this.disposed);
    checkNumber("withTruncation", "psi", psi, {}, ModelsError);
    return withTruncation(this, psi, mean ?? this.meanLatent ?? this.keptMean(), options);
  }

  /**
   * w [n, latentDim], or W+ [n, rowCount, latentDim] → images [n, resolution, resolution, 3], about [−1, 1], not clamped.
   *
   * @throws ModelsError for a code or noise of another shape
   */
  synthesize(w: Tensor, options: SynthesizeOptions = {}): Tensor4D {
    checkAlive("synthesize", "generator", this.disposed);
    const { noise } = readOptions("synthesize", SYNTHESIZE, options, ModelsError);
    const { rowCount, latentDim } = this;
    checkTensor("synthesize", "w", w, `codes [n, ${latentDim}] or [n, ${rowCount}, ${latentDim}]`, ModelsError);
    const fits =
      (w.rank === 2 && w.shape[1] === latentDim) || (w.rank === 3 && w.shape[1] === rowCount && w.shape[2] === latentDim);
    if (!fits || w.shape[0] === 0) {
      throw new ModelsError(
        `synthesize: expected w [n, ${latentDim}] or [n, ${rowCount}, ${latentDim}], got [${w.shape.join(", ")}]; n is at least 1.`,
      );
    }
    const { layers, resampler } = this;
    return tidy(() =>
      synthesize(w, {
        layers,
        resampler,
        convClamp: this.architecture.convClamp,
        noise: noiseOf(noise, layers.styled, w.shape[0]!),
      }),
    );
  }

  /**
   * The synthesis as an ONNX graph: "w" [n, rowCount, latentDim] → "images" [n, 3, resolution, resolution].
   */
  toOnnx(options: GivenOptions<typeof TO_ONNX> = {}): OnnxModel {
    const { noise } = readOptions("toOnnx", TO_ONNX, options, ModelsError);
    return styleGan2ToOnnx(this.architecture, this.tensors, noise);
  }

  /** Sides of the noise maps, one a layer, for `noise` of `synthesize`. */
  get noiseSides(): readonly number[] {
    return Array.from({ length: styledLayerCount(this.architecture) }, (_, i) => sideOfLayer(i));
  }

  /** Frees the weights. What computes says so afterwards; `toSafetensors` and `toOnnx`, which need no backend, go on. */
  dispose(): void {
    this.disposed = true;
    this.resampler.dispose();
    const mapping = this.mapping.flatMap(({ weight, bias }) => [weight, bias]);
    for (const tensor of [...mapping, ...this.truncationMeans]) tensor.dispose();
    disposeLayers(this.layers);
    this.meanLatent?.dispose();
  }

  private keptMean(): Tensor1D {
    if (this.truncationMeans.length === 0) this.truncationMeans.push(keep(this.estimateMeanLatent()));
    return this.truncationMeans[0]!;
  }
}

const SEEDED = {
  /** Default 0. */
  seed: { default: 0, integer: true, min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
} as const satisfies DeclaredOptions;

/** No list of codes is longer. */
const MOST_CODES = 2 ** 31 - 1;

/** Codes mapped at once for the mean. */
const BATCH = 512;
