import type { AttributeModel, Generator, Regressor } from "@latentflow/core";
import type { MatrixLike } from "@latentflow/latent-edit";
import type { OnnxExportable } from "@latentflow/onnx";

/** Networks that an edit can be trained for, measured on and shown with. */
export interface ModelParts {
  /** For people, such as "StyleGAN2, 64 px". */
  readonly name: string;
  /** Networks that can write themselves as ONNX graphs (`toOnnx()`) run on ONNX Runtime, others on tfjs. */
  readonly generator: Generator & Partial<OnnxExportable>;
  readonly regressor: Regressor & Partial<OnnxExportable>;
  /**
   * A second regressor with `features`, never used to train or to measure Control: edited pictures are compared with the generator's own in its
   * features. Where there is none, the regressor stands in.
   */
  readonly judge?: Regressor & Partial<OnnxExportable>;
  /** Codes w, [count · latentDim] row by row, the same for the same seed. */
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
  dispose?(): void;
}

/** What a module of one's own exports by default. A tfjs backend runs when it is called. */
export type ModelSetup = () => ModelParts | Promise<ModelParts>;

/** What runs the frozen networks, on which device, and why not something else. */
export interface EngineInfo {
  readonly name: "onnx" | "tfjs";
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
