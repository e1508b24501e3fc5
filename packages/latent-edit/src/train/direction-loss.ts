import { checkDirection } from "../directions/check-direction.js";
import "@latentflow/backend/gradients";
import { checkNumber, checkOptions, checkRequired, type Generator, type Preservation, type Regressor } from "@latentflow/core";
import { add, mul, type Scalar, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import type { Direction, FlowOptions } from "../directions/direction.js";
import { LatentEditError } from "../errors.js";
import { type Codes, toCodes } from "../input/codes.js";
import { definedOf } from "../input/defined.js";
import type { Numbers } from "../input/matrix.js";
import { attributeLoss, preservationLoss } from "../model/losses.js";
import { checkFrozenHalf } from "../model/tfjs-model.js";

export interface DirectionLossOptions extends FlowOptions {
  direction: Direction;
  generator: Generator;
  regressor: Regressor;
  /** Index of the edited attribute. */
  attributeIndex: number;
  /** Start codes, [n, d] or [n, rowCount, d]: a tensor, or numbers. */
  w: Codes;
  /** Edit length. */
  t: number;
  /** Class wanted (default the attribute's last). */
  target?: number | Numbers;
  /** Logits at the start codes; default: computed here, not differentiated. */
  originalLogits?: readonly Tensor2D[];
  /** τ (default 4). */
  temperature?: number;
  /** λ (default 1). */
  preservationWeight?: number;
  /** What the second term measures (default equation 5). */
  preservation?: Preservation;
}

/**
 * The paper's loss of an edit (equations 4 and 5) as tensors of one differentiable program: flow, generator, regressor. For training loops of
 * one's own; `trainDirection` takes the same loss through the `AttributeModel` seam.
 */
export function directionLoss(options: DirectionLossOptions): { total: Scalar; attributeLoss: Scalar; preservationLoss: Scalar } {
  const known = [
    "direction",
    "generator",
    "regressor",
    "attributeIndex",
    "w",
    "t",
    "target",
    "originalLogits",
    "temperature",
    "preservationWeight",
    "preservation",
  ];
  checkRequired("directionLoss", options, ["direction", "generator", "regressor", "attributeIndex", "w", "t"], LatentEditError);
  checkOptions("directionLoss", options, [...known, "rows", "solver", "gradient"], LatentEditError);
  const { direction, generator, regressor, attributeIndex: k, t, temperature = 4, preservationWeight = 1 } = options;
  const { rows, solver, gradient } = options;
  checkDirection("directionLoss", direction);
  checkFrozenHalf("directionLoss", generator, regressor);
  checkNumber("directionLoss", "preservationWeight", preservationWeight, {}, LatentEditError);
  const last = regressor.attributes.length - 1;
  checkNumber("directionLoss", "attributeIndex", k, { min: 0, max: last, integer: true }, LatentEditError);
  const { classes } = regressor.attributes[k]!;
  return tidy(() => {
    const w: Tensor = toCodes("directionLoss", options.w, direction.latentDim);
    const original = options.originalLogits ?? regressor.logits(generator.synthesize(w));
    const flowOptions = definedOf({ rows, solver, gradient });
    const logits = regressor.logits(generator.synthesize(direction.flow(w, t, flowOptions)));
    const edited = attributeLoss(logits[k]!, options.target ?? classes - 1, temperature);
    const others = preservationLoss(logits, original, k, temperature, options.preservation);
    return { total: add(edited, mul(others, preservationWeight)) as Scalar, attributeLoss: edited, preservationLoss: others };
  });
}
