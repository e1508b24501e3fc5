import { conv2d, keep, reshape, type Tensor4D, tensor4d, transpose } from "@tensorflow/tfjs-core";
import { Blur } from "../kernels/blur.js";

/**
 * Filters with [1, 3, 3, 1] along both axes, sum 4: what doubling the side leaves of a constant is the constant. Beyond the border it is zero.
 */
export class Resampler {
  private readonly blurs: Blur;
  private readonly doubling: Tensor4D;

  /** @param channels every number of channels that `blur` will meet */
  constructor(channels: readonly number[]) {
    this.blurs = new Blur(channels);
    this.doubling = keep(doublingFilter(RGB));
  }

  /** [n, 2h + 1, 2w + 1, c], a transposed convolution's output → [n, 2h, 2w, c]. */
  blur(x: Tensor4D): Tensor4D {
    return this.blurs.apply(x);
  }

  /** A picture [n, h, w, 3] → [n, 2h, 2w, 3]. */
  double(x: Tensor4D): Tensor4D {
    const [n, h, w, c] = x.shape;
    const phases = conv2d(x, this.doubling, 1, "same");
    return reshape(transpose(reshape(phases, [n, h, w, 2, 2, c]), [0, 1, 3, 2, 4, 5]), [n, 2 * h, 2 * w, c]);
  }

  dispose(): void {
    this.doubling.dispose();
    this.blurs.dispose();
  }
}

const RGB = 3;

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
