import {
  type AttributeModel,
  type CustomLoss,
  checkChoice,
  checkNumber,
  checkOptions,
  checkRequired,
  describeValue,
  type Embedder,
  type Generator,
  type Regressor,
} from "@latentflow/core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import type { Direction } from "../directions/direction.js";
import { describeDirection } from "../directions/index.js";
import type { FlowGradient } from "../directions/integrate.js";
import { checkSolver, type FlowSolver, PAPER_SOLVER } from "../directions/solver.js";
import type { TrainSettings } from "../directions/train-settings.js";
import { LatentEditError } from "../errors.js";
import { checkBoolean, checkFunction, checkModel } from "../input/checks.js";
import type { MatrixLike } from "../input/matrix.js";
import { type AttributeChoice, resolveAttribute } from "../model/attribute-choice.js";
import { tfjsModel } from "../model/tfjs-model.js";
import type { CheckpointStore } from "./checkpoint-store.js";
import type { TrainProgress } from "./history.js";

/** A custom loss for one batch: what the batch is, and a tf function of logits and images at the end points. */
export type LossFactory = (batch: { target: number; originalLogits: readonly Tensor2D[]; t: number }) => CustomLoss;

export interface TrainOptions {
  /** The frozen half. In place of `generator` and `regressor`. */
  model?: AttributeModel;
  generator?: Generator;
  regressor?: Regressor;
  attribute: AttributeChoice;
  /** Pool of codes [n, d]; those labelled `from` are the starts. */
  codes: MatrixLike;
  /** Predicted classes of the pool, [n, attributes]; default: asked from the model. */
  labels?: MatrixLike;
  /**
   * `"paper"`: the released code's loss, sampling, schedule (1,000 iterations, α = 6), one 3/8 step, no cached logits. Options given beside it
   * still win. Default: the same numbers with cached logits and the direction's own solver.
   */
  preset?: "paper";
  /** Default 1000. */
  iterations?: number;
  /** Default 32. */
  batchSize?: number;
  /** Default 1. */
  accumulate?: number;
  /** α (default 6). */
  maxTime?: number;
  /** Default false. */
  bothWays?: boolean;
  /** τ (default 4). */
  temperature?: number;
  /** λ (default 1). */
  preservationWeight?: number;
  /** Adam's rate (default 1e-3), multiplied by `decayFactor` (default 0.5) every `decayEvery` (default 1000) iterations. */
  learningRate?: number;
  decayEvery?: number;
  decayFactor?: number;
  /** Solver to train with; it becomes the direction's own. Default: the direction's. */
  solver?: FlowSolver;
  /** How the flow's gradient is computed (default "steps", exact for the steps taken). */
  gradient?: FlowGradient;
  /** Compute each start code's logits once in place of every time (default true; the same numbers). */
  cacheLogits?: boolean;
  /** Replaces equation 5 by equation 9; the model needs the same embedder. */
  identity?: Embedder;
  /** Replaces the paper's loss. */
  loss?: LossFactory;
  /** Held-out codes, scored at t = α every `every` iterations (default 100) by the loss trained with. */
  validation?: { codes: MatrixLike; labels?: MatrixLike; every?: number; maxCodes?: number };
  /** Stop after this many validations in a row without a lower loss, and keep the best weights. Needs `validation`. */
  earlyStopping?: { patience: number };
  /**
   * Where to keep the state every `every` iterations (default 100); a state found there is resumed, bit for bit. One of another run (settings,
   * codes, labels, validation, model) is refused; functions (`loss`, `identity`) cannot be compared.
   */
  checkpoint?: { store: CheckpointStore; every?: number };
  /** Seed of codes and times drawn (default 0). */
  seed?: number;
  onProgress?: (progress: TrainProgress) => void;
  signal?: AbortSignal;
}

