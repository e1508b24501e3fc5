import type { SeededRandom } from "@latentflow/core";
import {
  add,
  clipByValue,
  mean,
  mul,
  relu,
  reshape,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  transpose,
} from "@tensorflow/tfjs-core";
import { Layers } from "./layers.js";
import type { TrainableNetwork } from "./network.js";
import { addLayer, type StateDict } from "./parameters.js";

/** All heads are one layer here; `splitHeads` parts them into PyTorch's. */
export const HEADS = "classification_heads";

interface Make {
  readonly random: SeededRandom;
  /** Classes of all attributes together. */
  readonly outputs: number;
}

/** The paper's network for MPI3D: four 4 × 4 convolutions of stride 2, a linear layer, heads; pictures of 64 × 64. */
export function cnnNetwork(
  { random, outputs }: Make,
  { height, width }: { height: number; width: number },
  widths = [32, 32, 64, 64],
  features = 256,
): TrainableNetwork {
  const parameters: StateDict = new Map();
  const names = widths.map((_, i) => `backbone.0.encoder.${2 * i}`);
  for (const [i, name] of names.entries()) addLayer(parameters, random, name, [widths[i]!, widths[i - 1] ?? 3, 4, 4]);
  const shrunk = 2 ** widths.length;
  const flat = widths.at(-1)! * Math.floor(height / shrunk) * Math.floor(width / shrunk);
  addLayer(parameters, random, "backbone.2", [features, flat]);
  addLayer(parameters, random, HEADS, [outputs, features]);
  return {
    parameters,
    buffers: new Map(),
    forward(inputs, weights) {
      const layers = new Layers(weights, null);
      const x = names.reduce<Tensor4D>(
        (x, name) => relu(layers.convolution(x, name, 2, 1)),
        clipByValue(inputs as Tensor4D, -1, 1),
      );
      // PyTorch flattens channel by channel.
      const rows = reshape(transpose(x, [0, 3, 1, 2]), [x.shape[0], flat]) as Tensor2D;
      return { logits: layers.linear(relu(layers.linear(rows, "backbone.2")), HEADS), statistics: layers.statistics };
    },
  };
}

/** Largest side for which the paper's CIFAR network keeps the size in its second layer. */
const SMALL = 32;

/** The paper's network for Isaac3D: a ResNet18 with a 3 × 3 stem and no pooling, a linear layer, heads. */
export function cifarNetwork(
  { random, outputs }: Make,
  { height, width }: { height: number; width: number },
  base = 64,
): TrainableNetwork {
  const parameters: StateDict = new Map();
  const buffers: StateDict = new Map();
  const prefix = "backbone.0.";
  const unit = (convolution: string, norm: string, shape: readonly number[]) => {
    addLayer(parameters, random, convolution, shape, false);
    const channels = [shape[0]!];
    const filled = (value: number) => ({ shape: channels, data: new Float32Array(channels[0]!).fill(value) });
    parameters.set(`${norm}.weight`, filled(1)).set(`${norm}.bias`, filled(0));
    buffers.set(`${norm}.running_mean`, filled(0)).set(`${norm}.running_var`, filled(1));
  };
  unit(`${prefix}conv1`, `${prefix}bn1`, [base, 3, 3, 3]);
  const strides = [1, Math.max(height, width) > SMALL ? 2 : 1, 2, 2];
  const blocks = strides.flatMap((stride, l) =>
    [0, 1].map((b) => ({ name: `${prefix}layer${l + 1}.${b}`, stride: b === 0 ? stride : 1, outputs: base << l })),
  );
  let inputs = base;
  const shaped = blocks.map((block) => {
    const { name, outputs, stride } = block;
    const hasShortcut = stride !== 1 || inputs !== outputs;
    unit(`${name}.conv1`, `${name}.bn1`, [outputs, inputs, 3, 3]);
    unit(`${name}.conv2`, `${name}.bn2`, [outputs, outputs, 3, 3]);
    if (hasShortcut) unit(`${name}.shortcut.0`, `${name}.shortcut.1`, [outputs, inputs, 1, 1]);
    inputs = outputs;
    return { name, stride, hasShortcut };
  });
  addLayer(parameters, random, "backbone.2", [inputs, inputs]);
  addLayer(parameters, random, HEADS, [outputs, inputs]);
  return {
    parameters,
    buffers,
    forward(images, weights, running) {
      const layers = new Layers(weights, running);
      const both = (x: Tensor4D, convolution: string, norm: string, stride: number, padding: number) =>
        layers.batchNorm(layers.convolution(x, convolution, stride, padding), norm);
      const unitImages = mul(add(clipByValue(images as Tensor4D, -1, 1), 1), 0.5) as Tensor4D;
      let x = relu(both(unitImages, `${prefix}conv1`, `${prefix}bn1`, 1, 1)) as Tensor4D;
      for (const { name, stride, hasShortcut } of shaped) {
        const y = both(relu(both(x, `${name}.conv1`, `${name}.bn1`, stride, 1)), `${name}.conv2`, `${name}.bn2`, 1, 1);
        x = relu(add(y, hasShortcut ? both(x, `${name}.shortcut.0`, `${name}.shortcut.1`, stride, 0) : x)) as Tensor4D;
      }
      const pooled = relu(mean(x, [1, 2])) as Tensor2D;
      return { logits: layers.linear(relu(layers.linear(pooled, "backbone.2")), HEADS), statistics: layers.statistics };
    },
  };
}

/** Heads of depth two on features of a frozen network: ReLU, a linear layer, ReLU, heads. Its inputs are rows of features. */
export function headNetwork({ random, outputs }: Make, featureCount: number, hidden = 512): TrainableNetwork {
  const parameters: StateDict = new Map();
  addLayer(parameters, random, "backbone.fc.1", [hidden, featureCount]);
  addLayer(parameters, random, HEADS, [outputs, hidden]);
  return {
    parameters,
    buffers: new Map(),
    forward(features: Tensor, weights) {
      const layers = new Layers(weights, null);
      const x = relu(layers.linear(relu(features) as Tensor2D, "backbone.fc.1"));
      return { logits: layers.linear(x, HEADS), statistics: layers.statistics };
    },
  };
}

/** The one layer of all heads as one an attribute, under the names of the paper's files. */
export function splitHeads(state: StateDict, classes: readonly number[]): StateDict {
  const { shape, data } = state.get(`${HEADS}.weight`)!;
  const bias = state.get(`${HEADS}.bias`)!.data;
  const inputs = shape[1]!;
  const split: StateDict = new Map([...state].filter(([name]) => !name.startsWith(`${HEADS}.`)));
  let from = 0;
  for (const [k, count] of classes.entries()) {
    split.set(`${HEADS}.${k}.weight`, { shape: [count, inputs], data: data.slice(from * inputs, (from + count) * inputs) });
    split.set(`${HEADS}.${k}.bias`, { shape: [count], data: bias.slice(from, from + count) });
    from += count;
  }
  return split;
}
