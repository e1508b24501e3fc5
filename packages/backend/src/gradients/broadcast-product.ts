import { broadcast_util, type GradConfig, matMul, reshape, sum, type Tensor } from "@tensorflow/tfjs-core";

/** Replaces tfjs-core's gradient of batched matMul, which forgets to sum over the batches that an operand was repeated for. */
export const productGradient: GradConfig = {
  kernelName: "BatchMatMul",
  inputsToSave: ["a", "b"],
  gradFunc: (dyAny, saved, attrs) => {
    const dy = dyAny as Tensor;
    const [a, b] = saved as [Tensor, Tensor];
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const fit = (gradient: Tensor, operand: Tensor) => {
      const axes = broadcast_util.getReductionAxes(operand.shape.slice(0, -2), gradient.shape.slice(0, -2));
      return axes.length === 0 ? gradient : reshape(sum(gradient, axes), operand.shape);
    };
    return {
      a: () => fit(transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB), a),
      b: () => fit(transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false), b),
    };
  },
};
