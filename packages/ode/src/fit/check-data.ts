import { checkNumber, describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { checkInitialState, checkOptionsObject, checkTimes } from "../input/check-arguments.js";

/** A data set, checked. */
export interface CheckedData {
  readonly name: string;
  readonly y0: unknown;
  /** Times of the solve: t0, then those of the observations that are not at t0. */
  readonly times: Float64Array;
  /** Whether the first observation is at t0. */
  readonly startsObserved: boolean;
  readonly components: readonly number[];
  /** Numbers in a state. */
  readonly size: number;
  /** Of each time and component, one after the other. */
  readonly values: Float64Array;
  readonly sigma: Float64Array;
  /** Whether sigma was given. */
  readonly knowsSigma: boolean;
}

const FIELDS = ["y0", "t", "t0", "values", "components", "sigma"];

/** Checks one data set or a list of them. */
export function checkData(caller: string, data: unknown, startOf: (y0: unknown) => unknown): CheckedData[] {
  const sets: readonly unknown[] = Array.isArray(data) ? Array.from(data) : [data];
  if (sets.length === 0) throw new OdeError(`${caller}: expected data to hold at least one data set, got none.`);
  return sets.map((set, i) => checkSet(caller, Array.isArray(data) ? `data[${i}]` : "data", set, startOf));
}

function checkSet(caller: string, name: string, set: unknown, startOf: (y0: unknown) => unknown): CheckedData {
  checkOptionsObject(caller, set, `${name} to be { y0, t, values }`);
  const unknown = Object.keys(set).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined)
    throw new OdeError(`${caller}: unknown option ${unknown} in ${name}; expected ${FIELDS.join(", ")}, got ${unknown}.`);
  const { y0, t, t0, values, components, sigma } = set as Readonly<Record<string, unknown>>;
  const observed = checkTimes(caller, t);
  if (observed.tensor !== undefined) throw new OdeError(`${caller}: expected ${name}.t to be numbers, got a tensor.`);
  const start = t0 === undefined ? observed.values[0]! : checkNumber(caller, `${name}.t0`, t0, {}, OdeError);
  const startsObserved = start === observed.values[0];
  const times = checkTimes(caller, startsObserved ? observed.values : [start, ...observed.values]).values;
  const state = checkInitialState(caller, startOf(y0));
  if (state.kind === "tensors")
    throw new OdeError(`${caller}: expected ${name}.y0 to be numbers and Float64Arrays, got tensors.`);
  const size = state.leaves.reduce<number>((total, leaf) => total + (typeof leaf === "number" ? 1 : leaf.length), 0);
  const places = checkComponents(caller, `${name}.components`, components, size);
  const rows = observed.values.length;
  const numbers = matrixOf(caller, `${name}.values`, values, rows, places.length);
  const deviations =
    typeof sigma === "number" || sigma === undefined
      ? new Float64Array(numbers.length).fill(sigma ?? 1)
      : isFlat(sigma) && (places.length > 1 || rows === 1)
        ? matrixOf(caller, `${name}.sigma`, Array(rows).fill(sigma), rows, places.length)
        : matrixOf(caller, `${name}.sigma`, sigma, rows, places.length);
  if (!deviations.every((value, i) => (value > 0 && value < Number.POSITIVE_INFINITY) || Number.isNaN(numbers[i])))
    throw new OdeError(`${caller}: expected ${name}.sigma to be above 0 and finite, got ${describeValue(sigma)}.`);
  return {
    name,
    y0,
    times,
    startsObserved,
    components: places,
    size,
    values: numbers,
    sigma: deviations,
    knowsSigma: sigma !== undefined,
  };
}

function checkComponents(caller: string, name: string, given: unknown, size: number): number[] {
  if (given === undefined) return Array.from({ length: size }, (_, i) => i);
  const places = Array.isArray(given) ? Array.from(given as unknown[]) : [];
  const right = places.every((place) => Number.isInteger(place) && (place as number) >= 0 && (place as number) < size);
  if (places.length > 0 && right) return places as number[];
  throw new OdeError(`${caller}: expected ${name} to be places in y0, 0 to ${size - 1}, got ${describeValue(given)}.`);
}

const isFlat = (given: unknown): boolean =>
  (Array.isArray(given) || ArrayBuffer.isView(given)) && typeof (given as ArrayLike<unknown>)[0] === "number";

/** Rows of numbers, one after the other; a number stands for a row of one. */
function matrixOf(caller: string, name: string, given: unknown, rows: number, columns: number): Float64Array {
  const list = Array.isArray(given) || ArrayBuffer.isView(given) ? Array.from(given as ArrayLike<unknown>) : [];
  const flat = list.flatMap((row) => {
    if (typeof row === "number") return columns === 1 ? [row] : [undefined];
    const numbers = Array.isArray(row) || ArrayBuffer.isView(row) ? Array.from(row as ArrayLike<unknown>) : [];
    return numbers.length === columns ? numbers : [undefined];
  });
  if (list.length !== rows || !flat.every((value) => typeof value === "number" && Math.abs(value) !== Number.POSITIVE_INFINITY)) {
    throw new OdeError(
      `${caller}: expected ${name} to be ${rows} rows, one a time, of ${columns} numbers, one a component (NaN where one is missing), got ${describeValue(given)}.`,
    );
  }
  return Float64Array.from(flat as number[]);
}
