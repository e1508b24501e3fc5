import { addressOf, type BackendWasm } from "@latentflow/backend/wasm";
import {
  engine,
  type GradConfig,
  getGradient,
  getKernel,
  type NamedAttrMap,
  registerGradient,
  registerKernel,
  type Tensor,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { type SimdKernels, simdKernels } from "./simd-kernels.js";

type Inputs = Readonly<Record<string, TensorInfo | undefined>>;

/**
 * An operation on wasm with its gradient. Ours pass once over an image [n, h, w, c] where tfjs's own operations need several passes, or a transpose to sum
 * over pixels: reading and writing is what they cost.
 */
export interface WasmOp<Attributes extends object> extends GradConfig {
  compute(on: { readonly backend: BackendWasm; readonly simd: SimdKernels }, inputs: Inputs, attributes: Attributes): TensorInfo;
}

/** Runs an operation through tfjs's engine, so that it is recorded, profiled and differentiated like any other. Needs `hasSimdKernels()`. */
export function runOp<Attributes extends object>(
  op: WasmOp<Attributes>,
  inputs: Record<string, Tensor>,
  attributes: Attributes,
): Tensor {
  const { kernelName } = op;
  if (!getGradient(kernelName)) registerGradient(op);
  if (!getKernel(kernelName, "wasm")) {
    registerKernel({
      kernelName,
      backendName: "wasm",
      kernelFunc: ({ inputs, attrs, backend }) => {
        const on = backend as BackendWasm;
        return op.compute({ backend: on, simd: simdKernels(on)! }, inputs, attrs as unknown as Attributes);
      },
    });
  }
  return engine().runKernel(kernelName, inputs, attributes as NamedAttrMap) as Tensor;
}

/** In bytes; 0 for what isn't there. */
export function addresses(backend: BackendWasm, ...infos: (TensorInfo | undefined)[]): number[] {
  return infos.map((info) => (info ? addressOf(backend, info) : 0));
}

/** What our kernels see of an image [n, h, w, c]. */
export function sizes({ shape }: TensorInfo): { images: number; pixels: number; channels: number } {
  const [images, height, width, channels] = shape as [number, number, number, number];
  return { images, pixels: height * width, channels };
}
