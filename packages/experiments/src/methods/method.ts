import type { ModelParts, RunningModel } from "@latentflow/engine";
import type { Direction } from "@latentflow/latent-edit";
import type { Edit } from "../config/edits.js";
import type { ExperimentConfig } from "../config/types.js";
import type { LabelledCodes } from "../model/labelled-codes.js";
import type { FitRecord, MethodId, NetworkInfo, TrainingRecord } from "../results/index.js";

/** A way to find an edit: what every step asks of it. Those that come along are in `index.ts`. */
export type Method = FitMethod | TrainMethod;

/** Found from codes and labels alone, by the step `fit`. */
export interface FitMethod extends MethodOf<FittedDirection> {
  readonly step: "fit";
}

/** Found with the networks' gradient, by the step `train`. */
export interface TrainMethod extends MethodOf<TrainedDirection> {
  readonly step: "train";
}

interface MethodOf<Found> {
  /** As a configuration names it and as its folders are called: letters, digits and hyphens. */
  readonly id: MethodId;
  /** For people. */
  readonly label: string;
  /** Whether its paths are straight lines. */
  readonly kind: "linear" | "nonlinear";
  /**
   * Finds the direction of one edit, which is then saved, measured, compared and shown as every other method's.
   *
   * @throws NoResult where the data allow none: the run goes on, and the report says why
   */
  find(context: FindContext): Promise<Found>;
  /** What the direction depends on besides codes, seed and edit: another value, and it is found again. Default: the settings of its step. */
  settings?(config: ExperimentConfig, edit: Edit): Readonly<Record<string, unknown>>;
  /**
   * Directions that `find` reads, which are then found before, asked for or not. Default: none.
   *
   * @param ofAll one edit of every attribute of the regressor: the edited ones as configured, the others from their first class to their last
   */
  needs?(edit: Edit, ofAll: readonly Edit[], config: ExperimentConfig): readonly NeededDirection[];
  /** About what it takes. Default: nothing for `fit`, as many gradients as the settings say for `train`. */
  cost?(config: ExperimentConfig, latentDim: number): Cost;
  /**
   * Asked of a configuration that names the method.
   *
   * @returns what of it the method can't do with, such as "expected fit.ratio to be at most 1, got 2. Give a smaller one."; undefined when it can
   */
  fault?(config: ExperimentConfig): string | undefined;
  /**
   * Asked of the networks before the first job.
   *
   * @throws ConfigError when they lack what the method needs
   */
  check?(parts: ModelParts): void;
}

/** What `find` may use. */
export interface FindContext {
  readonly config: ExperimentConfig;
  readonly networks: NetworkInfo;
  readonly edit: Edit;
  /** File that outlives an interruption, for the state to go on from. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
  /** The codes to learn from, with their labels and scores. */
  codes(): Promise<LabelledCodes>;
  model(): Promise<RunningModel>;
  parts(): Promise<ModelParts>;
  /** What `needs` of the method said, and how to read one of them; the caller disposes it. */
  readonly needs: readonly NeededDirection[];
  direction(needed: NeededDirection): Promise<Direction>;
  /** @param done share of the work, 0 to 1 */
  progress(done: number): void;
}

/** A method's direction of an edit. */
export interface NeededDirection {
  readonly method: Method;
  readonly edit: Edit;
}

export interface Cost {
  /** Images, those with their gradient included: each of these counts as three. */
  readonly images?: number;
  /** Images with their gradient. */
  readonly gradients?: number;
  /** Multiplications besides, in JavaScript. */
  readonly operations?: number;
}

export interface FittedDirection {
  /** Disposed when it is saved. */
  readonly direction: Direction;
  /** How it went; what is left out is null. */
  readonly record: Partial<FitRecord>;
}

export interface TrainedDirection {
  /** Disposed when it is saved. */
  readonly direction: Direction;
  readonly record: TrainingRecord;
  /** Kept in the direction's file. */
  readonly settings: object;
}
