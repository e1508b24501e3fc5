import type { Regressor } from "@latentflow/core";
import type { Preprocessing } from "@latentflow/models";
import {
  areaWeights,
  type ImageSize,
  type OnnxExportable,
  type OnnxModel,
  type Resize,
  sideLengths,
  withResize,
} from "@latentflow/onnx";
import { image, matMul, reshape, type Tensor3D, type Tensor4D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { EngineError } from "../errors.js";

/** `preprocessing` is that of a regressor which resizes by itself. */
type BothWays = Regressor & OnnxExportable & { readonly preprocessing?: Preprocessing | undefined };

/**
 * A regressor behind a resize, as a tfjs function and as a graph.
 *
 * @param from size of the images that come
 */
export async function resizedRegressor(regressor: BothWays, from: ImageSize, how: Resize): Promise<BothWays> {
  const side = regressor.preprocessing?.resize?.side;
  const graph = fixedTo(side, await regressor.toOnnx());
  const to = sideLengths(graph.inputs[0]?.dims ?? []);
  if (to === undefined)
    throw new EngineError(`expected a regressor of images of a fixed size for resize "${how}", got one of any.`);
  if (to.height === from.height && to.width === from.width) return regressor;
  return {
    attributes: regressor.attributes,
    logits: (images) => tidy(() => regressor.logits(resized(images, to, how))),
    ...(regressor.features && { features: (images: Tensor4D) => tidy(() => regressor.features!(resized(images, to, how))) }),
    toOnnx: (): OnnxModel => withResize(graph, from, how),
  };
}

/** Images of the size that a regressor brings them to by itself go through it as they are: what resizes in front of it takes the place of its own way. */
function fixedTo(side: number | undefined, graph: OnnxModel): OnnxModel {
  if (side === undefined) return graph;
  return { ...graph, inputs: graph.inputs.map((input) => ({ ...input, dims: ["n", 3, side, side] })) };
}

/** [n, height, width, 3] in another size, differentiable; as the graph of `withResize` does it. */
function resized(images: Tensor4D, to: ImageSize, how: Resize): Tensor4D {
  const sides: [number, number] = [to.height, to.width];
  if (how === "nearest") return image.resizeNearestNeighbor(images, sides, false, false);
  if (how === "bilinear") return image.resizeBilinear(images, sides, false, true);
  const [n, height, width, channels] = images.shape;
  const rows = tensor2d(areaWeights(height, to.height), [to.height, height]);
  const columns = tensor2d(areaWeights(width, to.width), [to.width, width]);
  // [n, height, width · channels], then [n · height', width, channels]: along each axis a product with a matrix of means.
  const low = matMul(reshape(rows, [1, ...rows.shape]), reshape(images, [n, height, width * channels])) as Tensor3D;
  const narrow = matMul(reshape(columns, [1, ...columns.shape]), reshape(low, [n * to.height, width, channels]));
  return reshape(narrow, [n, to.height, to.width, channels]);
}
