import { type DeclaredOptions, type GivenOptions, type OptionValues, readOptions } from "@latentflow/core";
import type { GraphBuilder } from "@latentflow/onnx";
import { avgPool, concat, mul, reshape, slice, sub, type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import type { ImageDistance, ImageSize } from "./distance.js";

const PYRAMID = {
  /** Sizes at which images are compared, each half of the one before, as far as 2 × 2 pixels. Default 5. */
  levels: { default: 5, min: 1, max: 16, integer: true },
  /** Weight of the differences between neighbouring pixels, beside the pixels themselves. Default 1. */
  gradientWeight: { default: 1, min: 0 },
} as const satisfies DeclaredOptions;

export interface PyramidDistanceOptions extends GivenOptions<typeof PYRAMID> {}

/**
 * A distance without weights: mean squared differences of pixels, and of differences between neighbouring pixels (edges), averaged over an image pyramid.
 * The coarse levels draw towards what lies far away, the fine ones and the edges make sharp.
 */
export class PyramidDistance implements ImageDistance {
  readonly name = "L2 pyramid";
  private readonly options: OptionValues<typeof PYRAMID>;

  constructor(options: PyramidDistanceOptions = {}) {
    this.options = readOptions("PyramidDistance", PYRAMID, options, ModelsError);
  }

  features(images: Tensor4D): Tensor2D {
    checkImages("features", "images", images);
    const parts = new OnTensors();
    return tidy(() => concat(this.parts(parts, images, { height: images.shape[1], width: images.shape[2] }), 1));
  }

  toGraph(graph: GraphBuilder, images: string, size: ImageSize): string {
    return graph.op("Concat", this.parts(new InGraph(graph), images, size), { axis: { int: 1 } });
  }

  /** What is compared, [n, f] each. */
  private parts<X, Flat>(on: Planes<X, Flat>, images: X, size: ImageSize): Flat[] {
    const { gradientWeight } = this.options;
    const sizes = this.sizes(size);
    let level = images;
    return sizes.flatMap(({ height, width }, i) => {
      if (i > 0) level = on.halve(level);
      const weight = (pixels: number, factor: number) => Math.sqrt(factor / (3 * pixels * sizes.length));
      const parts = [on.flatten(level, weight(height * width, 1))];
      if (gradientWeight > 0 && width > 1)
        parts.push(on.flatten(on.steps(level, "width", width), weight(height * (width - 1), gradientWeight)));
      if (gradientWeight > 0 && height > 1)
        parts.push(on.flatten(on.steps(level, "height", height), weight((height - 1) * width, gradientWeight)));
      return parts;
    });
  }

  private sizes({ height, width }: ImageSize): ImageSize[] {
    const sizes = [{ height, width }];
    while (sizes.length < this.options.levels) {
      const last = sizes.at(-1)!;
      const next = { height: Math.floor(last.height / 2), width: Math.floor(last.width / 2) };
      if (Math.min(next.height, next.width) < 2) break;
      sizes.push(next);
    }
    return sizes;
  }
}

/** What the pyramid does with images. */
interface Planes<X, Flat> {
  /** Means of 2 × 2 pixels; an odd last row or column is left out. */
  halve(x: X): X;
  /** Differences of neighbours along an axis of `length` pixels. */
  steps(x: X, axis: "height" | "width", length: number): X;
  flatten(x: X, factor: number): Flat;
}

class OnTensors implements Planes<Tensor4D, Tensor2D> {
  halve(x: Tensor4D): Tensor4D {
    return avgPool(x, 2, 2, "valid");
  }

  steps(x: Tensor4D, axis: "height" | "width", length: number): Tensor4D {
    const [n, height, width, channels] = x.shape;
    const down = axis === "height";
    const size: [number, number, number, number] = down ? [n, length - 1, width, channels] : [n, height, length - 1, channels];
    return sub(slice(x, down ? [0, 1, 0, 0] : [0, 0, 1, 0], size), slice(x, [0, 0, 0, 0], size));
  }

  flatten(x: Tensor4D, factor: number): Tensor2D {
    return mul(reshape(x, [x.shape[0], -1]), factor) as Tensor2D;
  }
}

class InGraph implements Planes<string, string> {
  constructor(private readonly graph: GraphBuilder) {}

  halve(x: string): string {
    return this.graph.op("AveragePool", [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
  }

  steps(x: string, side: "height" | "width", length: number): string {
    const axis = side === "height" ? 2 : 3;
    return this.graph.op("Sub", [this.graph.slice(x, axis, 1, length), this.graph.slice(x, axis, 0, length - 1)]);
  }

  flatten(x: string, factor: number): string {
    return this.graph.op("Mul", [this.graph.op("Flatten", [x], { axis: { int: 1 } }), this.graph.float(factor)]);
  }
}
