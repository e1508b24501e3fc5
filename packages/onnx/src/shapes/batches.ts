import { OnnxError } from "../errors.js";
import type { Dim } from "../graph/model.js";

/**
 * Two sizes of the batch. What is the same for both does not depend on it; primes, so that a multiple of the batch is told from a coincidence.
 */
const BATCHES = [10007, 10009] as const;
/** Where only one of the two fails, to tell what is wrong. */
const ANOTHER = 10037;

type Sizes = readonly [number, number];

/**
 * Infers for both batches. An error is told in terms of the batch n, not of the numbers that stood in for it.
 *
 * @param infer for one size of the batch
 */
export function forAnyBatch<T>(infer: (batch: number) => T): [T, T] {
  const ends = BATCHES.map((batch) => attempt(batch, infer));
  const [small, large] = ends as [Attempt<T>, Attempt<T>];
  if ("value" in small && "value" in large) return [small.value, large.value];
  if ("value" in small || "value" in large) ends.push(attempt(ANOTHER, infer));
  const [first, second] = ends.filter((end) => "error" in end) as [Failure, Failure?];
  throw new OnnxError(inTermsOfBatch(first, second ?? first), { cause: first.error });
}

type Failure = { readonly batch: number; readonly error: OnnxError };
type Attempt<T> = { readonly value: T } | Failure;

function attempt<T>(batch: number, infer: (batch: number) => T): Attempt<T> {
  try {
    return { value: infer(batch) };
  } catch (error) {
    if (error instanceof OnnxError) return { batch, error };
    throw error;
  }
}

/** One message from those for two batches: numbers that differ become formulas of n. */
function inTermsOfBatch(first: Failure, second: Failure): string {
  const [a, b] = [first, second].map(({ error }) => error.message.split(/(\d+)/)) as [string[], string[]];
  const sizes: Sizes = [first.batch, second.batch];
  const alike = first !== second && a.length === b.length && a.every((part, i) => i % 2 === 1 || part === b[i]);
  const formula = (digits: string, i: number) =>
    alike ? affine(Number(digits), Number(b[i]), sizes) : multiple(digits, first.batch);
  return a.map((part, i) => (i % 2 === 0 ? part : formula(part, i))).join("");
}

/** Where there is but one message to go by. */
function multiple(digits: string, batch: number): string {
  const factor = Number(digits) / batch;
  return factor > 0 && Number.isInteger(factor) ? times(factor) : digits;
}

/** A dimension that is `a` and `b` for two batches: the number if equal, else the formula of n that has these values. */
export function affine(a: number, b: number, [first, second]: Sizes = BATCHES): Dim {
  if (a === b) return a;
  const slope = (b - a) / (second - first);
  const offset = a - slope * first;
  if (offset === 0) return times(slope);
  // Squares are the only products of the batch with itself that occur.
  const factor = a / first ** 2;
  if (Number.isInteger(factor) && factor * second ** 2 === b) return `${factor === 1 ? "" : factor}n²`;
  return `${times(slope)}${offset < 0 ? "-" : "+"}${Math.abs(offset)}`;
}

const times = (factor: number) => (factor === 1 ? "n" : `${factor}n`);
