import {
  broadcast_util,
  cast,
  equal,
  type GradConfig,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  mul,
  onesLike,
  pow,
  reshape,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";

/** Sums a gradient over the axes along which its operand was repeated. */
export function fit(gradient: Tensor, operand: Tensor): Tensor {
  const axes = broadcast_util.getReductionAxes(operand.shape, gradient.shape);
  return reshape(axes.length === 0 ? gradient : sum(gradient, axes), operand.shape);
}

/** Replaces tfjs-core's gradients of larger and smaller of two, which forget to sum where an operand was repeated. */
function pick(kernelName: string, takesFirst: typeof greater, takesSecond: typeof greater): GradConfig {
  return {
    kernelName,
    inputsToSave: ["a", "b"],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      const share = (mask: Tensor) => mul(dy as Tensor, cast(mask, "float32"));
      return { a: () => fit(share(takesFirst(a, b)), a), b: () => fit(share(takesSecond(a, b)), b) };
    },
  };
}

/** (a − b)², whose stock gradient forgets that sum, too. */
const squaredDifference: GradConfig = {
  kernelName: "SquaredDifference",
  inputsToSave: ["a", "b"],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [Tensor, Tensor];
    const slope = () => mul(dy as Tensor, mul(2, sub(a, b)));
    return { a: () => fit(slope(), a), b: () => fit(mul(-1, slope()), b) };
  },
};

/**
 * baseᵉˣᵖ. tfjs-core's is exp·base^(exp − 1), NaN where both are 0, although x⁰ is constant; ours takes base¹ there. The logarithm of a base that
 * has none is never formed, so that a second derivative does not meet it either.
 */
const power: GradConfig = {
  kernelName: "Pow",
  inputsToSave: ["a", "b"],
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const [base, exponent, y] = saved as [Tensor, Tensor, Tensor];
    return {
      a: () => {
        const exp = cast(exponent, "float32");
        const lower = where(equal(exp, 0), onesLike(exp), sub(exp, 1));
        return fit(mul(dy as Tensor, mul(exp, pow(base, lower))), base);
      },
      b: () => {
        const positive = greater(base, 0);
        const logBase = where(positive, log(where(positive, base, onesLike(base))), zerosLike(base));
        return fit(mul(dy as Tensor, mul(y, logBase)), exponent);
      },
    };
  },
};

export const pairGradients: readonly GradConfig[] = [
  pick("Maximum", greaterEqual, less),
  pick("Minimum", lessEqual, greater),
  squaredDifference,
  power,
];
