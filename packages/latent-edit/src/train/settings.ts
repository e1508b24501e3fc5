import {
  type AttributeModel,
  type CustomLoss,
  checkNumber,
  checkOptions,
  checkRequired,
  describeValue,
  type Embedder,
  type Generator,
  type GivenOptions,
  type Regressor,
  readOptions,
} from "@latentflow/core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import type { Direction } from "../directions/direction.js";
import { describeDirection } from "../directions/index.js";
import { MOST_ROWS, type RowList, type RowRange, rowsOf } from "../directions/rows.js";
import { checkSolver, type FlowSolver, PAPER_SOLVER } from "../directions/solver.js";
import { TRAINING, type TrainSettings } from "../directions/train-settings.js";
import { LatentEditError } from "../errors.js";
import { checkFunction, checkModel } from "../input/checks.js";
import type { Codes } from "../input/codes.js";
import type { MatrixLike } from "../input/matrix.js";
import { type AttributeChoice, resolveAttribute } from "../model/attribute-choice.js";
import { tfjsModel } from "../model/tfjs-model.js";
import type { CheckpointStore } from "./checkpoint-store.js";
import type { TrainProgress } from "./history.js";

/** A custom loss for one batch: what the batch is, and a tf function of logits and images at the end points. */
export type LossFactory = (batch: { target: number; originalLogits: readonly Tensor2D[]; t: number }) => CustomLoss;

export interface TrainOptions extends GivenOptions<typeof TRAINING> {
  /** The frozen half. In place of `generator` and `regressor`. */
  model?: AttributeModel;
  generator?: Generator;
  regressor?: Regressor;
  attribute: AttributeChoice;
  /** Codes [n, d], or W+ codes [n, rowCount, d] for a model that takes them; those labelled `from` are the starts. */
  codes: Codes;
  /** Predicted classes of the codes, [n, attributes]; default: asked from the model. */
  labels?: MatrixLike;
  /**
   * `"paper"`: the released code's loss, sampling, schedule (1,000 iterations, α = 6), one 3/8 step, no cached logits. Options given beside it
   * still win. Default: the same numbers with cached logits and the direction's own solver.
   */
  preset?: "paper";
  /**
   * Rows of W+ codes that the direction moves, as a range [from, to] or a list { only }, the others stay; W codes are repeated to as many rows as the
   * model takes. They become the direction's own. Default: the direction's, else all.
   */
  rows?: RowRange | RowList;
  /** τ of the edited side of the second term (default: `temperature`). */
  preservationTemperature?: number;
  /** Solver to train with; it becomes the direction's own. Default: the direction's. */
  solver?: FlowSolver;
  /** Replaces equation 5 by equation 9: "model", the model's own embedder, or an embedder that is the same as the model's. */
  identity?: Embedder | "model";
  /** Replaces the paper's loss. */
  loss?: LossFactory;
  /** Held-out codes, scored at t = α every `every` iterations (default 100) by the loss trained with. */
  validation?: { codes: Codes; labels?: MatrixLike; every?: number; maxCodes?: number };
  /** Stop after this many validations in a row without a lower loss, and keep the best weights. Needs `validation`. */
  earlyStopping?: { patience: number };
  /**
   * Where to keep the state every `every` iterations (default 100); a state found there is resumed, bit for bit. One of another run (settings,
   * codes, labels, validation, model) is refused; functions (`loss`, `identity`) cannot be compared.
   */
  checkpoint?: { store: CheckpointStore; every?: number };
  /**
   * Stop after this many iterations, counted from the first one ever, in place of after all `iterations`; the state is kept in the checkpoint's
   * store, from which the training goes on when it is called again with a later pause, or none.
   */
  pauseAt?: number;
  onProgress?: (progress: TrainProgress) => void;
  signal?: AbortSignal;
}

/** Names of the options that are not declared. */
const OTHERS: readonly Exclude<keyof TrainOptions, keyof typeof TRAINING>[] = [
  ...(["model", "generator", "regressor", "attribute", "codes", "labels", "preset", "rows", "solver"] as const),
  ...(["identity", "loss", "preservationTemperature", "validation", "earlyStopping", "checkpoint"] as const),
  ...(["pauseAt", "onProgress", "signal"] as const),
];

