import type { GradientRules } from "../context.js";
import { activationRules } from "./activation.js";
import { arithmeticRules } from "./arithmetic.js";
import { convolutionRules } from "./convolution.js";
import { einsumRules } from "./einsum.js";
import { indexingRules } from "./indexing.js";
import { layoutRules } from "./layout.js";
import { lossRules } from "./loss.js";
import { matrixRules } from "./matrix.js";
import { normalizationRules } from "./normalization.js";
import { poolingRules } from "./pooling.js";
import { reductionRules } from "./reduction.js";
import { resizeRules } from "./resize.js";
import { scatterRules } from "./scatter.js";
import { selectionRules } from "./selection.js";
import { trigonometricRules } from "./trigonometry.js";

/** Every op that can be differentiated. */
export const GRADIENT_RULES: GradientRules = {
  ...arithmeticRules,
  ...trigonometricRules,
  ...activationRules,
  ...selectionRules,
  ...reductionRules,
  ...matrixRules,
  ...einsumRules,
  ...convolutionRules,
  ...poolingRules,
  ...normalizationRules,
  ...layoutRules,
  ...indexingRules,
  ...scatterRules,
  ...resizeRules,
  ...lossRules,
};

/** Ops that are constant almost everywhere, or whose values are no real numbers: nothing flows back through them. */
export const WITHOUT_GRADIENT: ReadonlySet<string> = new Set(
  (
    "Shape Size ArgMax ArgMin Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not Floor Ceil Round Sign ConstantOfShape Range OneHot " +
    "RandomNormalLike RandomUniformLike Bernoulli EyeLike IsNaN IsInf NonZero Hardmax"
  ).split(" "),
);
