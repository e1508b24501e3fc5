import { allocate, release } from "@latentflow/backend/wasm";
import { depthwiseConv2d, keep, type Tensor, type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import { INNER_TAP, OUTER_TAP } from "./constants.js";
import { hasSimdKernels } from "./simd-kernels.js";
import { addresses, runOp, type WasmOp } from "./wasm-op.js";

/** The filter [1, 3, 3, 1] / 4 along both axes of an image with a pixel of zeros around. */
export class Blur {
  private readonly filters: ReadonlyMap<number, Tensor4D>;

  /** @param channels every number of channels that it will meet */
  constructor(channels: readonly number[]) {
    this.filters = new Map([...new Set(channels)].map((count) => [count, keep(filterOf(count))]));
  }

  /** [n, h, w, c] → [n, h − 1, w − 1, c] */
  apply(x: Tensor4D): Tensor4D {
    if (hasSimdKernels()) return runOp(blur, { x }, { padding: 1 }) as Tensor4D;
    return depthwiseConv2d(x, this.filters.get(x.shape[3])!, 1, ONE_PIXEL as never);
  }

  dispose(): void {
    for (const filter of this.filters.values()) filter.dispose();
  }
}

const TAPS = [OUTER_TAP, INNER_TAP, INNER_TAP, OUTER_TAP];
const ONE_PIXEL = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];

/** [4, 4, channels, 1] */
function filterOf(channels: number): Tensor4D {
  const values = new Float32Array(16 * channels);
  for (let tap = 0; tap < 16; tap++) values.fill(TAPS[tap >> 2]! * TAPS[tap & 3]!, tap * channels, (tap + 1) * channels);
  return tensor4d(values, [4, 4, channels, 1]);
}

/** The filter is symmetric, so the gradient is the same filter with as much padding as brings the size back. */
const blur: WasmOp<{ readonly padding: number }> = {
  kernelName: "BlurBy1331",
  compute({ backend, simd }, { x }, { padding }) {
    const [images, height, width, channels] = x!.shape as [number, number, number, number];
    const [outHeight, outWidth] = [height + 2 * padding - 3, width + 2 * padding - 3];
    const out = allocate(backend, [images, outHeight, outWidth, channels]);
    const scratch = allocate(backend, [width + 2 * padding + 4 * outWidth, channels]);
    simd.blur(...addresses(backend, x, out, scratch), images, height, width, channels, padding);
    release(backend, scratch);
    return out;
  },
  gradFunc: (dy, _saved, attrs) => ({
    x: () => runOp(blur, { x: dy as Tensor }, { padding: 3 - (attrs as unknown as { padding: number }).padding }),
  }),
};
