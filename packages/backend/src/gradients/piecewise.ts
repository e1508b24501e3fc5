import {
  add,
  cast,
  type GradConfig,
  greater,
  lessEqual,
  logicalAnd,
  mul,
  type Tensor,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";

/**
 * Functions that are made of pieces. Where one does not depend on its input its gradient is 0, whatever comes back to it: √(relu(x)) is constant
 * for x < 0, though the root's slope at 0 is infinite. tfjs-core multiplies by a mask, and 0 · ∞ is NaN.
 */

const only = (mask: Tensor, dy: Tensor): Tensor => where(mask, dy, zerosLike(dy));

const select: GradConfig = {
  kernelName: "Select",
  inputsToSave: ["condition"],
  gradFunc: (dy, saved) => {
    const [condition] = saved as [Tensor];
    return {
      condition: () => cast(zerosLike(condition), "float32"),
      t: () => only(condition, dy as Tensor),
      e: () => where(condition, zerosLike(dy as Tensor), dy as Tensor),
    };
  },
};

const relu: GradConfig = {
  kernelName: "Relu",
  inputsToSave: ["x"],
  gradFunc: (dy, saved) => ({ x: () => only(greater(saved[0] as Tensor, 0), dy as Tensor) }),
};

const relu6: GradConfig = {
  kernelName: "Relu6",
  inputsToSave: ["x"],
  gradFunc: (dy, saved) => {
    const [x] = saved as [Tensor];
    return { x: () => only(logicalAnd(greater(x, 0), lessEqual(x, 6)), dy as Tensor) };
  },
};

const SELU_SCALE = 1.0507009873554805;
const SELU_SCALE_ALPHA = 1.7580993408473768;

/** SELU's output y tells its slope: y + scale · alpha below 0. tfjs-core's e^x is infinite from x = 89 on, and its second derivative NaN. */
const selu: GradConfig = {
  kernelName: "Selu",
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const [y] = saved as [Tensor];
    return {
      x: () => where(greater(y, 0), mul(dy as Tensor, SELU_SCALE), mul(dy as Tensor, add(y, SELU_SCALE_ALPHA))),
    };
  },
};

export const piecewiseGradients: readonly GradConfig[] = [select, relu, relu6, selu];
