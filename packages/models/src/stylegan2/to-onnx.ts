import { type Dim, floats, GraphBuilder, type OnnxModel } from "@latentflow/onnx";
import { SLOPE } from "../kernels/constants.js";
import { floatsOf, type NamedTensors } from "../tensors-by-name.js";
import { layerName, rgbName, rowCount, type StyleGan2Architecture, sideOfLayer, styledLayerCount } from "./architecture.js";
import { GAIN } from "./layers.js";

const BLUR = [1, 3, 3, 1].map((x) => x / 4);

/** Doubling along one axis: the even output reads (1 · left + 3 · middle) / 4, the odd one (3 · middle + 1 · right) / 4. */
const DOUBLING = [
  [1 / 4, 3 / 4, 0],
  [0, 3 / 4, 1 / 4],
];

/**
 * The synthesis as an ONNX graph: "w" [n, rows, latentDim] → "images" [n, 3, side, side], with the noise of the file. As in `synthesize`, all images
 * share one filter: scale the input channels, convolve, scale the output channels. Gains, noise and bias are folded into one constant a layer.
 *
 * @param noise "inputs": the maps are inputs "noise_0", "noise_1", … [n, 1, side, side] of the graph
 */
export function styleGan2ToOnnx(
  architecture: StyleGan2Architecture,
  tensors: NamedTensors,
  noise: "fixed" | "inputs" = "fixed",
): OnnxModel {
  const { channels, latentDim, resolution } = architecture;
  const graph = new GraphBuilder({ name: "StyleGAN2 synthesis" });
  const rows = rowCount(architecture);
  const w = graph.input("w", ["n", rows, latentDim]);
  const codes = graph.ops("Split", [w, graph.ints(Array<number>(rows).fill(1))], rows, { axis: { int: 1 } });
  const writer = new SynthesisWriter(graph, architecture, (name) => floatsOf("toOnnx", tensors, name), noise === "inputs");
  let x = graph.constant(floats([1, channels[0]!, 4, 4], writer.weights("input.input")), "constant");
  let picture: string | undefined;
  for (let i = 0; i < styledLayerCount(architecture); i++) {
    x = writer.styledLayer(i, x, codes[i]!);
    if (i % 2 === 1) continue;
    const rgb = writer.rgb(i / 2, x, codes[i + 1]!);
    picture = picture === undefined ? rgb : graph.op("Add", [writer.doubled(picture), rgb]);
  }
  const dims: Dim[] = ["n", 3, resolution, resolution];
  graph.output("images", picture!, dims);
  return graph.build();
}

class SynthesisWriter {
  constructor(
    private readonly graph: GraphBuilder,
    private readonly architecture: StyleGan2Architecture,
    readonly weights: (name: string) => Float32Array,
    private readonly noiseIsGiven: boolean,
  ) {}

  /** leakyRelu(demodulation · convolution(style · x) + noise + bias); the odd layers double the side. */
  styledLayer(i: number, x: string, code: string): string {
    const { graph } = this;
    const { channels, family, convClamp } = this.architecture;
    const name = layerName(i);
    const level = Math.ceil(i / 2);
    const up = i % 2 === 1;
    const [inputs, outputs] = [channels[up ? level - 1 : level]!, channels[level]!];
    const scale = family === "rosinality" ? 1 / Math.sqrt(inputs * 9) : 1;
    const weight = this.weights(`${name}.conv.weight`).map((value) => value * scale);
    const style = this.style(name, code, inputs);
    const scaled = graph.op("Mul", [x, graph.reshape(style, [-1, inputs, 1, 1])]);
    const convolved = up
      ? this.upConvolution(scaled, weight, inputs, outputs)
      : this.convolution(scaled, weight, inputs, outputs);
    const demodulated = graph.op("Mul", [convolved, this.demodulation(style, weight, inputs, outputs)]);
    const shifted = this.noiseIsGiven
      ? graph.op("Add", [graph.op("Add", [demodulated, this.givenNoise(i)]), this.bias(i, outputs)])
      : graph.op("Add", [demodulated, this.noiseAndBias(i, outputs)]);
    return this.clamped(graph.op("LeakyRelu", [shifted], { alpha: { float: SLOPE } }), convClamp);
  }

  /** The 1 × 1 convolution to RGB as a product: each image gets weights of its own, and its activations are read once. */
  rgb(level: number, x: string, code: string): string {
    const { graph } = this;
    const { channels, convClamp } = this.architecture;
    const inputs = channels[level]!;
    const side = 4 << level;
    const name = rgbName(level);
    const weight = this.weights(`${name}.conv.weight`).map((value) => value / Math.sqrt(inputs));
    const weights = graph.op("Mul", [
      this.style(name, code, inputs),
      graph.constant(floats([3, inputs], weight), `${name}.weight`),
    ]);
    const flat = graph.op("MatMul", [weights, graph.reshape(x, [-1, inputs, side * side])]);
    const bias = graph.constant(floats([3, 1, 1], this.weights(`${name}.bias`)), `${name}.bias`);
    return this.clamped(graph.op("Add", [graph.reshape(flat, [-1, 3, side, side]), bias]), convClamp);
  }

