import { describeValue } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { allocate, type DataType, type TensorData } from "./data-types.js";

/** A dimension: a number, or the name of one that is known only when the model runs ("n"). */
export type Dim = number | string;

/** A constant: its elements in row-major order. */
export interface OnnxTensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** An attribute of a node, with its kind: `{ ints: [2, 2] }`, `{ float: 0.2 }`. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: OnnxTensor };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One operation. An input or output that is left out has the name "". */
export interface OnnxNode {
  readonly op: string;
  /** "" is the standard operator set. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** An input or output of the model. */
export interface ValueInfo {
  readonly name: string;
  readonly type: DataType;
  /** Undefined: nothing is said, not even the rank. */
  readonly dims?: readonly Dim[] | undefined;
}

/** A network: nodes in an order in which they can run. Treat it as immutable: every function here makes a new one. */
export interface OnnxModel {
  /** Version of the standard operator set, 13 to 25. */
  readonly opset: number;
  /** Versions of other operator sets that the nodes use, by domain. */
  readonly domains: Readonly<Record<string, number>>;
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** The versions of the standard operator set that this package understands. */
export const OPSETS = { min: 13, max: 25 } as const;

/** Number of elements of a shape. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * A float32 constant.
 *
 * @throws OnnxError unless there are as many values as the shape has elements
 */
export function floats(dims: readonly number[], values: ArrayLike<number>): OnnxTensor {
  const isList = typeof values === "object" && values !== null && typeof values.length === "number";
  if (!Array.isArray(dims) || !isList || values.length !== sizeOf(dims))
    throw new OnnxError(
      `floats: expected a shape and a number for each of its elements, got ${Array.isArray(dims) ? `[${dims.slice(0, 8).join(", ")}]` : describeValue(dims)} and ${describeValue(values)}.`,
    );
  return { type: "float32", dims, data: values instanceof Float32Array ? values : Float32Array.from(values) };
}

/**
 * An int64 constant of rank 1.
 *
 * @throws OnnxError for numbers that are not whole
 */
export function integers(values: readonly number[]): OnnxTensor {
  if (!Array.isArray(values) || !Array.from(values).every((value) => Number.isInteger(value)))
    throw new OnnxError(
      `integers: expected a list of whole numbers, got ${Array.isArray(values) ? `[${values.slice(0, 8).map(describeValue).join(", ")}]` : describeValue(values)}.`,
    );
  return { type: "int64", dims: [values.length], data: BigInt64Array.from(values, toInt64) };
}

/** The elements as numbers (float16 decoded). Only for constants of a sensible size: it copies. */
export function numbersOf({ type, data }: OnnxTensor): number[] {
  if (data instanceof BigInt64Array) return Array.from(data, Number);
  return type === "float16" ? Array.from(data, halfToNumber) : Array.from(data);
}

/** A constant of any type from numbers. */
export function tensorOf(type: DataType, dims: readonly number[], values: ArrayLike<number>): OnnxTensor {
  const data = allocate(type, values.length);
  if (data instanceof BigInt64Array) for (let i = 0; i < values.length; i++) data[i] = toInt64(values[i]!);
  else for (let i = 0; i < values.length; i++) data[i] = type === "float16" ? numberToHalf(values[i]!) : values[i]!;
  return { type, dims, data };
}

/** How a node is called in messages. */
export function describeNode(node: Pick<OnnxNode, "op" | "name" | "outputs">): string {
  return `node ${node.name === "" ? "" : `"${node.name}" `}(${node.op} → ${node.outputs.filter(Boolean).join(", ")})`;
}

/** The nearest 64-bit integer: a double can't hold INT64_MAX, which exporters write as "to the end". */
export function toInt64(value: number): bigint {
  const limit = 2n ** 63n;
  const integer = BigInt(Math.trunc(Number.isFinite(value) ? value : 0));
  return integer >= limit ? limit - 1n : integer < -limit ? -limit : integer;
}

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Infinity
          : Number.NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}

function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | Math.round(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  const bits = Math.round((magnitude / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + bits);
}
