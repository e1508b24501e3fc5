import { conv2d, depthwiseConv2d, keep, reshape, type Tensor4D, tensor4d, transpose } from "@tensorflow/tfjs-core";

import { hasChannelKernels, runChannelKernel } from "../channels/channel-gradients.js";
import { KERNELS } from "../channels/channel-kernels.js";

/**
 * Filters with [1, 3, 3, 1] along both axes, sum 4: what doubling the side leaves of a constant is the constant. Beyond the border it is zero.
 */
export class Resampler {
  private readonly blurs: ReadonlyMap<number, Tensor4D>;
  private readonly doubling: Tensor4D;

  /** @param channels every number of channels that `blur` will meet */
  constructor(channels: readonly number[]) {
    this.blurs = new Map([...new Set(channels)].map((count) => [count, keep(blurFilter(count))]));
    this.doubling = keep(doublingFilter(RGB));
  }

  /** [n, 2h + 1, 2w + 1, c], a transposed convolution's output → [n, 2h, 2w, c]. */
  blur(x: Tensor4D): Tensor4D {
    if (hasChannelKernels()) return runChannelKernel(KERNELS.blur, { x }, { padding: 1 }) as Tensor4D;
    return depthwiseConv2d(x, this.blurs.get(x.shape[3])!, 1, ONE_PIXEL as never);
  }

  /** A picture [n, h, w, 3] → [n, 2h, 2w, 3]. */
  double(x: Tensor4D): Tensor4D {
    const [n, h, w, c] = x.shape;
    const phases = conv2d(x, this.doubling, 1, "same");
    return reshape(transpose(reshape(phases, [n, h, w, 2, 2, c]), [0, 1, 3, 2, 4, 5]), [n, 2 * h, 2 * w, c]);
  }

  dispose(): void {
    this.doubling.dispose();
    for (const filter of this.blurs.values()) filter.dispose();
  }
}

const RGB = 3;
const BLUR = [1, 3, 3, 1].map((x) => x / 4);
const ONE_PIXEL = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];

/** [4, 4, channels, 1] */
function blurFilter(channels: number): Tensor4D {
  const values = new Float32Array(16 * channels);
  for (let tap = 0; tap < 16; tap++) values.fill(BLUR[tap >> 2]! * BLUR[tap & 3]!, tap * channels, (tap + 1) * channels);
  return tensor4d(values, [4, 4, channels, 1]);
}

/**
 * Doubling as a convolution that makes the four pixels of each output cell as 4c channels: along one axis, the even output reads
 * (1 · left + 3 · middle) / 4, the odd one (3 · middle + 1 · right) / 4.
 */
function doublingFilter(channels: number): Tensor4D {
  const taps = [
    [1 / 4, 3 / 4, 0],
    [0, 3 / 4, 1 / 4],
  ];
  const values = new Float32Array(9 * channels * 4 * channels);
  for (let tap = 0; tap < 9; tap++) {
    for (let phase = 0; phase < 4; phase++) {
      const weight = taps[phase >> 1]![Math.floor(tap / 3)]! * taps[phase & 1]![tap % 3]!;
      for (let c = 0; c < channels; c++) values[(tap * channels + c) * 4 * channels + phase * channels + c] = weight;
    }
  }
  return tensor4d(values, [3, 3, channels, 4 * channels]);
}