  /** A picture [n, 3, h, w] → [n, 3, 2h, 2w]: one convolution makes the four pixels of each cell. */
  doubled(picture: string): string {
    const { graph } = this;
    const weight = new Float32Array(12 * 3 * 9);
    for (let phase = 0; phase < 4; phase++) {
      for (let c = 0; c < 3; c++) {
        for (let tap = 0; tap < 9; tap++) {
          weight[((phase * 3 + c) * 3 + c) * 9 + tap] =
            DOUBLING[phase >> 1]![Math.floor(tap / 3)]! * DOUBLING[phase & 1]![tap % 3]!;
        }
      }
    }
    const cells = graph.op("Conv", [picture, graph.constant(floats([12, 3, 3, 3], weight), "doubling")], {
      pads: { ints: [1, 1, 1, 1] },
    });
    return graph.op("DepthToSpace", [cells], { blocksize: { int: 2 }, mode: { string: "DCR" } });
  }

  /** A row of w → the scale of every input channel, [n, 1, inputs]. */
  private style(name: string, code: string, inputs: number): string {
    const { graph } = this;
    const { latentDim } = this.architecture;
    const weight = this.weights(`${name}.conv.modulation.weight`);
    const transposed = new Float32Array(weight.length);
    for (let c = 0; c < inputs; c++) {
      for (let k = 0; k < latentDim; k++) transposed[k * inputs + c] = weight[c * latentDim + k]! / Math.sqrt(latentDim);
    }
    const product = graph.op("MatMul", [
      code,
      graph.constant(floats([latentDim, inputs], transposed), `${name}.modulation.weight`),
    ]);
    return graph.op("Add", [
      product,
      graph.constant(floats([inputs], this.weights(`${name}.conv.modulation.bias`)), `${name}.modulation.bias`),
    ]);
  }

  private convolution(x: string, weight: Float32Array, inputs: number, outputs: number): string {
    const filter = this.graph.constant(floats([outputs, inputs, 3, 3], weight), "filter");
    return this.graph.op("Conv", [x, filter], { pads: { ints: [1, 1, 1, 1] } });
  }

  /** Transposed convolution of stride 2, then the blur of its (2h + 1)² pixels to (2h)². */
  private upConvolution(x: string, weight: Float32Array, inputs: number, outputs: number): string {
    const { graph } = this;
    const filter = new Float32Array(weight.length);
    for (let o = 0; o < outputs; o++) {
      for (let c = 0; c < inputs; c++)
        filter.set(weight.subarray((o * inputs + c) * 9, (o * inputs + c + 1) * 9), (c * outputs + o) * 9);
    }
    const doubled = graph.op("ConvTranspose", [x, graph.constant(floats([inputs, outputs, 3, 3], filter), "filter")], {
      strides: { ints: [2, 2] },
    });
    const blur = Float32Array.from({ length: outputs * 16 }, (_, i) => BLUR[(i >> 2) & 3]! * BLUR[i & 3]!);
    return graph.op("Conv", [doubled, graph.constant(floats([outputs, 1, 4, 4], blur), "blur")], {
      pads: { ints: [1, 1, 1, 1] },
      group: { int: outputs },
    });
  }

  /** √2 / √(Σ (style · filter)² + 1e-8), [n, outputs, 1, 1]. */
  private demodulation(style: string, weight: Float32Array, inputs: number, outputs: number): string {
    const { graph } = this;
    const energy = new Float32Array(inputs * outputs);
    for (let i = 0; i < weight.length; i++) {
      const pair = Math.floor(i / 9);
      energy[(pair % inputs) * outputs + Math.floor(pair / inputs)]! += weight[i]! ** 2 / GAIN ** 2;
    }
    const sums = graph.op("MatMul", [
      graph.op("Mul", [style, style]),
      graph.constant(floats([inputs, outputs], energy), "energy"),
    ]);
    const root = graph.op("Sqrt", [graph.op("Add", [sums, graph.float(1e-8 / GAIN ** 2)])]);
    return graph.reshape(graph.op("Reciprocal", [root]), [-1, outputs, 1, 1]);
  }

  /** The fixed noise and the bias with their gain, [1, outputs, side, side]. */
  private noiseAndBias(i: number, outputs: number): string {
    const name = layerName(i);
    const side = sideOfLayer(i);
    const strength = this.weights(`${name}.noise.weight`)[0]!;
    const noise = this.weights(`noises.noise_${i}`);
    const bias = this.weights(`${name}.activate.bias`);
    const pixels = side * side;
    const sum = Float32Array.from(
      { length: outputs * pixels },
      (_, at) => GAIN * (strength * noise[at % pixels]! + bias[Math.floor(at / pixels)]!),
    );
    return this.graph.constant(floats([1, outputs, side, side], sum), `${name}.noise_and_bias`);
  }

  /** Noise that is an input, with its gain, [n, 1, side, side]. */
  private givenNoise(i: number): string {
    const side = sideOfLayer(i);
    const noise = this.graph.input(`noise_${i}`, ["n", 1, side, side]);
    return this.graph.op("Mul", [noise, this.graph.float(GAIN * this.weights(`${layerName(i)}.noise.weight`)[0]!)]);
  }

  /** The bias with its gain, [1, outputs, 1, 1]. */
  private bias(i: number, outputs: number): string {
    const values = this.weights(`${layerName(i)}.activate.bias`).map((value) => GAIN * value);
    return this.graph.constant(floats([1, outputs, 1, 1], values), `${layerName(i)}.bias`);
  }

  private clamped(x: string, limit: number | null): string {
    return limit === null ? x : this.graph.op("Clip", [x, this.graph.float(-limit), this.graph.float(limit)]);
  }
}
