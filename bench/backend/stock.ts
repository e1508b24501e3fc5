import * as tf from "@tensorflow/tfjs-core";

type Kernel = NonNullable<ReturnType<typeof tf.getKernel>>;
const stock = new Map<string, Kernel>();

/** Remembers the stock kernels: call before useBackend replaces them. */
export async function keepStockKernels(): Promise<void> {
  await import("@tensorflow/tfjs-backend-wasm");
  for (const name of ["BatchMatMul", "Conv2DBackpropInput"]) {
    const kernel = tf.getKernel(name, "wasm");
    if (kernel) stock.set(name, kernel);
  }
}

/** Runs a stock kernel and frees its result. */
export function runStock(name: string, inputs: object, attrs: object): void {
  const backend = tf.backend();
  const out = stock.get(name)!.kernelFunc({ inputs: inputs as never, backend, attrs: attrs as never }) as tf.TensorInfo;
  backend.disposeData(out.dataId);
}
