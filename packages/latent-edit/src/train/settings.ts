import {
  type AttributeModel,
  type CustomLoss,
  type DeclaredOptions,
  type Embedder,
  type Generator,
  type GivenOptions,
  isCheckpointStore,
  isFunction,
  isGiven,
  type MatrixLike,
  type OptionValues,
  type Regressor,
  readOptions,
  SIGNAL,
} from "@latentflow/core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import type { Direction } from "../directions/direction.js";
import { describeDirection } from "../directions/index.js";
import { MOST_ROWS, ROWS, rowsOf } from "../directions/rows.js";
import { PAPER_SOLVER, SOLVER } from "../directions/solver.js";
import { TRAINING, type TrainSettings } from "../directions/train-settings.js";
import { LatentEditError } from "../errors.js";
import { MODEL } from "../input/checks.js";
import type { Codes } from "../input/codes.js";
import { type AttributeChoice, resolveAttribute } from "../model/attribute-choice.js";
import { tfjsModel } from "../model/tfjs-model.js";
import type { TrainProgress } from "./history.js";

/** A custom loss for one batch: what the batch is, and a tf function of logits and images at the end points. */
export type LossFactory = (batch: { target: number; originalLogits: readonly Tensor2D[]; t: number }) => CustomLoss;

const CODES = { is: isGiven<Codes>, expected: "codes [n, d] or [n, rowCount, d]" } as const;
const LABELS = { optional: true, is: isGiven<MatrixLike>, expected: "classes [n, attributes]" } as const;
/** Iterations between two (default 100). */
const EVERY = { default: 100, min: 1, integer: true } as const;

