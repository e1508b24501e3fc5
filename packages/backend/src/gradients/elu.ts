import { engine, type GradConfig, less, mul, type NamedAttrMap, type Tensor, where, zerosLike } from "@tensorflow/tfjs-core";

/** ELU's gradient dy·(y < 0 ? y + 1 : 1), where y is ELU's output: its own gradient, which tfjs-core has not. */
export const eluGradient: GradConfig = {
  kernelName: "EluGrad",
  inputsToSave: ["dy", "y"],
  gradFunc: (ddx, saved) => {
    const [dy, y] = saved as [Tensor, Tensor];
    return {
      dy: () => engine().runKernel("EluGrad", { dy: ddx as Tensor, y }, {} as NamedAttrMap) as Tensor,
      y: () => {
        const product = mul(ddx as Tensor, dy);
        return where(less(y, 0), product, zerosLike(product));
      },
    };
  },
};
