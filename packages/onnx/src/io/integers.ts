import { OnnxError } from "../errors.js";

/** protobufjs gives 64-bit integers as numbers or as Long objects. */
type Int64 = number | { toNumber(): number };

/** A 64-bit integer as a number. Beyond 2^53 it is rounded: exporters only write such numbers for "to the end". */
export function toInteger(value: Int64, where: string): number {
  const number = typeof value === "number" ? value : value.toNumber();
  if (!Number.isInteger(number)) throw new OnnxError(`readOnnx: expected an integer at ${where}, got ${number}.`);
  return number;
}
