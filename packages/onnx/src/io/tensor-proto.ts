import onnxProto from "onnx-proto";
import { OnnxError } from "../errors.js";
import { allocate, bytesOf, bytesPerElement, codeOfType, type DataType, typeOfCode, viewBytes } from "../graph/data-types.js";
import { type OnnxTensor, sizeOf, tensorOf } from "../graph/model.js";
import { toInteger } from "./integers.js";

const { onnx } = onnxProto;
type TensorProto = onnxProto.onnx.ITensorProto;

/** Gives the bytes of a file that a model keeps its weights in; `location` is relative to the model's file. */
export type ExternalData = (location: string) => Uint8Array;

/** A constant of a file, its data copied only where it is not aligned. */
export function fromTensorProto(proto: TensorProto, where: string, external: ExternalData | undefined): OnnxTensor {
  const type = typeOfCode(proto.dataType ?? 0, where);
  const dims = (proto.dims ?? []).map((dim) => toInteger(dim, where));
  if (dims.some((dim) => dim < 0))
    throw new OnnxError(`readOnnx: expected dimensions ≥ 0 at ${where}, got [${dims.join(", ")}].`);
  const size = sizeOf(dims);
  const raw = rawBytes(proto, where, external);
  if (raw) {
    if (raw.byteLength !== size * bytesPerElement(type)) {
      throw new OnnxError(
        `readOnnx: expected ${size * bytesPerElement(type)} bytes for ${type} [${dims.join(", ")}] at ${where}, got ${raw.byteLength}; the file is damaged.`,
      );
    }
    return { type, dims, data: viewBytes(type, raw) };
  }
  const values = typedValues(proto, type, where);
  if (values.length !== size) {
    throw new OnnxError(
      `readOnnx: expected ${size} elements for [${dims.join(", ")}] at ${where}, got ${values.length}; the file is damaged.`,
    );
  }
  if (type !== "float16") return tensorOf(type, dims, values);
  const data = allocate(type, size);
  values.forEach((bits, i) => {
    data[i] = bits;
  });
  return { type, dims, data };
}

/** A constant as it stands in a file; with `place`, its bytes are elsewhere. */
export function toTensorProto(
  name: string,
  tensor: OnnxTensor,
  place?: { location: string; offset: number },
): onnxProto.onnx.ITensorProto {
  const proto: TensorProto = { name, dims: [...tensor.dims], dataType: codeOfType(tensor.type) };
  if (!place) return { ...proto, rawData: bytesOf(tensor.data) };
  return {
    ...proto,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: place.location },
      { key: "offset", value: String(place.offset) },
      { key: "length", value: String(tensor.data.byteLength) },
    ],
  };
}

function rawBytes(proto: TensorProto, where: string, external: ExternalData | undefined): Uint8Array | undefined {
  if (proto.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) return proto.rawData?.length ? proto.rawData : undefined;
  const entries = new Map((proto.externalData ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
  const location = entries.get("location") ?? "";
  if (!isInside(location)) {
    throw new OnnxError(`readOnnx: expected external data in the model's folder, got ${JSON.stringify(location)} at ${where}.`);
  }
  if (!external) {
    throw new OnnxError(
      `readOnnx: ${where} is in the file "${location}"; use readOnnxFile of @latentflow/onnx/files, or pass external: (location) => bytes.`,
    );
  }
  const file = external(location);
  const offset = Number(entries.get("offset") ?? 0);
  const length = entries.has("length") ? Number(entries.get("length")) : file.byteLength - offset;
  if (!(offset >= 0 && length >= 0 && offset + length <= file.byteLength)) {
    throw new OnnxError(
      `readOnnx: expected bytes ${offset}…${offset + length} of "${location}" for ${where}, but it has ${file.byteLength}.`,
    );
  }
  return file.subarray(offset, offset + length);
}

/** A model must not read files outside its own folder. */
function isInside(location: string): boolean {
  return location !== "" && !/^([/\\]|[A-Za-z]:)/.test(location) && !location.split(/[/\\]/).includes("..");
}

function typedValues(proto: TensorProto, type: DataType, where: string): number[] {
  switch (type) {
    case "float32":
      return proto.floatData ?? [];
    case "float64":
      return proto.doubleData ?? [];
    case "int64":
      return (proto.int64Data ?? []).map((value) => toInteger(value, where));
    default:
      return proto.int32Data ?? [];
  }
}
