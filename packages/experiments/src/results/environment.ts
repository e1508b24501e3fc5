import type { Attribute } from "@latentflow/core";

/** Where and with what an experiment ran. */
export interface Environment {
  readonly seed: number;
  /** Versions of latentflow, node, tfjs and, where it was used, onnxruntime-node; several where jobs were done with several. */
  readonly versions: Readonly<Record<string, string>>;
  /** "linux x64, 2 cores"; several where jobs were done on several. */
  readonly machine: string;
  /** What ran the frozen networks: "onnx" or "tfjs", on what, and why that one; "own": a module's model that was ready. */
  readonly engine: { readonly name: "onnx" | "tfjs" | "own"; readonly device: string; readonly reason: string };
  /** The tfjs backend of the trained half. */
  readonly backend: { readonly name: string; readonly device: string };
  readonly generator: GeneratorRecord;
  /** Logits of one fixed code's picture, all attributes in turn; tells one regressor from another. */
  readonly regressor: { readonly fingerprint: readonly number[] };
  /** Where codes came from, where not from the generator's own mapping; numbers of theirs tell one source from another. */
  readonly codes?: {
    readonly about: string;
    readonly fingerprint: readonly number[];
    readonly labelled: boolean;
    /** Rows of each, of W+ codes. */
    readonly rowCount?: number;
  };
  /** What was guessed or assumed when the networks were loaded. */
  readonly notes?: readonly string[];
  /** What edited pictures are compared with the generator's own by. Absent where the networks give no features, and in runs of version 0.1.0. */
  readonly judge?: JudgeRecord;
}

export interface JudgeRecord {
  /** A judge of its own, or the regressor in its place. */
  readonly network: "judge" | "regressor";
  /** How many it gives for a picture. */
  readonly features: number;
  /** The first of them, of one fixed code's picture. */
  readonly fingerprint: readonly number[];
}

export interface GeneratorRecord {
  readonly name: string;
  readonly latentDim: number;
  /** Rows of the W+ codes that it takes; absent where it takes W codes only, and in earlier runs. */
  readonly rowCount?: number;
  readonly height: number;
  readonly width: number;
  /** Grey values of one fixed code's picture; tells one generator from another. */
  readonly fingerprint: readonly number[];
  /** Of the leaky ReLU in which the mapping network ends; absent where codes come otherwise, and in runs of version 0.1.0. */
  readonly mappingSlope?: number;
}

/** What an experiment knows about its networks without loading them: kept in `run.json`. */
export interface NetworkInfo {
  readonly attributes: readonly Attribute[];
  readonly latentDim: number;
  readonly environment: Environment;
  /** What the files of directions held when the run looked at them, by their paths. Absent where no method is a file. */
  readonly files?: Readonly<Record<string, DirectionFileRecord>>;
}

/** A file of a direction. */
export interface DirectionFileRecord {
  /** The path of the method as the configuration says it, with {index} and {name}. */
  readonly method: string;
  readonly sha256: string;
  readonly kind: "linear" | "nonlinear";
  /** What it holds: "neural ODE, depth 1". */
  readonly label: string;
}