/** Checks the options and completes them. The returned settings are plain JSON. */
export function resolveSettings(direction: Direction, options: TrainOptions): { model: AttributeModel; settings: TrainSettings } {
  checkRequired("trainDirection", options, ["attribute", "codes"], LatentEditError);
  const { gradient, cacheLogits, seed, ...numbers } = readOptions("trainDirection", TRAINING, options, LatentEditError, OTHERS);
  checkDirection("trainDirection", direction);
  const { preset } = options;
  if (preset !== undefined && preset !== "paper") {
    throw new LatentEditError(`trainDirection: expected preset to be "paper", got ${JSON.stringify(preset)}.`);
  }
  const model = modelOf(options);
  if (model.latentDim !== direction.latentDim) {
    throw new LatentEditError(
      `trainDirection: expected a direction over ${model.latentDim} numbers, as the model's latent, got ${direction.latentDim}.`,
    );
  }
  if (!direction.variables.some((variable) => variable.trainable)) {
    throw new LatentEditError(
      `trainDirection: expected a direction with trainable variables, such as NeuralOdeDirection, got a ${describeDirection(direction).label}, which is not trained.`,
    );
  }
  checkParts(options);
  if (options.identity === "model" && model.embed === undefined) {
    throw new LatentEditError(
      'trainDirection: expected a model with an embedder for identity: "model", got one without; give the model one (in an experiment: model.embedder, or embedder of a module\'s parts).',
    );
  }
  if (options.loss && options.identity) {
    throw new LatentEditError("trainDirection: expected a loss of your own or an identity embedder, got both; give one.");
  }
  if (options.earlyStopping && !options.validation) {
    throw new LatentEditError("trainDirection: expected validation codes for earlyStopping; give validation: { codes }.");
  }
  const rows = options.rows ?? direction.rows;
  if (rows !== undefined) rowsOf("trainDirection", rows, model.rowCount ?? MOST_ROWS);
  if (numbers.pathShare > 0 && options.loss) {
    throw new LatentEditError(
      "trainDirection: expected no pathShare beside a loss of your own, which has no terms to tell apart.",
    );
  }
  if (options.pauseAt !== undefined && !options.checkpoint) {
    throw new LatentEditError("trainDirection: expected a checkpoint to go on from beside pauseAt; give checkpoint: { store }.");
  }
  const { preservationTemperature = numbers.temperature } = options;
  checkNumber("trainDirection", "preservationTemperature", preservationTemperature, { above: 0 }, LatentEditError);
  const solver = options.solver ?? (preset === "paper" ? PAPER_SOLVER : (direction.solver ?? null));
  return {
    model,
    settings: {
      attribute: resolveAttribute("trainDirection", model, options.attribute),
      ...numbers,
      preservationTemperature,
      loss: options.loss ? "custom" : options.identity ? "identity" : "paper",
      solver: solver === null ? null : checkSolver("trainDirection", solver),
      ...(rows && { rows }),
      gradient,
      cacheLogits: options.cacheLogits === undefined ? preset !== "paper" : cacheLogits,
      seed,
    },
  };
}

/** Options within options: their names and counts. */
function checkParts({ validation, earlyStopping, checkpoint, loss, identity, onProgress, pauseAt }: TrainOptions): void {
  const count = (name: string, value: number | undefined) =>
    checkNumber("trainDirection", name, value ?? 1, { min: 1, integer: true }, LatentEditError);
  count("pauseAt", pauseAt);
  checkFunction("trainDirection", "loss", loss);
  checkFunction("trainDirection", "onProgress", onProgress);
  if (identity !== undefined && identity !== "model" && typeof identity?.embed !== "function") {
    throw new LatentEditError(
      `trainDirection: expected identity to be "model" or an embedder with embed(images), got ${describeValue(identity)}.`,
    );
  }
  if (validation !== undefined) {
    checkRequired("trainDirection: validation", validation, ["codes"], LatentEditError);
    checkOptions("trainDirection: validation", validation, ["codes", "labels", "every", "maxCodes"], LatentEditError);
    count("validation.every", validation.every);
    count("validation.maxCodes", validation.maxCodes);
  }
  if (earlyStopping !== undefined) {
    checkRequired("trainDirection: earlyStopping", earlyStopping, ["patience"], LatentEditError);
    checkOptions("trainDirection: earlyStopping", earlyStopping, ["patience"], LatentEditError);
    checkNumber("trainDirection", "earlyStopping.patience", earlyStopping.patience, { min: 1, integer: true }, LatentEditError);
  }
  if (checkpoint !== undefined) {
    checkRequired("trainDirection: checkpoint", checkpoint, ["store"], LatentEditError);
    const { read, write } = checkpoint.store as Partial<CheckpointStore>;
    if (typeof read !== "function" || typeof write !== "function") {
      throw new LatentEditError(
        `trainDirection: expected checkpoint.store with read() and write(bytes), such as fileStore(path), got ${describeValue(checkpoint.store)}.`,
      );
    }
    checkOptions("trainDirection: checkpoint", checkpoint, ["store", "every"], LatentEditError);
    count("checkpoint.every", checkpoint.every);
  }
}

function modelOf({ model, generator, regressor }: TrainOptions): AttributeModel {
  if (model !== undefined && generator === undefined && regressor === undefined) {
    checkModel("trainDirection", model);
    return model;
  }
  if (model === undefined && generator !== undefined && regressor !== undefined) return tfjsModel({ generator, regressor });
  throw new LatentEditError("trainDirection: expected a model, or a generator and a regressor, and not both.");
}
