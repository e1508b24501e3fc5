import { allocate, release } from "@latentflow/backend/wasm";
import { mul, reshape, type Tensor, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";
import { hasSimdKernels } from "./simd-kernels.js";
import { addresses, runOp, sizes, type WasmOp } from "./wasm-op.js";

/** x [n, h, w, c] · scale [n, c]: every channel of every image times a number of its own. */
export function scaleChannels(x: Tensor4D, scale: Tensor2D): Tensor4D {
  if (hasSimdKernels()) return runOp(scaling, { x, scale }, {}) as Tensor4D;
  const [n, c] = scale.shape;
  return mul(x, reshape(scale, [n, 1, 1, c]));
}

const scaling: WasmOp<object> = {
  kernelName: "ScaleChannels",
  compute({ backend, simd }, { x, scale }) {
    const { images, pixels, channels } = sizes(x!);
    const out = allocate(backend, x!.shape);
    simd.scaleChannels(...addresses(backend, x, scale, out), images, pixels, channels);
    return out;
  },
  inputsToSave: ["x", "scale"],
  gradFunc: (dy, saved) => {
    const [x, scale] = saved as [Tensor, Tensor];
    return {
      x: () => runOp(scaling, { x: dy as Tensor, scale }, {}),
      scale: () => channelDot(dy as Tensor, x),
    };
  },
};

/** Sum of a · b over the pixels, [n, h, w, c] twice → [n, c]: the gradient of a scaling. Needs `hasSimdKernels()`. */
export function channelDot(a: Tensor, b: Tensor): Tensor {
  return runOp(dotProduct, { a, b }, {});
}

/** Has a gradient itself, so that the gradient of a scaling can be differentiated, too. */
const dotProduct: WasmOp<object> = {
  kernelName: "ChannelDot",
  compute({ backend, simd }, { a, b }) {
    const { images, pixels, channels } = sizes(a!);
    const [out, sums] = [allocate(backend, [images, channels]), allocate(backend, [2 * channels])];
    simd.channelDot(...addresses(backend, a, b, out, sums), images, pixels, channels);
    release(backend, sums);
    return out;
  },
  inputsToSave: ["a", "b"],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [Tensor, Tensor];
    return {
      a: () => runOp(scaling, { x: b, scale: dy as Tensor }, {}),
      b: () => runOp(scaling, { x: a, scale: dy as Tensor }, {}),
    };
  },
};
