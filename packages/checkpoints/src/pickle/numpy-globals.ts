import { type DType, dtypes, elementCount, memorySize, type TensorData } from "../dtypes.js";
import { ElementDecoder, stridedElements } from "../elements.js";
import { CheckpointError, describe } from "../errors.js";
import { callables, firstOf, names } from "./common-globals.js";
import { exactNumber } from "./literals.js";
import type { FindGlobal, PickleMachine } from "./machine.js";
import { SIZES, tensorSize } from "./sizes.js";

/** A NumPy element type: kind and size of an element, and its byte order. */
export interface NumpyDType {
  readonly dtype: DType;
  readonly bigEndian: boolean;
}

const KINDS: Readonly<Record<string, DType>> = {
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  b1: "bool",
};

/** NumPy's other names of them. Where C leaves a size open (long), that of 64-bit Linux and NumPy 2. */
const OTHER_NAMES: Readonly<Record<string, DType>> = {
  ...{ "?": "bool", b: "int8", B: "uint8", h: "int16", H: "uint16", i: "int32", I: "uint32", l: "int64", L: "uint64" },
  ...{ q: "int64", Q: "uint64", p: "int64", P: "uint64", n: "int64", N: "uint64", e: "float16", f: "float32", d: "float64" },
};
const WORDS: Readonly<Record<string, DType>> = {
  ...{
    bool: "bool",
    bool_: "bool",
    byte: "int8",
    ubyte: "uint8",
    short: "int16",
    ushort: "uint16",
    intc: "int32",
    uintc: "uint32",
  },
  ...{ int: "int64", int_: "int64", uint: "uint64", intp: "int64", uintp: "uint64", long: "int64", ulong: "uint64" },
  ...{ longlong: "int64", ulonglong: "uint64", half: "float16", single: "float32", float: "float64", double: "float64" },
};

/** Reads a type such as `<f4`, `|u1`, `f8`, `float64` or `>d`. */
export function parseNumpyDType(text: string, offset?: number): NumpyDType {
  const dtype = namedType(text);
  if (dtype) return { dtype, bigEndian: false };
  const [, order, kind, size] = /^([<>|=]?)(\S)(?:\s*0*(\d))?$/.exec(text) ?? [];
  const table = size === undefined ? OTHER_NAMES : KINDS;
  const key = `${kind}${size ?? ""}`;
  if (kind === undefined || !Object.hasOwn(table, key)) {
    throw new CheckpointError(
      `expected a NumPy type of numbers (${Object.keys(KINDS).join(", ")}), got ${describe(text)}.`,
      offset,
    );
  }
  const type = table[key]!;
  return { dtype: type, bigEndian: order === ">" && dtypes[type].itemSize > 1 };
}

function namedType(text: string): DType | undefined {
  if (Object.values(KINDS).includes(text as DType)) return text as DType;
  return Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
}

/** NumPy's name of an element type, as npy files hold it. bfloat16 and 8-bit floats are not among them. */
export function numpyTypeName(dtype: DType): string | undefined {
  const kind = Object.keys(KINDS).find((key) => KINDS[key] === dtype);
  return kind && `${dtypes[dtype].itemSize === 1 ? "|" : "<"}${kind}`;
}

/** An array while the file completes it. */
type MutableTensor = { -readonly [K in keyof TensorData]: TensorData[K] };
/** A dtype object while the file completes it. */
type MutableDType = { dtype: DType; bigEndian: boolean };

const byModule = ["numpy.core.multiarray", "numpy._core.multiarray"];
const byNumeric = ["numpy.core.numeric", "numpy._core.numeric"];

/** What NumPy arrays, scalars and element types are pickled as, before and after numpy.core was renamed. */
export const numpyGlobals: FindGlobal = firstOf(
  callables({
    ...Object.fromEntries(byModule.map((module) => [`${module}._reconstruct`, reconstruct])),
    ...Object.fromEntries(byModule.map((module) => [`${module}.scalar`, scalar])),
    ...Object.fromEntries(byNumeric.map((module) => [`${module}._frombuffer`, fromBuffer])),
    "numpy.dtype": makeDType,
  }),
  names("numpy.ndarray"),
);

function makeDType([name]: unknown[], machine: PickleMachine): MutableDType {
  if (typeof name !== "string") return machine.fail(`expected the name of a NumPy type, got ${describe(name)}.`);
  machine.charge(SIZES.object, "a NumPy type");
  const type: MutableDType = { ...parseNumpyDType(name, machine.offset) };
  // State: (version, byte order, …)
  machine.onBuild(type, (state) => {
    if (Array.isArray(state)) type.bigEndian = state[1] === ">";
  });
  return type;
}

/** An empty array, completed by BUILD with (version, shape, dtype, is_fortran, bytes). */
function reconstruct(_args: unknown[], machine: PickleMachine): TensorData {
  machine.charge(SIZES.object + tensorSize(1), "a NumPy array");
  const array: MutableTensor = { dtype: "uint8", shape: [0], data: new Uint8Array(0) };
  machine.onBuild(array, (state) => {
    if (!Array.isArray(state) || state.length !== 5) machine.fail(`expected the state of a NumPy array, got ${describe(state)}.`);
    const [, shape, type, fortran, bytes] = state as unknown[];
    Object.assign(array, makeArray(machine, bytes, type, shape, fortran === true));
  });
  return array;
}

/** Protocol 5: (buffer, dtype, shape, order). */
function fromBuffer([bytes, type, shape, order]: unknown[], machine: PickleMachine): TensorData {
  return makeArray(machine, bytes, type, shape, order === "F");
}

/** One number, as Python's own would arrive. */
function scalar([type, bytes]: unknown[], machine: PickleMachine): unknown {
  const { dtype, data } = makeArray(machine, bytes, type, [], false);
  const value = data[0]!;
  if (dtype === "bool") return value !== 0;
  return typeof value === "bigint" ? exactNumber(value) : value;
}

function makeArray(machine: PickleMachine, bytes: unknown, type: unknown, shape: unknown, fortran: boolean): TensorData {
  if (!isNumpyDType(type)) return machine.fail("expected a NumPy array of numbers, got one of another type.");
  if (!(bytes instanceof Uint8Array)) return machine.fail(`expected the bytes of a NumPy array, got ${describe(bytes)}.`);
  if (!Array.isArray(shape)) return machine.fail(`expected the shape of a NumPy array, got ${describe(shape)}.`);
  const count = elementCount(shape, machine.offset);
  machine.charge(SIZES.array + tensorSize(shape.length), "a NumPy array");
  const { itemSize } = dtypes[type.dtype];
  if (count * itemSize !== bytes.length) {
    machine.fail(`expected ${count * itemSize} bytes for an array of ${count} × ${type.dtype}, got ${bytes.length}.`);
  }
  machine.budget.charge(memorySize(type.dtype, count), "a NumPy array", machine.offset);
  const decoder = new ElementDecoder(type.dtype, count, type.bigEndian);
  decoder.push(bytes);
  const data = decoder.finish(machine.offset);
  if (!fortran) return { dtype: type.dtype, shape: [...shape], data };
  machine.budget.charge(data.byteLength, "a column-major NumPy array", machine.offset);
  return { dtype: type.dtype, shape: [...shape], data: fromColumnMajor(data, shape, count) };
}

/** Row-major copy of column-major elements. */
export function fromColumnMajor(data: TensorData["data"], shape: readonly number[], count: number): TensorData["data"] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  return stridedElements(data, 0, shape, strides, count);
}

function isNumpyDType(value: unknown): value is NumpyDType {
  return typeof value === "object" && value !== null && "bigEndian" in value && "dtype" in value;
}
