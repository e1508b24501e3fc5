import { floatsOf, type NamedTensors } from "../tensors-by-name.js";
import type { LayerName } from "./find-heads.js";
import type { HeadLayer, LinearWeights } from "./layer-stack.js";

/** PyTorch's default. */
const EPSILON = 1e-5;

/** x · scale + shift, number by number. */
interface Scaling {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

/**
 * Layers with their weights, in which no normalisation is left: in evaluation a batch normalisation scales and shifts, which the linear layer before it
 * does as well, or the one behind it, or where there is neither, one of its own.
 */
export function foldedLayers(caller: string, tensors: NamedTensors, names: readonly LayerName[]): HeadLayer[] {
  const layers: HeadLayer[] = [];
  let waiting: Scaling | undefined;
  const settle = () => {
    if (waiting) layers.push(diagonal(waiting));
    waiting = undefined;
  };
  for (const name of names) {
    if (typeof name === "string") {
      settle();
      layers.push(name);
    } else if ("linear" in name) {
      const linear = linearOf(caller, tensors, name.linear);
      layers.push(waiting ? scaledBefore(linear, waiting) : linear);
      waiting = undefined;
    } else {
      settle();
      const scaling = batchNorm(caller, tensors, name.batchNorm);
      const before = layers.at(-1);
      if (before === undefined || typeof before === "string") waiting = scaling;
      else layers[layers.length - 1] = scaledBehind(before, scaling);
    }
  }
  settle();
  return layers;
}

/** The tensors of a batch normalisation: `affine=False` leaves its gain and bias out. */
export function batchNormTensors(tensors: NamedTensors, name: string): string[] {
  const isAffine = tensors.has(`${name}.weight`) || tensors.has(`${name}.bias`);
  return [...(isAffine ? ["weight", "bias"] : []), "running_mean", "running_var"].map((part) => `${name}.${part}`);
}

function linearOf(caller: string, tensors: NamedTensors, name: string): LinearWeights {
  const weight = floatsOf(caller, tensors, `${name}.weight`);
  const outputs = tensors.get(`${name}.weight`)!.shape[0]!;
  const bias = tensors.has(`${name}.bias`) ? floatsOf(caller, tensors, `${name}.bias`) : new Float32Array(outputs);
  return { weight, bias };
}

function batchNorm(caller: string, tensors: NamedTensors, name: string): Scaling {
  const [mean, variance] = [floatsOf(caller, tensors, `${name}.running_mean`), floatsOf(caller, tensors, `${name}.running_var`)];
  const isAffine = tensors.has(`${name}.weight`);
  const gain = isAffine ? floatsOf(caller, tensors, `${name}.weight`) : mean.map(() => 1);
  const bias = isAffine ? floatsOf(caller, tensors, `${name}.bias`) : mean.map(() => 0);
  const scale = gain.map((value, c) => value / Math.sqrt(variance[c]! + EPSILON));
  return { scale, shift: bias.map((value, c) => value - mean[c]! * scale[c]!) };
}

/** s(Wx + b) + t */
function scaledBehind({ weight, bias }: LinearWeights, { scale, shift }: Scaling): LinearWeights {
  const inputs = weight.length / bias.length;
  return {
    weight: weight.map((value, i) => value * scale[Math.floor(i / inputs)]!),
    bias: bias.map((value, c) => value * scale[c]! + shift[c]!),
  };
}

/** W(sx + t) + b */
function scaledBefore({ weight, bias }: LinearWeights, { scale, shift }: Scaling): LinearWeights {
  const inputs = scale.length;
  return {
    weight: weight.map((value, i) => value * scale[i % inputs]!),
    bias: bias.map((value, c) => shift.reduce((sum, x, i) => sum + weight[c * inputs + i]! * x, value)),
  };
}

function diagonal({ scale, shift }: Scaling): LinearWeights {
  const n = scale.length;
  const weight = new Float32Array(n * n);
  scale.forEach((value, c) => {
    weight[c * n + c] = value;
  });
  return { weight, bias: shift };
}
