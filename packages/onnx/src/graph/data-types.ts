import { OnnxError } from "../errors.js";

/** Element types that this package reads, writes and runs. */
export type DataType = "float32" | "float64" | "float16" | "int64" | "int32" | "int16" | "int8" | "uint8" | "uint16" | "bool";

export type TensorData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array;

type DataConstructor = {
  new (length: number): TensorData;
  new (buffer: ArrayBufferLike, offset: number, length: number): TensorData;
  readonly BYTES_PER_ELEMENT: number;
};

/** The number of each type in ONNX files, and the array that holds its elements: float16 as its bits, bool as 0 and 1. */
const TYPES: Readonly<Record<DataType, { code: number; array: DataConstructor }>> = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 3, array: Int8Array },
  uint16: { code: 4, array: Uint16Array },
  int16: { code: 5, array: Int16Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  bool: { code: 9, array: Uint8Array },
  float16: { code: 10, array: Uint16Array },
  float64: { code: 11, array: Float64Array },
};

export function isDataType(type: unknown): type is DataType {
  return typeof type === "string" && Object.hasOwn(TYPES, type);
}

/** The number that stands for a type in ONNX files. */
export function codeOfType(type: DataType): number {
  return TYPES[type].code;
}

/** Types of the format that this package does not read, by their number: for messages. */
const OTHERS: Readonly<Record<number, string>> = {
  8: "string",
  12: "uint32",
  13: "uint64",
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
  24: "float8e8m0",
  25: "uint2",
  26: "int2",
};

/** The type that a number in an ONNX file stands for. `where` names the place for the message. */
export function typeOfCode(code: number, where: string): DataType {
  for (const [type, entry] of Object.entries(TYPES)) if (entry.code === code) return type as DataType;
  throw new OnnxError(
    `${where}: expected an element type among ${Object.keys(TYPES).join(", ")}, got ${OTHERS[code] ?? `type number ${code}`}. Export the model in float32.`,
  );
}

export function bytesPerElement(type: DataType): number {
  return TYPES[type].array.BYTES_PER_ELEMENT;
}

/** A new array of zeros. */
export function allocate(type: DataType, length: number): TensorData {
  return new TYPES[type].array(length);
}

/** An array over `bytes` (little endian), copied only when they are not aligned. */
export function viewBytes(type: DataType, bytes: Uint8Array): TensorData {
  const size = bytesPerElement(type);
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new TYPES[type].array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / size));
}

export function isFloat(type: DataType): boolean {
  return type === "float32" || type === "float64" || type === "float16";
}

/** The bytes of an array, not copied. */
export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
