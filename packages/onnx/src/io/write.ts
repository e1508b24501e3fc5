import { checkOptions } from "@latentflow/core";
import onnxProto from "onnx-proto";
import { OnnxError } from "../errors.js";
import { bytesOf, codeOfType } from "../graph/data-types.js";
import type { AttributeValue, OnnxModel, OnnxNode, ValueInfo } from "../graph/model.js";
import { toTensorProto } from "./tensor-proto.js";

const { onnx } = onnxProto;

/** Options of `writeOnnx`. */
export interface WriteOnnxOptions {
  /** Keep constants of 1 KB or more in a second file of this name, beside the model's. Needed beyond 2 GB. */
  readonly externalData?: string;
}

/** What `writeOnnx` gives: the model's file and, with `externalData`, the file with its weights. */
export interface OnnxFiles {
  readonly model: Uint8Array;
  readonly externalData?: Uint8Array;
}

/** Weights start at multiples of this many bytes, so that a runtime can map them into memory. */
const ALIGNMENT = 64;
const EXTERNAL_FROM = 1024;
/** Protobuf's limit for one message, 2 GB. */
const LARGEST_MESSAGE = 2 ** 31 - 1;

/** IR versions by operator set, as the ONNX releases paired them. */
const irVersion = (opset: number) => (opset <= 14 ? 7 : opset <= 18 ? 8 : opset <= 20 ? 9 : opset <= 22 ? 10 : opset - 12);

/** The bytes of an `.onnx` file. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  return writeOnnxFiles(model).model;
}

/** The bytes of an `.onnx` file and of a file with its weights. */
export function writeOnnxFiles(model: OnnxModel, options: WriteOnnxOptions = {}): OnnxFiles {
  checkOptions("writeOnnx", options, ["externalData"], OnnxError);
  const location = options.externalData;
  let offset = 0;
  let inside = 0;
  const outside: { offset: number; bytes: Uint8Array }[] = [];
  const initializer = [...model.initializers].map(([name, tensor]) => {
    const bytes = tensor.data.byteLength;
    if (location === undefined || bytes < EXTERNAL_FROM) {
      inside += bytes;
      return toTensorProto(name, tensor);
    }
    const place = { location, offset };
    outside.push({ offset, bytes: bytesOf(tensor.data) });
    offset = Math.ceil((offset + bytes) / ALIGNMENT) * ALIGNMENT;
    return toTensorProto(name, tensor, place);
  });
  if (inside >= LARGEST_MESSAGE) {
    throw new OnnxError(
      `writeOnnx: expected weights below 2 GB in one file, got ${(inside / 1e9).toFixed(1)} GB; set externalData.`,
    );
  }
  const file = onnx.ModelProto.encode({
    irVersion: irVersion(model.opset),
    producerName: "latentflow",
    opsetImport: Object.entries({ ...model.domains, "": model.opset }).map(([domain, version]) => ({ domain, version })),
    graph: {
      name: model.name || "graph",
      input: model.inputs.map(valueInfo),
      output: model.outputs.map(valueInfo),
      node: model.nodes.map(writeNode),
      initializer,
    },
  }).finish();
  if (location === undefined) return { model: file };
  const externalData = new Uint8Array(offset);
  for (const part of outside) externalData.set(part.bytes, part.offset);
  return { model: file, externalData };
}

function valueInfo({ name, type, dims }: ValueInfo): onnxProto.onnx.IValueInfoProto {
  const dim = dims?.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: codeOfType(type), ...(dim ? { shape: { dim } } : {}) } } };
}

function writeNode(node: OnnxNode): onnxProto.onnx.INodeProto {
  return {
    opType: node.op,
    domain: node.domain,
    name: node.name,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => ({ name, ...writeAttribute(value) })),
  };
}

function writeAttribute(value: AttributeValue): onnxProto.onnx.IAttributeProto {
  const Type = onnx.AttributeProto.AttributeType;
  const encoder = new TextEncoder();
  if ("int" in value) return { type: Type.INT, i: value.int };
  if ("float" in value) return { type: Type.FLOAT, f: value.float };
  if ("string" in value) return { type: Type.STRING, s: encoder.encode(value.string) };
  if ("ints" in value) return { type: Type.INTS, ints: [...value.ints] };
  if ("floats" in value) return { type: Type.FLOATS, floats: [...value.floats] };
  if ("strings" in value) return { type: Type.STRINGS, strings: value.strings.map((text) => encoder.encode(text)) };
  return { type: Type.TENSOR, t: toTensorProto("", value.tensor) };
}
