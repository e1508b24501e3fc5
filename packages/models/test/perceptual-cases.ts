import { differentiate, floats, gradientName, OnnxSession } from "@latentflow/onnx";
import { grad, memory, mul, sum, type Tensor, type Tensor4D, tensor, transpose } from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { distanceToOnnx, type ImageDistance, imageDistances, Lpips, Vgg16 } from "../src/index.js";
import reference from "./reference/perceptual.json" with { type: "json" };
import { expectClose, seeded } from "./reference.js";
import { seededNetwork, seededUniforms } from "./seeded-weights.js";

export const picture = (name: string, n: number, side: number) => mul(seeded(name, [n, side, side, 3]), 0.5) as Tensor4D;

/** Shapes of torchvision's `features`: index, outputs, inputs, side. */
const CONVOLUTIONS = {
  alexnet: [
    [0, 64, 3, 11],
    [3, 192, 64, 5],
    [6, 384, 192, 3],
    [8, 256, 384, 3],
    [10, 256, 256, 3],
  ],
  vgg16: [
    ...[
      [0, 64, 3, 3],
      [2, 64, 64, 3],
      [5, 128, 64, 3],
      [7, 128, 128, 3],
      [10, 256, 128, 3],
      [12, 256, 256, 3],
    ],
    ...[
      [14, 256, 256, 3],
      [17, 512, 256, 3],
      [19, 512, 512, 3],
      [21, 512, 512, 3],
      [24, 512, 512, 3],
      [26, 512, 512, 3],
    ],
    [28, 512, 512, 3],
  ],
} as const;

/** What LPIPS reads: channels of each activation. */
const TAPS = { alexnet: [64, 192, 384, 256, 256], vgg16: [64, 128, 256, 512, 512] } as const;

/** @param divisor of the channels */
export function featureTensors(network: keyof typeof CONVOLUTIONS, divisor: number) {
  const shapes = CONVOLUTIONS[network].flatMap(([index, outputs, inputs, side]): [string, number[]][] => [
    [`features.${index}.weight`, [outputs! / divisor, inputs === 3 ? 3 : inputs! / divisor, side!, side!]],
    [`features.${index}.bias`, [outputs! / divisor]],
  ]);
  return seededNetwork(shapes);
}

export function lpipsTensors(network: keyof typeof CONVOLUTIONS, divisor: number) {
  const tensors = featureTensors(network, divisor);
  for (const [k, whole] of TAPS[network].entries()) {
    const count = whole / divisor;
    const name = `lin${k}.model.1.weight`;
    tensors.set(name, { dtype: "float32", shape: [1, count, 1, 1], data: seededUniforms(name, count).map(Math.abs) });
  }
  return tensors;
}

/** Distances and the gradient of their sum with respect to the first images, on ONNX Runtime. */
export async function onOnnx(
  distance: ImageDistance,
  a: Tensor4D,
  b: Tensor4D,
): Promise<{ distances: Tensor; gradient: Tensor }> {
  const [, height, width] = a.shape;
  const graph = distanceToOnnx(distance, { height, width });
  const model = differentiate(graph, { outputs: ["distances"], wrt: ["images"], cotangents: "ones" });
  const session = await OnnxSession.create(model, { threads: 1 });
  const planes = (x: Tensor4D) => {
    const turned = transpose(x, [0, 3, 1, 2]);
    return floats(turned.shape, turned.dataSync());
  };
  const outputs = await session.run({ images: planes(a), others: planes(b) });
  await session.dispose();
  const [distances, gradient] = ["distances", gradientName("images")].map((name) => outputs[name]!);
  return {
    distances: tensor(distances!.data as Float32Array, [...distances!.dims]),
    gradient: transpose(tensor(gradient!.data as Float32Array, [...gradient!.dims]), [0, 2, 3, 1]),
  };
}

export const gradientOnTfjs = (distance: ImageDistance, a: Tensor4D, b: Tensor4D) =>
  grad((x) => sum(imageDistances(x as Tensor4D, b, distance)))(a);

/** Networks with all channels, or with a quarter of them. */
const WIDTHS = { whole: 1, narrow: 4 } as const;
export type Width = keyof typeof WIDTHS;

/** PyTorch's distances and gradients on tfjs and on ONNX Runtime, and no tensor left behind. */
export async function checkLpips(network: keyof typeof CONVOLUTIONS, width: Width): Promise<void> {
  const { side, distances, gradient } = reference[width][network];
  const lpips = new Lpips(lpipsTensors(network, WIDTHS[width]));
  expect(lpips.network).toBe(network);
  const [a, b] = [picture("first", 2, side), picture("second", 2, side)];
  const before = memory().numTensors;
  const found = imageDistances(a, b, lpips);
  expectClose(found, distances);
  const pulled = gradientOnTfjs(lpips, a, b);
  expectClose(pulled, gradient);
  found.dispose();
  pulled.dispose();
  expect(memory().numTensors).toBe(before);
  const onnx = await onOnnx(lpips, a, b);
  expectClose(onnx.distances, distances);
  expectClose(onnx.gradient, gradient);
  lpips.dispose();
  expect(() => lpips.features(a)).toThrow("expected a distance, got one that has been disposed");
}

/** PyTorch's activations and their gradient, and the distance by them on both engines. */
export async function checkVgg16(width: Width): Promise<void> {
  const { side, activations, gradient } = reference[width].activations;
  const vgg16 = new Vgg16(featureTensors("vgg16", WIDTHS[width]));
  const images = picture("first", 1, side);
  for (const [k, activation] of vgg16.activations(images).entries()) expectClose(activation, activations[k]!);
  const halfSquares = (x: Tensor) => {
    const last = vgg16.activations(x as Tensor4D)[4]!;
    return mul(sum(mul(last, last)), 0.5);
  };
  expectClose(grad(halfSquares)(images), gradient);
  const other = picture("second", 1, side);
  const [here] = imageDistances(images, other, vgg16).dataSync();
  const onnx = await onOnnx(vgg16, images, other);
  expect(onnx.distances.dataSync()[0]! / here!).toBeCloseTo(1, 4);
  const [mine, theirs] = [gradientOnTfjs(vgg16, images, other), onnx.gradient].map((x) => Array.from(x.dataSync<"float32">()));
  const largest = Math.max(...mine!.map(Math.abs));
  const worst = Math.max(...mine!.map((value, i) => Math.abs(value - theirs![i]!)));
  expect(worst).toBeLessThan(1e-3 * largest);
  vgg16.dispose();
}
