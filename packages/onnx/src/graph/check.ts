import { describeValue } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { allocate, type DataType, isDataType } from "./data-types.js";
import { type Dim, type OnnxModel, type OnnxTensor, OPSETS, sizeOf } from "./model.js";

/** Checks of what a caller hands over. What is inside a model is checked by whoever reads it. */

/** @throws OnnxError unless it is a model as `readOnnx` and `GraphBuilder` make them */
export function checkModel(caller: string, model: unknown, what = "a model"): asserts model is OnnxModel {
  const { opset, inputs, outputs, nodes, initializers } = (model ?? {}) as Partial<OnnxModel>;
  const fits =
    typeof opset === "number" && [inputs, outputs, nodes].every((list) => Array.isArray(list)) && initializers instanceof Map;
  if (fits) return;
  throw new OnnxError(`${caller}: expected ${what} as readOnnx and GraphBuilder.build() give it, got ${describeValue(model)}.`);
}

/** @throws OnnxError unless it is an operator set that this package understands */
export function checkOpset(caller: string, opset: unknown): number {
  if (Number.isInteger(opset) && (opset as number) >= OPSETS.min && (opset as number) <= OPSETS.max) return opset as number;
  throw new OnnxError(`${caller}: expected an operator set in ${OPSETS.min}…${OPSETS.max}, got ${describeValue(opset)}.`);
}

export function checkType(caller: string, type: unknown): DataType {
  if (isDataType(type)) return type;
  throw new OnnxError(`${caller}: expected an element type such as "float32" or "int64", got ${describeValue(type)}.`);
}

/** @throws OnnxError unless they are sizes, or with `named` also names of sizes */
export function checkDims(caller: string, dims: unknown, named = false): void {
  const isDim = (dim: Dim) => (typeof dim === "string" ? named : Number.isSafeInteger(dim) && dim >= 0);
  if (Array.isArray(dims) && Array.from(dims as Dim[]).every(isDim)) return;
  const got = Array.isArray(dims) ? `[${dims.slice(0, 8).map(describeValue).join(", ")}]` : describeValue(dims);
  throw new OnnxError(`${caller}: expected a shape, whole numbers${named ? ' or names such as "n"' : ""}, got ${got}.`);
}

/** @throws OnnxError unless it is a constant of a known type with as many elements as its shape has */
export function checkTensor(caller: string, tensor: unknown): asserts tensor is OnnxTensor {
  const { type, dims, data } = (tensor ?? {}) as Partial<OnnxTensor>;
  if (typeof tensor !== "object" || data === undefined || dims === undefined)
    throw new OnnxError(
      `${caller}: expected a constant { type, dims, data }, such as floats([2], [1, 2]), got ${describeValue(tensor)}.`,
    );
  checkType(caller, type);
  checkDims(caller, dims);
  const stored = allocate(type!, 0)[Symbol.toStringTag];
  if (data[Symbol.toStringTag] === stored && data.length === sizeOf(dims)) return;
  throw new OnnxError(
    `${caller}: expected ${sizeOf(dims)} elements of ${type} in a ${stored} for [${dims.join(", ")}], got ${describeValue(data)}.`,
  );
}

const KINDS = ["int", "float", "string", "ints", "floats", "strings", "tensor"];

/** @throws OnnxError unless each attribute has its kind, such as { int: 1 } */
export function checkAttributes(caller: string, attributes: unknown): void {
  const isAttribute = (value: unknown) => {
    const [kind, ...more] = typeof value === "object" && value !== null ? Object.keys(value) : [];
    return kind !== undefined && more.length === 0 && KINDS.includes(kind);
  };
  const entries = typeof attributes === "object" && attributes !== null ? Object.entries(attributes) : undefined;
  const wrong = entries?.find(([, value]) => !isAttribute(value));
  if (entries && !wrong) return;
  const got = wrong ? `${wrong[0]}: ${describeValue(wrong[1])}` : describeValue(attributes);
  throw new OnnxError(`${caller}: expected attributes with their kind, such as { axis: { int: 1 } }, got ${got}.`);
}

/** An option that is a text. */
export const isText = (value: unknown): value is string => typeof value === "string";

export function checkText(caller: string, what: string, value: unknown): asserts value is string {
  if (!isText(value)) throw new OnnxError(`${caller}: expected ${what} to be a text, got ${describeValue(value)}.`);
}
