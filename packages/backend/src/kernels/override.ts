import type { KernelBackend } from "@tensorflow/tfjs-core";
import { getKernel, type NamedAttrMap, registerKernel, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";

/** A kernel's inputs by name, as tfjs hands them over. */
export type Inputs = { readonly [name: string]: TensorInfo | undefined };

/** What tfjs calls when it runs a kernel of backend B. */
export type KernelFunction<B extends KernelBackend> = (args: { inputs: Inputs; backend: B; attrs: NamedAttrMap }) => TensorInfo;

/** A kernel of ours: `make` gets the stock kernel, if there is one, to fall back on. */
export interface KernelOverride<B extends KernelBackend> {
  readonly kernelName: string;
  make(stock: KernelFunction<B> | undefined): KernelFunction<B>;
}

const ours = new WeakSet<object>();

/** Whether a kernel of ours stands in this place. */
export function isOurs(kernelName: string, backendName: string): boolean {
  const kernel = getKernel(kernelName, backendName) as ReturnType<typeof getKernel> | undefined;
  return kernel?.kernelFunc !== undefined && ours.has(kernel.kernelFunc);
}

/** Puts a kernel in the stock one's place. Safe to call again: it never stacks, and it wins back a place that a later stock import took. */
export function installOverride<B extends KernelBackend>(backendName: string, { kernelName, make }: KernelOverride<B>): void {
  const stock = getKernel(kernelName, backendName) as ReturnType<typeof getKernel> | undefined;
  if (isOurs(kernelName, backendName)) return;
  if (stock) unregisterKernel(kernelName, backendName);
  const kernelFunc = make(stock?.kernelFunc as unknown as KernelFunction<B> | undefined);
  ours.add(kernelFunc);
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: kernelFunc as never,
    ...(stock?.setupFunc ? { setupFunc: stock.setupFunc } : {}),
  });
}
