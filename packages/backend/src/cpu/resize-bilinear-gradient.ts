import { getKernel, registerKernel, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";

const FIXED = new WeakSet<object>();

/** The stock cpu kernel computes the right numbers but swaps height and width in the shape it reports: only square images come out right. */
export function fixResizeBilinearGradient(): void {
  const stock = getKernel("ResizeBilinearGrad", "cpu");
  if (stock === undefined || FIXED.has(stock.kernelFunc)) return;
  const kernelFunc: typeof stock.kernelFunc = (args) => {
    const out = stock.kernelFunc(args) as TensorInfo;
    out.shape = [...(args.inputs.images as TensorInfo).shape];
    return out;
  };
  FIXED.add(kernelFunc);
  unregisterKernel("ResizeBilinearGrad", "cpu");
  registerKernel({ ...stock, kernelFunc });
}
