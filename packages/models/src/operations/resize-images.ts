import type { GraphBuilder } from "@latentflow/onnx";
import { image, matMul, reshape, type Tensor2D, type Tensor4D, tensor2d, transpose } from "@tensorflow/tfjs-core";

/**
 * How images come to another size, as PyTorch's `interpolate` does without `align_corners`: "nearest" takes the pixel at ⌊i · from / to⌋, "bilinear" the
 * four around it, "antialias" (its `antialias=True`, and Pillow's bilinear) all that fall on the new pixel where images shrink.
 */
export const RESIZE_METHODS = ["nearest", "bilinear", "antialias"] as const;
export type ResizeMethod = (typeof RESIZE_METHODS)[number];

/** [n, height, width, channels] → [n, side, side, channels], differentiable. */
export function resizeImages(x: Tensor4D, side: number, method: ResizeMethod): Tensor4D {
  const [n, height, width, channels] = x.shape;
  if (height === side && width === side) return x;
  if (method === "nearest") return image.resizeNearestNeighbor(x, [side, side]);
  if (method === "bilinear") return image.resizeBilinear(x, [side, side], false, true);
  // Along one axis after the other, each a product with a constant matrix on the right.
  const rows = reshape(transpose(x, [0, 1, 3, 2]), [n * height * channels, width]);
  const wide = reshape(matMul(rows, triangles(width, side)), [n, height, channels * side]);
  const columns = reshape(transpose(wide, [0, 2, 1]), [n * channels * side, height]);
  const both: Tensor4D = reshape(matMul(columns, triangles(height, side)), [n, channels, side, side]);
  return transpose(both, [0, 3, 2, 1]);
}

/** Images [n, channels, height, width] of any size → [n, channels, side, side]. */
export function resizeInGraph(graph: GraphBuilder, x: string, side: number, method: ResizeMethod): string {
  const shape = graph.op("Shape", [x]);
  const sizes = graph.op("Concat", [graph.slice(shape, 0, 0, 2), graph.ints([side, side])], { axis: { int: 0 } });
  const resize = (attributes: Parameters<GraphBuilder["op"]>[2]) => graph.op("Resize", [x, "", "", sizes], attributes);
  if (method === "nearest")
    return resize({
      mode: { string: "nearest" },
      coordinate_transformation_mode: { string: "asymmetric" },
      nearest_mode: { string: "floor" },
    });
  const linear = { mode: { string: "linear" }, coordinate_transformation_mode: { string: "half_pixel" } };
  if (method === "bilinear") return resize(linear);
  return resize({ ...linear, antialias: { int: 1 }, exclude_outside: { int: 1 } });
}

/** Weights [from, to] of a triangle around each new pixel, as wide as it, each column with the sum 1. */
function triangles(from: number, to: number): Tensor2D {
  const width = Math.max(from / to, 1);
  const weights = new Float32Array(from * to);
  for (let o = 0; o < to; o++) {
    const centre = ((o + 0.5) * from) / to - 0.5;
    const first = Math.max(0, Math.ceil(centre - width));
    const last = Math.min(from - 1, Math.floor(centre + width));
    let sum = 0;
    for (let i = first; i <= last; i++) sum += weights[i * to + o] = Math.max(0, 1 - Math.abs(i - centre) / width);
    for (let i = first; i <= last; i++) weights[i * to + o]! /= sum;
  }
  return tensor2d(weights, [from, to]);
}
