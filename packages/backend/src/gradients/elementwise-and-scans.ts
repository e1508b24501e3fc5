import {
  cumsum,
  engine,
  type GradConfig,
  getGradient,
  less,
  mul,
  type NamedAttrMap,
  reshape,
  slice,
  split,
  Tensor,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";

/** ELU's gradient dy·(y < 0 ? y + 1 : 1), where y is ELU's output. */
const eluGradient: GradConfig = {
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

/** Replaces tfjs-core's gradient of the running sum, which transposes the result for any axis but the last. */
const runningSum: GradConfig = {
  kernelName: "Cumsum",
  gradFunc: (dy, _saved, attrs) => {
    const { axis, exclusive, reverse } = attrs as { axis: number; exclusive: boolean; reverse: boolean };
    return { x: () => cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};

/** tfjs-core's gradient of the product along an axis, for axes counted from the end, too. */
function productAlongAxis(): GradConfig[] {
  const stock = getGradient("Prod");
  if (stock === undefined) return [];
  const gradFunc: GradConfig["gradFunc"] = (dy, saved, attrs) => {
    const rank = saved[0]!.rank;
    const { axis } = attrs as unknown as { axis: number | number[] | null };
    const axes = axis === null || axis === undefined ? axis : [axis].flat().map((value) => (value < 0 ? value + rank : value));
    return stock.gradFunc(dy, saved, { ...attrs, axis: axes } as unknown as NamedAttrMap);
  };
  return [{ ...stock, gradFunc }];
}

/**
 * Two of tfjs-core's gradients (product, batched gather) call methods of tensors that exist only when an application has imported tfjs-core's
 * chained operations. Here are the three that they call.
 */
export function addMethodsThatGradientsCall(): void {
  const prototype = Tensor.prototype as unknown as Record<string, unknown>;
  prototype.reshape ??= function (this: Tensor, shape: number[]) {
    return reshape(this, shape);
  };
  prototype.slice ??= function (this: Tensor, begin: number | number[], size?: number | number[]) {
    return slice(this, begin, size);
  };
  prototype.split ??= function (this: Tensor, sizes: number | number[], axis?: number) {
    return split(this, sizes, axis);
  };
}

/** A function, since tfjs-core's own gradients must have been registered before. */
export function elementwiseGradients(): GradConfig[] {
  return [eluGradient, runningSum, ...productAlongAxis()];
}