const KNOWN = [
  ...[
    "model",
    "generator",
    "regressor",
    "attribute",
    "codes",
    "labels",
    "preset",
    "iterations",
    "batchSize",
    "accumulate",
    "maxTime",
  ],
  ...[
    "bothWays",
    "temperature",
    "preservationWeight",
    "learningRate",
    "decayEvery",
    "decayFactor",
    "solver",
    "gradient",
    "cacheLogits",
  ],
  ...["identity", "loss", "validation", "earlyStopping", "checkpoint", "seed", "onProgress", "signal"],
];

const PAPER = {
  iterations: 1000,
  batchSize: 32,
  accumulate: 1,
  maxTime: 6,
  bothWays: false,
  temperature: 4,
  preservationWeight: 1,
  learningRate: 1e-3,
  decayEvery: 1000,
  decayFactor: 0.5,
  gradient: "steps",
  seed: 0,
} as const;

/** Checks the options and completes them. The returned settings are plain JSON. */
export function resolveSettings(direction: Direction, options: TrainOptions): { model: AttributeModel; settings: TrainSettings } {
  checkRequired("trainDirection", options, ["attribute", "codes"], LatentEditError);
  checkOptions("trainDirection", options, KNOWN, LatentEditError);
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
  for (const name of ["bothWays", "cacheLogits"] as const) checkBoolean("trainDirection", name, options[name] ?? false);
  if (options.loss && options.identity) {
    throw new LatentEditError("trainDirection: expected a loss of your own or an identity embedder, got both; give one.");
  }
  if (options.earlyStopping && !options.validation) {
    throw new LatentEditError("trainDirection: expected validation codes for earlyStopping; give validation: { codes }.");
  }
  const integer = (name: keyof typeof PAPER, min: number) =>
    checkNumber(
      "trainDirection",
      name,
      options[name as "iterations"] ?? (PAPER[name] as number),
      { min, integer: true },
      LatentEditError,
    );
  const number = (name: keyof typeof PAPER, limits: { min?: number; above?: number }) =>
    checkNumber("trainDirection", name, options[name as "maxTime"] ?? (PAPER[name] as number), limits, LatentEditError);
  const solver = options.solver ?? (preset === "paper" ? PAPER_SOLVER : (direction.solver ?? null));
  return {
    model,
    settings: {
      attribute: resolveAttribute("trainDirection", model, options.attribute),
      iterations: integer("iterations", 1),
      batchSize: integer("batchSize", 1),
      accumulate: integer("accumulate", 1),
      maxTime: number("maxTime", { above: 0 }),
      bothWays: options.bothWays ?? PAPER.bothWays,
      temperature: number("temperature", { above: 0 }),
      preservationWeight: number("preservationWeight", { min: 0 }),
      learningRate: number("learningRate", { above: 0 }),
      decayEvery: integer("decayEvery", 1),
      decayFactor: number("decayFactor", { above: 0 }),
      loss: options.loss ? "custom" : options.identity ? "identity" : "paper",
      solver: solver === null ? null : checkSolver("trainDirection", solver),
      gradient: checkChoice(
        "trainDirection",
        "gradient",
        options.gradient ?? PAPER.gradient,
        ["steps", "checkpointed", "adjoint"],
        LatentEditError,
      ),
      cacheLogits: options.cacheLogits ?? preset !== "paper",
      seed: integer("seed", 0),
    },
  };
}

/** Options within options: their names and counts. */
function checkParts({ validation, earlyStopping, checkpoint, loss, identity, onProgress }: TrainOptions): void {
  const count = (name: string, value: number | undefined) =>
    checkNumber("trainDirection", name, value ?? 1, { min: 1, integer: true }, LatentEditError);
  checkFunction("trainDirection", "loss", loss);
  checkFunction("trainDirection", "onProgress", onProgress);
  if (identity !== undefined && typeof identity?.embed !== "function") {
    throw new LatentEditError(
      `trainDirection: expected identity to be an embedder with embed(images), got ${describeValue(identity)}.`,
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
