import { OnnxError } from "../errors.js";
import { codeOfType, typeOfCode } from "../graph/data-types.js";
import type { Dim, ValueInfo } from "../graph/model.js";
import { DIM, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from "./fields.js";
import type { MessageReader } from "./wire-reader.js";
import type { MessageWriter } from "./wire-writer.js";

const VALUE_BYTES = 200;
const DIM_BYTES = 50;

/** An input or output of the graph. A dimension without a size or a name gets a name. */
export function readValueInfo(message: MessageReader): ValueInfo {
  message.budget.take(VALUE_BYTES);
  let name = "";
  let tensor: TensorType | undefined;
  while (message.next()) {
    if (message.field === VALUE_INFO.name) name = message.text();
    else if (message.field === VALUE_INFO.type) tensor = readType(message.message());
  }
  if (!tensor)
    throw new OnnxError(`readOnnx: expected "${name}" to be a tensor; sequences, maps and optional values are not read.`);
  const dims = tensor.dims?.map((dim, axis) => (typeof dim === "string" || dim > 0 ? dim : `${name}_${axis}`));
  return { name, type: typeOfCode(tensor.elementType, `readOnnx: "${name}"`), dims };
}

interface TensorType {
  elementType: number;
  dims: Dim[] | undefined;
}

function readType(message: MessageReader): TensorType | undefined {
  let tensor: TensorType | undefined;
  while (message.next()) if (message.field === TYPE.tensor) tensor = readTensorType(message.message());
  return tensor;
}

function readTensorType(message: MessageReader): TensorType {
  const tensor: TensorType = { elementType: 0, dims: undefined };
  while (message.next()) {
    if (message.field === TENSOR_TYPE.elementType) tensor.elementType = message.int();
    else if (message.field === TENSOR_TYPE.shape) tensor.dims = readShape(message.message());
  }
  return tensor;
}

function readShape(message: MessageReader): Dim[] {
  const dims: Dim[] = [];
  while (message.next()) if (message.field === SHAPE.dim) dims.push(readDim(message.message()));
  return dims;
}

function readDim(message: MessageReader): Dim {
  message.budget.take(DIM_BYTES);
  let dim: Dim = 0;
  while (message.next()) {
    if (message.field === DIM.value) dim = message.int();
    else if (message.field === DIM.name) dim = message.text() || 0;
  }
  return dim;
}

export function writeValueInfo(message: MessageWriter, { name, type, dims }: ValueInfo): void {
  message.text(VALUE_INFO.name, name);
  message.message(VALUE_INFO.type, (info) => {
    info.message(TYPE.tensor, (tensor) => {
      tensor.int(TENSOR_TYPE.elementType, codeOfType(type));
      if (dims) tensor.message(TENSOR_TYPE.shape, (shape) => writeShape(shape, dims));
    });
  });
}

function writeShape(message: MessageWriter, dims: readonly Dim[]): void {
  for (const dim of dims) {
    message.message(SHAPE.dim, (own) => {
      if (typeof dim === "number") own.int(DIM.value, dim);
      else own.text(DIM.name, dim);
    });
  }
}
