import type { Attribute, AttributeModel, Embedder, Generator, Regressor } from "@latentflow/core";
import type { MatrixLike } from "@latentflow/latent-edit";
import type { OnnxExportable } from "@latentflow/onnx";

/** A generator that is a graph and no tfjs function, such as an `.onnx` file's: ONNX Runtime runs it. */
export interface GraphGenerator extends OnnxExportable {
  readonly latentDim: number;
  readonly rowCount?: number;
  readonly synthesize?: undefined;
}

/** A regressor that is a graph and no tfjs function. */
export interface GraphRegressor extends OnnxExportable {
  readonly attributes: readonly Attribute[];
  readonly logits?: undefined;
  readonly features?: undefined;
}

/** Where codes come from, where that is not the generator's own mapping. */
export interface CodeSource {
  /** For people: "w.npy, 5,000 codes". */
  readonly about: string;
  /** Tells one source from another. */
  readonly fingerprint: readonly number[];
  /** Rows of each code where they are W+ codes: `sampleCodes` then gives [count · rowCount · latentDim] numbers. Absent: W codes. */
  readonly rowCount?: number;
  /** Classes that come with the codes, [count · attributes] row by row, of the codes that `sampleCodes` gives for the same count and seed. */
  labels?(count: number, seed: number): Promise<Int32Array>;
}

/** What networks and a model that is ready have in common. */
interface Sampled {
  /** For people, such as "StyleGAN2, 64 px". */
  readonly name: string;
  /** Codes w, [count · latentDim] row by row, the same for the same seed; W+ codes where `codes.rowCount` says so. */
  sampleCodes(count: number, seed: number): Promise<Float32Array>;
  /** Mean latent, [latentDim]: needed for a truncation below 1. */
  readonly meanLatent?: ArrayLike<number>;
  /**
   * Slope, below 0, of the leaky ReLU in which the mapping network ends that makes w, 0.2 in StyleGAN2: before it, codes lie about as a Gaussian does.
   * Absent where codes come otherwise.
   */
  readonly mappingSlope?: number;
  /** Weights of the layers that read w, one [out, latentDim] a layer: needed for SeFa. */
  styleWeights?(): Promise<MatrixLike[]>;
  readonly codes?: CodeSource;
  /** What was guessed or assumed when the networks were loaded, for people. */
  readonly notes?: readonly string[];
  dispose?(): void;
}

/** A generator and its regressor. */
export interface NetworkParts extends Sampled {
  /** Networks that can write themselves as ONNX graphs (`toOnnx()`) run on ONNX Runtime, others on tfjs. */
  readonly generator: (Generator & Partial<OnnxExportable>) | GraphGenerator;
  readonly regressor: (Regressor & Partial<OnnxExportable>) | GraphRegressor;
  /**
   * A second regressor with `features`, never used to train or to measure Control: edited pictures are compared with the generator's own in its
   * features. Where there is none, the regressor stands in.
   */
  readonly judge?: (Regressor & Partial<OnnxExportable>) | GraphRegressor;
  /** Images to rows of length 1, for losses with `originalEmbeddings` (equation 9). */
  readonly embedder?: (Embedder & Partial<OnnxExportable>) | (OnnxExportable & { readonly embed?: undefined });
  readonly model?: undefined;
}

/** Networks that are tfjs functions, whether they can also be written as graphs or not. */
export interface TfjsParts extends NetworkParts {
  readonly generator: Generator & Partial<OnnxExportable>;
  readonly regressor: Regressor & Partial<OnnxExportable>;
  readonly judge?: Regressor & Partial<OnnxExportable>;
}

/** A model that runs already, on whatever it likes. */
export interface ReadyParts extends Sampled {
  /** It belongs to whoever is given the parts. */
  readonly model: AttributeModel;
  readonly generator?: undefined;
  readonly regressor?: undefined;
  readonly judge?: undefined;
}

/** What an edit can be trained for, measured on and shown with. */
export type ModelParts = NetworkParts | ReadyParts;

/** What a module of one's own exports by default. A tfjs backend runs when it is called. */
export type ModelSetup = () => ModelParts | Promise<ModelParts>;

/** What runs the frozen networks, on which device, and why not something else. "own": a model that was ready. */
export interface EngineInfo {
  readonly name: "onnx" | "tfjs" | "own";
  readonly device: string;
  readonly reason: string;
}

/** The networks with what watches over them: see `autoModel`. */
export interface RunningModel {
  readonly model: AttributeModel;
  readonly engine: EngineInfo;
  /** Whose features the model gives: a judge's, the regressor's where there is no judge, nobody's. */
  readonly judge: "judge" | "regressor" | null;
  /** Images asked for so far. */
  readonly images: () => number;
  dispose(): void;
}
