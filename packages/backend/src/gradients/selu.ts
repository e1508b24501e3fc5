import { add, type GradConfig, greater, mul, type Tensor, where } from "@tensorflow/tfjs-core";

const SCALE = 1.0507009873554805;
const SCALE_ALPHA = 1.7580993408473768;

/** SELU's output y tells its slope: y + scale · alpha below 0. tfjs-core's e^x is infinite from x = 89 on, and its second derivative NaN. */
export const seluGradient: GradConfig = {
  kernelName: "Selu",
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const [y] = saved as [Tensor];
    return { x: () => where(greater(y, 0), mul(dy as Tensor, SCALE), mul(dy as Tensor, add(y, SCALE_ALPHA))) };
  },
};
