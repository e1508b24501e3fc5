import { type KernelBackend, slice_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { KernelOverride } from "./override.js";

/** What tfjs gives the kernel, and its gradient. */
export interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

/** Slices with steps whose mask drops or adds an axis: the stock kernels read from the wrong axes then. Here the masks are resolved beforehand. */
export function stridedSlice<B extends KernelBackend>(): KernelOverride<B> {
  return {
    kernelName: "StridedSlice",
    make(stock) {
      if (stock === undefined) {
        throw new BackendError("StridedSlice: expected the backend's own kernels to be imported before they are replaced.");
      }
      return (args) => {
        const { shape } = args.inputs.x as TensorInfo;
        const given = args.attrs as unknown as StridedSliceAttributes;
        if (!given.ellipsisMask && !given.newAxisMask && !given.shrinkAxisMask) return stock(args);
        const info = slice_util.sliceInfo(
          shape,
          given.begin,
          given.end,
          given.strides,
          given.beginMask,
          given.endMask,
          given.ellipsisMask,
          given.newAxisMask,
          given.shrinkAxisMask,
        );
        const { begin, end, strides } = info;
        // An end before the first element, going backwards, would be read as one counted from the end.
        const endMask = end.reduce((mask, place, axis) => (place < 0 ? mask | (1 << axis) : mask), 0);
        const plain = { begin, end, strides, beginMask: 0, endMask, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
        const out = stock({ ...args, attrs: plain as never });
        return { ...out, shape: info.finalShape };
      };
    },
  };
}
