import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { getKernel, type NamedAttrMap, registerKernel, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";
import type { Inputs } from "./heap.js";

/** What tfjs calls when it runs a kernel. */
export type KernelFunction = (args: { inputs: Inputs; backend: BackendWasm; attrs: NamedAttrMap }) => TensorInfo;

/** A kernel of ours: `make` gets the stock kernel, if there is one, to fall back on. */
export interface KernelOverride {
  readonly kernelName: string;
  make(stock: KernelFunction | undefined): KernelFunction;
}

const ours = new WeakSet<object>();

/** Puts a kernel in the stock one's place. Safe to call again: it never stacks, and it wins back a place that a later stock import took. */
export function installOverride({ kernelName, make }: KernelOverride): void {
  const stock = getKernel(kernelName, "wasm") as ReturnType<typeof getKernel> | undefined;
  if (stock?.kernelFunc && ours.has(stock.kernelFunc)) return;
  if (stock) unregisterKernel(kernelName, "wasm");
  const kernelFunc = make(stock?.kernelFunc as unknown as KernelFunction | undefined);
  ours.add(kernelFunc);
  registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: kernelFunc as never,
    ...(stock?.setupFunc ? { setupFunc: stock.setupFunc } : {}),
  });
}
