import type { TensorData } from "@latentflow/checkpoints";
import type { Direction } from "./direction.js";
import type { FlowSolver } from "./solver.js";

/** What a direction is besides its weights and its solver, for people and for files. */
export interface DirectionDescription {
  /** In a few words, such as "neural ODE, depth 2". */
  readonly label: string;
  /** What its numbers follow from beside the weights, such as { depth: 2, negativeSlope: 0.2 }. A file's header holds them as texts. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** Whether each code goes along one line, however far (default false): such an edit is no curved one in comparisons. */
  readonly isStraight?: boolean;
}

/** What a file holds of a direction. */
export interface SavedDirection {
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** The settings of its description, as texts. */
  readonly settings: Readonly<Record<string, string>>;
  readonly solver: FlowSolver | undefined;
}

/** All that the rest of the house needs to know of one kind of direction: how its files are written and read, and what to call it. */
export interface DirectionKind<D extends Direction = Direction> {
  /** Its name, as files and `direction.kind` say it. */
  readonly kind: string;
  /** The weights, by the names that the file gives them. */
  save(direction: D): Promise<ReadonlyMap<string, TensorData>>;
  /** The direction of a file. Throws for tensors that are missing or do not fit. */
  load(saved: SavedDirection): D;
  describe(direction: D): DirectionDescription;
}
