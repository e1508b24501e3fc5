import type { Numbers } from "@latentflow/core";
import { DIRECTION } from "../directions/check-direction.js";
import "@latentflow/backend/gradients";
import {
  checkNumber,
  type DeclaredOptions,
  type Generator,
  type GivenOptions,
  isGiven,
  type Preservation,
  type Regressor,
  readOptions,
} from "@latentflow/core";
import { add, mul, type Scalar, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { FLOW } from "../directions/direction.js";
import { LatentEditError } from "../errors.js";
import { type Codes, toCodes } from "../input/codes.js";
import { attributeLoss, preservationLoss } from "../model/losses.js";
import { checkFrozenHalf } from "../model/tfjs-model.js";

const DIRECTION_LOSS = {
  direction: DIRECTION,
  generator: { is: isGiven<Generator>, expected: "a generator" },
  regressor: { is: isGiven<Regressor>, expected: "a regressor" },
  /** Index of the edited attribute. */
  attributeIndex: { min: 0, integer: true },
  /** Start codes, [n, d] or [n, rowCount, d]: a tensor, or numbers. */
  w: { is: isGiven<Codes>, expected: "codes" },
  /** Edit length. */
  t: {},
  /** Class wanted (default the attribute's last). */
  target: { optional: true, is: isGiven<number | Numbers>, expected: "a class, or one for each code" },
  /** Logits at the start codes; default: computed here, not differentiated. */
  originalLogits: { optional: true, is: isGiven<readonly Tensor2D[]>, expected: "logits" },
  /** τ (default 4). */
  temperature: { default: 4, above: 0 },
  /** λ (default 1). */
  preservationWeight: { default: 1 },
  /** What the second term measures (default equation 5). */
  preservation: { optional: true, is: isGiven<Preservation>, expected: "a preservation term" },
  ...FLOW,
} as const satisfies DeclaredOptions;

export interface DirectionLossOptions extends GivenOptions<typeof DIRECTION_LOSS> {}

/**
 * The paper's loss of an edit (equations 4 and 5) as tensors of one differentiable program: flow, generator, regressor. For training loops of
 * one's own; `trainDirection` takes the same loss through the `AttributeModel` seam.
 */
export function directionLoss(options: DirectionLossOptions): { total: Scalar; attributeLoss: Scalar; preservationLoss: Scalar } {
  const settings = readOptions("directionLoss", DIRECTION_LOSS, options, LatentEditError);
  const { direction, generator, regressor, attributeIndex: k, t, temperature, preservationWeight } = settings;
  const { rows, solver, gradient } = settings;
  checkFrozenHalf("directionLoss", generator, regressor);
  const last = regressor.attributes.length - 1;
  checkNumber("directionLoss", "attributeIndex", k, { min: 0, max: last, integer: true }, LatentEditError);
  const { classes } = regressor.attributes[k]!;
  return tidy(() => {
    const w: Tensor = toCodes("directionLoss", settings.w, direction.latentDim);
    const original = settings.originalLogits ?? regressor.logits(generator.synthesize(w));
    const logits = regressor.logits(generator.synthesize(direction.flow(w, t, { rows, solver, gradient })));
    const edited = attributeLoss(logits[k]!, settings.target ?? classes - 1, temperature);
    const others = preservationLoss(logits, original, k, temperature, settings.preservation);
    return { total: add(edited, mul(others, preservationWeight)) as Scalar, attributeLoss: edited, preservationLoss: others };
  });
}
