import { OnnxError } from "../errors.js";
import { allocate, bytesOf, bytesPerElement, codeOfType, type DataType, typeOfCode, viewBytes } from "../graph/data-types.js";
import { type OnnxTensor, sizeOf, tensorOf } from "../graph/model.js";
import { LARGEST_RANK } from "../shapes/fact.js";
import { ENTRY, TENSOR } from "./fields.js";
import type { MessageReader } from "./wire-reader.js";
import type { MessageWriter } from "./wire-writer.js";

/** Gives the bytes of a file that a model keeps its weights in; `location` is relative to the model's file. */
export type ExternalData = (location: string) => Uint8Array;

/** A tensor whose bytes are in another file. */
const EXTERNAL = 1;

/** A tensor's entry takes about so much memory, without its numbers. */
const TENSOR_BYTES = 600;

/** A constant of a file as it stands there. */
interface RawTensor {
  name: string;
  type: number;
  readonly dims: number[];
  raw: Uint8Array | undefined;
  readonly floats: number[];
  readonly doubles: number[];
  readonly int32s: number[];
  readonly int64s: number[];
  isExternal: boolean;
  readonly external: Map<string, string>;
}

function readRaw(message: MessageReader): RawTensor {
  message.budget.take(TENSOR_BYTES);
  const tensor = newTensor();
  while (message.next()) {
    if (message.field === TENSOR.name) tensor.name = message.text();
    else if (message.field === TENSOR.dataType) tensor.type = message.int();
    else if (message.field === TENSOR.dims) message.ints(tensor.dims);
    else if (message.field === TENSOR.rawData) tensor.raw = message.bytes();
    else if (message.field === TENSOR.floatData) message.reals(tensor.floats, 4);
    else if (message.field === TENSOR.doubleData) message.reals(tensor.doubles, 8);
    else if (message.field === TENSOR.int32Data) message.ints(tensor.int32s);
    else if (message.field === TENSOR.int64Data) message.ints(tensor.int64s);
    else if (message.field === TENSOR.dataLocation) tensor.isExternal = message.int() === EXTERNAL;
    else if (message.field === TENSOR.externalData) readEntry(message.message(), tensor.external);
  }
  return tensor;
}

function newTensor(): RawTensor {
  return {
    name: "",
    type: 0,
    dims: [],
    raw: undefined,
    floats: [],
    doubles: [],
    int32s: [],
    int64s: [],
    isExternal: false,
    external: new Map(),
  };
}

function readEntry(message: MessageReader, into: Map<string, string>): void {
  let [key, value] = ["", ""];
  while (message.next()) {
    if (message.field === ENTRY.key) key = message.text();
    else if (message.field === ENTRY.value) value = message.text();
  }
  into.set(key, value);
}

/**
 * A constant of a file with its name, its data copied only where it is not aligned.
 *
 * @param place what to call it in messages, from its name
 */
export function readTensor(
  message: MessageReader,
  place: (name: string) => string,
  external: ExternalData | undefined,
): [string, OnnxTensor] {
  const proto = readRaw(message);
  const where = place(proto.name);
  return [proto.name, tensorFrom(proto, where, external, message)];
}

function tensorFrom(proto: RawTensor, where: string, external: ExternalData | undefined, { budget }: MessageReader): OnnxTensor {
  const { dims } = proto;
  const type = typeOfCode(proto.type, `readOnnx: ${where}`);
  if (dims.length > LARGEST_RANK || dims.some((dim) => dim < 0))
    throw new OnnxError(
      `readOnnx: expected at most ${LARGEST_RANK} dimensions ≥ 0 at ${where}, got [${dims.slice(0, 8).join(", ")}${dims.length > 8 ? ", …" : ""}].`,
    );
  const size = sizeOf(dims);
  const raw = proto.isExternal ? externalBytes(proto, where, external) : proto.raw?.length ? proto.raw : undefined;
  if (raw) {
    if (raw.byteLength !== size * bytesPerElement(type)) {
      throw new OnnxError(
        `readOnnx: expected ${size * bytesPerElement(type)} bytes for ${type} [${dims.join(", ")}] at ${where}, got ${raw.byteLength}; the file is damaged.`,
      );
    }
    return { type, dims, data: viewBytes(type, raw) };
  }
  const values = typedValues(proto, type);
  if (values.length !== size) {
    throw new OnnxError(
      `readOnnx: expected ${size} elements for [${dims.join(", ")}] at ${where}, got ${values.length}; the file is damaged.`,
    );
  }
  budget.take(size * bytesPerElement(type));
  if (type !== "float16") return tensorOf(type, dims, values);
  const data = allocate(type, size);
  values.forEach((bits, i) => {
    data[i] = bits;
  });
  return { type, dims, data };
}

function typedValues({ floats, doubles, int32s, int64s }: RawTensor, type: DataType): number[] {
  switch (type) {
    case "float32":
      return floats;
    case "float64":
      return doubles;
    case "int64":
      return int64s;
    default:
      return int32s;
  }
}

function externalBytes(proto: RawTensor, where: string, external: ExternalData | undefined): Uint8Array {
  const location = proto.external.get("location") ?? "";
  if (!isInside(location)) {
    throw new OnnxError(`readOnnx: expected external data in the model's folder, got ${JSON.stringify(location)} at ${where}.`);
  }
  if (!external) {
    throw new OnnxError(
      `readOnnx: ${where} is in the file "${location}"; use readOnnxFile of @latentflow/onnx/files, or pass external: (location) => bytes.`,
    );
  }
  const file = external(location);
  if (!(file instanceof Uint8Array))
    throw new OnnxError(`readOnnx: expected external(${JSON.stringify(location)}) to give a Uint8Array, got ${typeof file}.`);
  const offset = byteCount(proto, "offset", where) ?? 0;
  const length = byteCount(proto, "length", where) ?? file.byteLength - offset;
  if (!(length >= 0 && offset + length <= file.byteLength)) {
    throw new OnnxError(
      `readOnnx: expected bytes ${offset}…${offset + length} of "${location}" for ${where}, but it has ${file.byteLength}.`,
    );
  }
  return file.subarray(offset, offset + length);
}

function byteCount({ external }: RawTensor, key: string, where: string): number | undefined {
  const text = external.get(key);
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new OnnxError(`readOnnx: expected ${key} to be a number of bytes at ${where}, got ${JSON.stringify(text)}.`);
}

/** A model must not read files outside its own folder. */
function isInside(location: string): boolean {
  return location !== "" && !/^([/\\]|[A-Za-z]:)/.test(location) && !location.split(/[/\\]/).includes("..");
}

/** Writes a constant; with `place`, its bytes are elsewhere. */
export function writeTensor(
  message: MessageWriter,
  name: string,
  tensor: OnnxTensor,
  place?: { location: string; offset: number },
): void {
  for (const dim of tensor.dims) message.int(TENSOR.dims, dim);
  message.int(TENSOR.dataType, codeOfType(tensor.type));
  message.text(TENSOR.name, name);
  if (!place) {
    message.bytes(TENSOR.rawData, bytesOf(tensor.data));
    return;
  }
  const entries = { location: place.location, offset: String(place.offset), length: String(tensor.data.byteLength) };
  for (const [key, value] of Object.entries(entries)) {
    message.message(TENSOR.externalData, (entry) => {
      entry.text(ENTRY.key, key);
      entry.text(ENTRY.value, value);
    });
  }
  message.int(TENSOR.dataLocation, EXTERNAL);
}
