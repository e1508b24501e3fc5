import { SeededRandom } from "@latentflow/core";
import type { TorchTensor } from "./write-torch.js";

/** State dicts of the paper's three regressors under their own names, narrow, with numbers that keep activations' size. */
export type State = Map<string, TorchTensor & { readonly data: Float32Array }>;

const WIDTHS = [6, 8, 10, 12];
const FEATURES = 12;

/** FFHQ, Places365, CUB: torchvision's ResNet18. `continuous_head` is FFHQ's, which nothing uses. */
export function imagenetRegressor(classes: readonly number[], seed: number, withContinuousHead: boolean): State {
  const writer = new Writer(seed);
  resNet(writer, "backbone", { stem: 7, shortcut: "downsample" });
  writer.linear("backbone.fc.1", WIDTHS[3]!, FEATURES);
  heads(writer, classes, FEATURES);
  if (withContinuousHead) writer.linear("continuous_head", FEATURES, 1);
  return writer.state;
}

/** Isaac3D: the CIFAR form of it. */
export function cifarRegressor(classes: readonly number[], seed: number): State {
  const writer = new Writer(seed);
  resNet(writer, "backbone.0", { stem: 3, shortcut: "shortcut" });
  writer.linear("backbone.2", WIDTHS[3]!, FEATURES);
  heads(writer, classes, FEATURES);
  return writer.state;
}

/** MPI3D: four strided convolutions, of images of `side` pixels. */
export function cnnRegressor(classes: readonly number[], seed: number, side: number): State {
  const writer = new Writer(seed);
  [3, 8, 8, 8].forEach((inputs, i) => {
    writer.weights(`backbone.0.encoder.${2 * i}.weight`, [8, inputs, 4, 4]);
    writer.vector(`backbone.0.encoder.${2 * i}.bias`, 8, 0, 0.05);
  });
  writer.linear("backbone.2", 8 * (side / 16) ** 2, FEATURES);
  heads(writer, classes, FEATURES);
  return writer.state;
}

function heads(writer: Writer, classes: readonly number[], features: number): void {
  for (const [k, count] of classes.entries()) writer.linear(`classification_heads.${k}`, features, count, 3);
}

function resNet(writer: Writer, path: string, { stem, shortcut }: { stem: 3 | 7; shortcut: string }): void {
  writer.weights(`${path}.conv1.weight`, [WIDTHS[0]!, 3, stem, stem]);
  writer.norm(`${path}.bn1`, WIDTHS[0]!);
  let inputs = WIDTHS[0]!;
  for (const [layer, width] of WIDTHS.entries()) {
    for (const block of [0, 1]) {
      const at = `${path}.layer${layer + 1}.${block}`;
      writer.weights(`${at}.conv1.weight`, [width, inputs, 3, 3]);
      writer.norm(`${at}.bn1`, width);
      writer.weights(`${at}.conv2.weight`, [width, width, 3, 3]);
      writer.norm(`${at}.bn2`, width);
      if (inputs !== width) {
        writer.weights(`${at}.${shortcut}.0.weight`, [width, inputs, 1, 1]);
        writer.norm(`${at}.${shortcut}.1`, width);
      }
      inputs = width;
    }
  }
}

class Writer {
  readonly state: State = new Map();
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  /** Of variance 2 / fan-in, as networks with ReLU begin. */
  weights(name: string, shape: readonly number[], gain = 1): void {
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    this.state.set(name, { shape, data: this.random.normals(shape[0]! * fanIn, 0, gain * Math.sqrt(2 / fanIn)) });
  }

  vector(name: string, length: number, mean: number, deviation: number): void {
    this.state.set(name, { shape: [length], data: this.random.normals(length, mean, deviation) });
  }

  linear(name: string, inputs: number, outputs: number, gain = 1): void {
    this.weights(`${name}.weight`, [outputs, inputs], gain);
    this.vector(`${name}.bias`, outputs, 0, 0.05);
  }

  norm(name: string, width: number): void {
    this.vector(`${name}.weight`, width, 1, 0.05);
    this.vector(`${name}.bias`, width, 0, 0.05);
    this.vector(`${name}.running_mean`, width, 0, 0.05);
    this.state.set(`${name}.running_var`, { shape: [width], data: new Float32Array(width).fill(1) });
  }
}
