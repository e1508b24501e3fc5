import {
  add,
  clipByValue,
  matMul,
  mul,
  reshape,
  rsqrt,
  slice,
  square,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tile,
} from "@tensorflow/tfjs-core";
import { scaleChannels } from "../kernels/scale-channels.js";
import { styledActivation } from "../kernels/styled-activation.js";
import { GAIN, type Modulation, type RgbLayer, type StyledLayer, type SynthesisLayers } from "./layers.js";
import type { Resampler } from "./resample.js";

/** What the synthesis needs besides the code. */
export interface SynthesisContext {
  readonly layers: SynthesisLayers;
  readonly resampler: Resampler;
  readonly convClamp: number | null;
  /** Noise of layer i, times its strength and √2: [1 or n, side, side, 1]; undefined: none. */
  readonly noise: (layer: number) => Tensor4D | undefined;
}

/**
 * Images from codes (Karras et al. 2020, arXiv:1912.04958, figures 2 and 7). A modulated convolution is written as: scale the input channels by the
 * style, convolve all images with the same filter, scale the output channels by the demodulation (section 2.2: the two are equal).
 *
 * @param w [n, d], or [n, rows, d] with one row a layer
 * @returns [n, side, side, 3]
 */
export function synthesize(w: Tensor, { layers, resampler, convClamp, noise }: SynthesisContext): Tensor4D {
  const row = rowsOf(w);
  const images = w.shape[0]!;
  let x = tile(layers.constant, [images, 1, 1, 1]);
  let picture: Tensor4D | undefined;
  layers.styled.forEach((layer, i) => {
    x = styled(x, row(i), layer, resampler, noise(i), convClamp);
    if (i % 2 === 1) return;
    const rgb = toRgb(x, row(i + 1), layers.rgb[i / 2]!, convClamp);
    picture = picture ? add(resampler.double(picture), rgb) : rgb;
  });
  return picture!;
}

function rowsOf(w: Tensor): (row: number) => Tensor2D {
  if (w.rank === 2) return () => w as Tensor2D;
  const [n, , d] = w.shape as [number, number, number];
  return (row) => reshape(slice(w, [0, row, 0], [n, 1, d]), [n, d]);
}

function styleOf(w: Tensor2D, { weight, bias }: Modulation): Tensor2D {
  return add(matMul(w, weight), bias);
}

function styled(
  x: Tensor4D,
  w: Tensor2D,
  layer: StyledLayer,
  resampler: Resampler,
  noise: Tensor4D | undefined,
  clamp: number | null,
): Tensor4D {
  const style = styleOf(w, layer.modulation);
  const scaled = scaleChannels(x, style);
  const convolved = layer.convolution.apply(scaled);
  const y = layer.up ? resampler.blur(convolved) : convolved;
  const demodulation = mul(rsqrt(add(matMul(square(style), layer.energy), 1e-8)), GAIN) as Tensor2D;
  return styledActivation(y, { demodulation, noise, bias: layer.bias, clamp });
}

/** One matrix for all pixels of all images: weights of each image's own would read the activations once less, but their gradient costs more than that. */
function toRgb(x: Tensor4D, w: Tensor2D, layer: RgbLayer, clamp: number | null): Tensor4D {
  const [n, h, width, c] = x.shape;
  const scaled = reshape(scaleChannels(x, styleOf(w, layer.modulation)), [n * h * width, c]);
  const rgb = add(reshape(matMul(scaled, layer.weight), [n, h, width, 3]), layer.bias) as Tensor4D;
  return clamp === null ? rgb : clipByValue(rgb, -clamp, clamp);
}
