import { checkChoice, checkNumber } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { checkModel } from "../graph/check.js";
import { codeOfType } from "../graph/data-types.js";
import { floats, type OnnxModel } from "../graph/model.js";
import { shapeText } from "../shapes/fact.js";
import { areImages, sideLengths } from "./images.js";

/** "area": means over what lies under each pixel; "bilinear" and "nearest": as PyTorch's `interpolate`, pixels' centres at halves for the first. */
export const RESIZES = ["area", "bilinear", "nearest"] as const;
export type Resize = (typeof RESIZES)[number];

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/**
 * A network that reads images of one size, made to read images of another: they are resized first, within its graph.
 *
 * @param size of the images that come
 * @throws OnnxError for a network whose input is not images of a fixed size
 */
export function withResize(model: OnnxModel, size: ImageSize, how: Resize): OnnxModel {
  checkModel("withResize", model);
  checkChoice("withResize", "how", how, RESIZES, OnnxError);
  const limits = { min: 1, integer: true };
  const height = checkNumber("withResize", "size.height", size?.height, limits, OnnxError);
  const width = checkNumber("withResize", "size.width", size?.width, limits, OnnxError);
  const [input, ...more] = model.inputs;
  const dims = input?.dims ?? [];
  const wanted = areImages(dims) ? sideLengths(dims) : undefined;
  if (!input || more.length > 0 || !wanted) {
    const got = model.inputs.map(({ name, dims: own }) => `${name} ${own ? shapeText(own) : "of any shape"}`).join(", ");
    throw new OnnxError(`withResize: expected one input of images of a fixed size, [n, 3, height, width], got ${got || "none"}.`);
  }
  if (wanted.height === height && wanted.width === width) return model;
  const channelsFirst = dims[1] === 3;
  const graph = new GraphBuilder({ opset: model.opset, name: model.name });
  const given = channelsFirst ? [dims[0]!, 3, height, width] : [dims[0]!, height, width, 3];
  const images = graph.input(input.name, given, input.type);
  // Half precision has no kernels for all of this.
  const float = input.type === "float32" ? images : graph.op("Cast", [images], { to: { int: codeOfType("float32") } });
  const planes = channelsFirst ? float : graph.transpose(float, [0, 3, 1, 2]);
  const resized = how === "area" ? means(graph, planes, { height, width }, wanted) : sampled(graph, planes, wanted, how);
  const turned = channelsFirst ? resized : graph.transpose(resized, [0, 2, 3, 1]);
  const typed = input.type === "float32" ? turned : graph.op("Cast", [turned], { to: { int: codeOfType(input.type) } });
  const outputs = graph.inline(model, "resized/", { [input.name]: typed });
  for (const { name, type, dims: own } of model.outputs) graph.output(name, outputs[name]!, own, type);
  return graph.build();
}

function sampled(graph: GraphBuilder, planes: string, { height, width }: ImageSize, how: "bilinear" | "nearest"): string {
  const shape = graph.op("Shape", [planes]);
  const sizes = graph.op("Concat", [graph.slice(shape, 0, 0, 2), graph.ints([height, width])], { axis: { int: 0 } });
  const way =
    how === "bilinear"
      ? { mode: { string: "linear" }, coordinate_transformation_mode: { string: "half_pixel" } }
      : {
          mode: { string: "nearest" },
          coordinate_transformation_mode: { string: "asymmetric" },
          nearest_mode: { string: "floor" },
        };
  return graph.op("Resize", [planes, "", "", sizes], way);
}

/** Along each axis a product with a matrix of means. */
function means(graph: GraphBuilder, planes: string, from: ImageSize, to: ImageSize): string {
  const rows = graph.constant(floats([to.height, from.height], areaWeights(from.height, to.height)), "area_rows");
  const columns = graph.constant(floats([to.width, from.width], areaWeights(from.width, to.width)), "area_columns");
  return graph.op("MatMul", [graph.op("MatMul", [rows, planes]), graph.transpose(columns, [1, 0])]);
}

/** `[to, from]`: each new pixel is the mean of the old ones that it touches, as in PyTorch's mode "area". */
export function areaWeights(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const [first, end] = [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)];
    weights.fill(1 / (end - first), i * from + first, i * from + end);
  }
  return weights;
}
