import {
  add,
  conv2d,
  customGrad,
  div,
  matMul,
  mul,
  pad,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

/** PyTorch's defaults of batch normalisation. */
export const EPSILON = 1e-5;
export const MOMENTUM = 0.1;

/** Layers of one pass, by their names in the state dict. */
export class Layers {
  /** Of each batch normalisation of the pass, the batch's own. */
  readonly statistics = new Map<string, { mean: Tensor; variance: Tensor }>();

  /** @param buffers running means and variances; null in training, where a batch is normalised by itself */
  constructor(
    private readonly parameters: ReadonlyMap<string, Tensor>,
    private readonly buffers: ReadonlyMap<string, Tensor> | null,
  ) {}

  linear(x: Tensor2D, name: string): Tensor2D {
    return add(matMul(x, this.of(`${name}.weight`) as Tensor2D), this.of(`${name}.bias`));
  }

  /** With or without a bias, as the state dict has it. */
  convolution(x: Tensor4D, name: string, stride: number, padding: number): Tensor4D {
    const filter = this.of(`${name}.weight`) as Tensor4D;
    const y = conv2d(padded(x, padding), filter, stride, "valid");
    const bias = this.parameters.get(`${name}.bias`);
    return bias === undefined ? y : add(y, bias);
  }

  batchNorm(x: Tensor4D, name: string): Tensor4D {
    const [gain, bias] = [this.of(`${name}.weight`), this.of(`${name}.bias`)];
    if (this.buffers !== null) {
      const variance = this.buffers.get(`${name}.running_var`)!;
      const scale = mul(gain, rsqrt(add(variance, EPSILON)));
      return add(mul(sub(x, this.buffers.get(`${name}.running_mean`)!), scale), bias);
    }
    const [n, height, width] = x.shape;
    const count = n * height * width;
    const own = div(sumOfPlaces(x), count) as Tensor1D;
    const variance = div(sumOfPlaces(square(sub(x, own))), count) as Tensor1D;
    this.statistics.set(name, { mean: own, variance: mul(variance, count / Math.max(1, count - 1)) });
    return normalised(x, gain as Tensor1D, bias as Tensor1D, own, rsqrt(add(variance, EPSILON)));
  }

  private of(name: string): Tensor {
    return this.parameters.get(name)!;
  }
}

const padded = (x: Tensor4D, padding: number): Tensor4D =>
  padding === 0
    ? x
    : (pad(x, [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ]) as Tensor4D);

/** Sums over all but the channels, axis by axis: what stands before a normalisation gets differences of such sums, and float32 added up at a stretch loses them. */
const sumOfPlaces = (x: Tensor): Tensor1D => sum(sum(sum(x, 2), 1), 0) as Tensor1D;

/** (x − mean) · scale · gain + bias, where mean and scale = 1/√(variance + ε) are x's own; its gradient in one formula (Ioffe & Szegedy 2015, section 3). */
function normalised(x: Tensor4D, gain: Tensor1D, bias: Tensor1D, mean: Tensor1D, scale: Tensor1D): Tensor4D {
  const [n, height, width] = x.shape;
  const count = n * height * width;
  const compute = customGrad((...inputs) => {
    const [x, gain, bias, save] = inputs as unknown as [Tensor4D, Tensor1D, Tensor1D, (tensors: Tensor[]) => void];
    const unit = mul(sub(x, mean), scale);
    save([unit, gain, scale]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [unit, gain, scale] = saved as [Tensor4D, Tensor1D, Tensor1D];
      const biasGradient = sumOfPlaces(dy);
      const gainGradient = sumOfPlaces(mul(dy, unit));
      const centred = sub(sub(dy, div(biasGradient, count)), mul(unit, div(gainGradient, count)));
      return [mul(centred, mul(gain, scale)), gainGradient, biasGradient];
    };
    return { value: add(mul(unit, gain), bias), gradFunc };
  });
  return compute(x, gain, bias) as Tensor4D;
}
