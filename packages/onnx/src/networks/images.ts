import { OnnxError } from "../errors.js";
import type { DataType } from "../graph/data-types.js";
import type { Dim, OnnxModel, ValueInfo } from "../graph/model.js";
import { shapeText } from "../shapes/fact.js";
import { inferShapes } from "../shapes/infer.js";

/** The output of a generator that holds its images. */
export interface ImagesOutput {
  readonly name: string;
  readonly type: DataType;
  /** As far as known, [n, 3, height, width] or [n, height, width, 3]. */
  readonly dims: readonly Dim[];
  /** Whether the model's inputs and ops tell its shape, not only the file's own word. */
  readonly inferred: boolean;
}

/**
 * Which output of a generator is its images.
 *
 * @throws OnnxError unless one has the shape of images
 */
export function imagesOutput(caller: string, generator: OnnxModel): ImagesOutput {
  const facts = inferShapes(generator);
  const dimsOf = ({ name, dims }: ValueInfo) => facts.get(name)?.dims ?? dims ?? [];
  const chosen = generator.outputs.find((output) => areImages(dimsOf(output)));
  if (chosen) {
    const { name } = chosen;
    return { name, type: facts.get(name)?.type ?? chosen.type, dims: dimsOf(chosen), inferred: facts.has(name) };
  }
  const isReader = generator.inputs.length === 1 && areImages(generator.inputs[0]!.dims ?? []);
  const advice = isReader ? " It reads images itself, as a regressor does: is it the regressor's file?" : "";
  const found = generator.outputs.map((output) => `${output.name} ${shapeText(dimsOf(output))}`).join(", ");
  throw new OnnxError(
    `${caller}: expected the generator to have an output [n, 3, height, width] or [n, height, width, 3], got ${found}.${advice}`,
  );
}

/** Whether a shape is that of colour images, in either layout. */
export const areImages = (dims: readonly Dim[]) => dims.length === 4 && (dims[1] === 3 || dims[3] === 3);

/** Height and width of images, where they are known. */
export function sideLengths(dims: readonly Dim[]): { height: number; width: number } | undefined {
  const [height, width] = dims[1] === 3 ? dims.slice(2) : dims.slice(1, 3);
  return typeof height === "number" && typeof width === "number" ? { height, width } : undefined;
}