const TRAIN = {
  attribute: { is: isGiven<AttributeChoice>, expected: "an attribute" },
  /** Codes [n, d], or W+ codes [n, rowCount, d] for a model that takes them; those labelled `from` are the starts. */
  codes: CODES,
  /** The frozen half. In place of `generator` and `regressor`. */
  model: { ...MODEL, optional: true },
  generator: { optional: true, is: isGiven<Generator>, expected: "a generator" },
  regressor: { optional: true, is: isGiven<Regressor>, expected: "a regressor" },
  /** Predicted classes of the codes, [n, attributes]; default: asked from the model. */
  labels: LABELS,
  /**
   * `"paper"`: the released code's loss, sampling, schedule (1,000 iterations, α = 6), one 3/8 step, no cached logits. Options given beside it
   * still win. Default: the same numbers with cached logits and the direction's own solver.
   */
  preset: { optional: true, choices: ["paper"] },
  ...TRAINING,
  /**
   * Rows of W+ codes that the direction moves, as a range [from, to] or a list { only }, the others stay; W codes are repeated to as many rows as the
   * model takes. They become the direction's own. Default: the direction's, else all.
   */
  rows: { ...ROWS, optional: true },
  /** τ of the edited side of the second term (default: `temperature`). */
  preservationTemperature: { optional: true, above: 0 },
  /** Solver to train with; it becomes the direction's own. Default: the direction's. */
  solver: { ...SOLVER, optional: true },
  /** Replaces equation 5 by equation 9: "model", the model's own embedder, or an embedder that is the same as the model's. */
  identity: {
    optional: true,
    is: (value: unknown): value is Embedder | "model" =>
      value === "model" || typeof (value as Embedder | null)?.embed === "function",
    expected: '"model" or an embedder with embed(images)',
  },
  /** Replaces the paper's loss. */
  loss: { optional: true, is: isFunction<LossFactory>, expected: "a function" },
  /** Held-out codes, scored at t = α every `every` iterations (default 100) by the loss trained with. */
  validation: {
    optional: true,
    options: {
      codes: CODES,
      labels: LABELS,
      every: EVERY,
      /** Default 256. */
      maxCodes: { default: 256, min: 1, integer: true },
    },
  },
  /** Stop after this many validations in a row without a lower loss, and keep the best weights. Needs `validation`. */
  earlyStopping: { optional: true, options: { patience: { min: 1, integer: true } } },
  /**
   * Where to keep the state every `every` iterations (default 100); a state found there is resumed, bit for bit. One of another run (settings,
   * codes, labels, validation, model) is refused; functions (`loss`, `identity`) cannot be compared.
   */
  checkpoint: {
    optional: true,
    options: { store: { is: isCheckpointStore, expected: "read() and write(bytes), such as fileStore(path) has" }, every: EVERY },
  },
  /**
   * Stop after this many iterations, counted from the first one ever, in place of after all `iterations`; the state is kept in the checkpoint's
   * store, from which the training goes on when it is called again with a later pause, or none.
   */
  pauseAt: { optional: true, min: 1, integer: true },
  onProgress: { optional: true, is: isFunction<(progress: TrainProgress) => void>, expected: "a function" },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface TrainOptions extends GivenOptions<typeof TRAIN> {}

/** What a training was asked for. */
interface Resolved {
  readonly model: AttributeModel;
  /** Plain JSON. */
  readonly settings: TrainSettings;
  readonly given: OptionValues<typeof TRAIN>;
}

/** Checks the options and completes them. */
export function resolveSettings(direction: Direction, options: TrainOptions): Resolved {
  const given = readOptions("trainDirection", TRAIN, options, LatentEditError);
  const { gradient, cacheLogits, seed, ...numbers } = trainingOf(given);
  const { preset, identity, loss } = given;
  checkDirection("trainDirection", direction);
  const model = modelOf(given);
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
  if (identity === "model" && model.embed === undefined) {
    throw new LatentEditError(
      'trainDirection: expected a model with an embedder for identity: "model", got one without; give the model one (in an experiment: model.embedder, or embedder of a module\'s parts).',
    );
  }
  if (loss && identity) {
    throw new LatentEditError("trainDirection: expected a loss of your own or an identity embedder, got both; give one.");
  }
  if (given.earlyStopping && !given.validation) {
    throw new LatentEditError("trainDirection: expected validation codes for earlyStopping; give validation: { codes }.");
  }
  const rows = given.rows ?? direction.rows;
  if (rows !== undefined) rowsOf("trainDirection", rows, model.rowCount ?? MOST_ROWS);
  if (numbers.pathShare > 0 && loss) {
    throw new LatentEditError(
      "trainDirection: expected no pathShare beside a loss of your own, which has no terms to tell apart.",
    );
  }
  if (given.pauseAt !== undefined && !given.checkpoint) {
    throw new LatentEditError("trainDirection: expected a checkpoint to go on from beside pauseAt; give checkpoint: { store }.");
  }
  const solver = given.solver ?? (preset === "paper" ? PAPER_SOLVER : (direction.solver ?? null));
  return {
    model,
    given,
    settings: {
      attribute: resolveAttribute("trainDirection", model, given.attribute),
      ...numbers,
      preservationTemperature: given.preservationTemperature ?? numbers.temperature,
      loss: loss ? "custom" : identity ? "identity" : "paper",
      solver,
      ...(rows && { rows }),
      gradient,
      cacheLogits: options.cacheLogits === undefined ? preset !== "paper" : cacheLogits,
      seed,
    },
  };
}

/** Those of the options that are settings. */
function trainingOf(given: OptionValues<typeof TRAIN>): OptionValues<typeof TRAINING> {
  const names = Object.keys(TRAINING) as (keyof typeof TRAINING)[];
  return Object.fromEntries(names.map((name) => [name, given[name]])) as unknown as OptionValues<typeof TRAINING>;
}

function modelOf({ model, generator, regressor }: OptionValues<typeof TRAIN>): AttributeModel {
  if (model !== undefined && generator === undefined && regressor === undefined) return model;
  if (model === undefined && generator !== undefined && regressor !== undefined) return tfjsModel({ generator, regressor });
  throw new LatentEditError("trainDirection: expected a model, or a generator and a regressor, and not both.");
}
