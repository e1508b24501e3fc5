import { add, engine, type GradConfig, mul, neg, onesLike, rsqrt, sub, type Tensor, zerosLike } from "@tensorflow/tfjs-core";
import { fit } from "./broadcast-pairs.js";

/** Normalisation by given moments, of any shapes that broadcast. tfjs-core's gradient fails for shapes such as [1, 1, 1, channels]. */
export const batchNormGradient: GradConfig = {
  kernelName: "FusedBatchNorm",
  inputsToSave: ["x", "mean", "variance", "scale", "offset"],
  gradFunc: (dyAny, saved, attrs) => {
    const dy = dyAny as Tensor;
    const [x, mean, variance, scale, offset] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const { varianceEpsilon } = attrs as { varianceEpsilon: number };
    const inverse = () => rsqrt(add(variance, varianceEpsilon));
    const scaled = () => mul(dy, mul(scale, inverse()));
    return {
      x: () => fit(scaled(), x),
      mean: () => neg(fit(scaled(), mean)),
      variance: () => {
        const deviation = sub(x, mean);
        const cube = mul(mul(inverse(), inverse()), -0.5);
        return fit(mul(mul(scaled(), deviation), cube), variance);
      },
      scale: () => fit(mul(dy, mul(sub(x, mean), inverse())), scale),
      offset: () => fit(dy, offset),
    };
  },
};

const COMPLETED = Symbol.for("latentflow.batchNormCompleted");

interface KernelRunner {
  runKernel(kernelName: string, inputs: Record<string, Tensor | undefined>, attrs?: object): unknown;
  [COMPLETED]?: boolean;
}

/** A missing scale is 1 and a missing offset 0: written out, since tfjs-core can't save what is missing for a gradient. */
export function completeBatchNorm(): void {
  const runner = engine() as unknown as KernelRunner;
  if (runner[COMPLETED]) return;
  const runKernel = runner.runKernel;
  runner.runKernel = function (this: KernelRunner, kernelName, inputs, attrs) {
    if (kernelName !== "FusedBatchNorm" || (inputs.scale && inputs.offset))
      return runKernel.call(this, kernelName, inputs, attrs);
    const { scale, offset, mean } = inputs;
    const complete = { ...inputs, scale: scale ?? onesLike(mean!), offset: offset ?? zerosLike(mean!) };
    return runKernel.call(this, kernelName, complete, attrs);
  };
  runner[COMPLETED] = true;
}
