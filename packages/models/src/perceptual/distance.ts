import { describeValue } from "@latentflow/core";
import { GraphBuilder, type OnnxModel } from "@latentflow/onnx";
import { square, sub, sum, type Tensor1D, type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** A way to compare images: their distance is the squared Euclidean distance of the numbers that it makes of each. */
export interface ImageDistance {
  /** For people, such as "LPIPS (VGG16)". */
  readonly name: string;
  /** images [n, height, width, 3] in about [-1, 1] → [n, f], differentiable. */
  features(images: Tensor4D): Tensor2D;
  /** Writes itself into a graph: images [n, 3, height, width] → [n, f]. Needed on ONNX Runtime only. */
  toGraph?(graph: GraphBuilder, images: string, size: ImageSize): string;
}

/**
 * Distances of images from others, one by one.
 *
 * @param images [n, height, width, 3] in about [-1, 1]
 * @param others as many of the same size, or one for all
 * @returns [n]
 */
export function imageDistances(images: Tensor4D, others: Tensor4D, distance: ImageDistance): Tensor1D {
  checkImages("imageDistances", "images", images);
  checkImages("imageDistances", "others", others);
  checkDistance("imageDistances", distance);
  const fits = [1, images.shape[0]].includes(others.shape[0]) && images.shape.slice(1).join() === others.shape.slice(1).join();
  if (!fits)
    throw new ModelsError(
      `imageDistances: expected others of shape [${images.shape.join(", ")}], or one of that size, got [${others.shape.join(", ")}].`,
    );
  return tidy(() => sum(square(sub(distance.features(images), distance.features(others))), 1) as Tensor1D);
}

/** Distances as a graph: "images" and "others" [n, 3, height, width] → "distances" [n]. */
export function distanceToOnnx(distance: ImageDistance, size: ImageSize): OnnxModel {
  checkDistance("distanceToOnnx", distance);
  const { toGraph } = distance;
  if (toGraph === undefined)
    throw new ModelsError(`distanceToOnnx: expected a distance with toGraph, got "${distance.name}", which has none.`);
  const graph = new GraphBuilder({ name: distance.name });
  const [a, b] = ["images", "others"].map((name) => {
    const images = graph.input(name, ["n", 3, size.height, size.width]);
    return toGraph.call(distance, graph, images, size);
  }) as [string, string];
  graph.output("distances", squaredDistance(graph, a, b), ["n"]);
  return graph.build();
}

/** Two values [n, f] → [n]. */
export function squaredDistance(graph: GraphBuilder, a: string, b: string): string {
  const difference = graph.op("Sub", [a, b]);
  return graph.reduceSum(graph.op("Mul", [difference, difference]), [1], false);
}

/** Throws unless it is a distance. Returns it. */
export function checkDistance(caller: string, distance: ImageDistance): ImageDistance {
  const { features, name } = (distance ?? {}) as Partial<ImageDistance>;
  if (typeof features === "function" && typeof name === "string") return distance;
  throw new ModelsError(
    `${caller}: expected a distance with name and features(images), such as new PyramidDistance(), got ${describeValue(distance)}.`,
  );
}
