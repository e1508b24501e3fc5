import { reshape, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import type { TensorSpace } from "../state/tensor-space.js";
import type { Statistics } from "../status.js";
import { arrange, columnShape } from "./arrange.js";
import type { SampleRow } from "./sample-row.js";

/** Some rows of a batch, with the tensors of args as they concern these rows. */
export interface RowSet {
  readonly rows: readonly SampleRow[];
  readonly args: readonly Tensor[];
}

/** The right-hand side of any of the rows. */
export interface RowFunction {
  /** f with the tensors of its args replaced. */
  readonly f: (t: Tensor, y: unknown, args: readonly Tensor[]) => unknown;
  readonly space: TensorSpace;
  /** Which tensors of args hold a row for each of the batch. */
  readonly byRow: readonly boolean[];
  readonly statistics: Statistics;
  /** What an evaluation is counted as. */
  readonly counted: "nfe" | "nfeBackward";
}

/** f on some of the rows, each at its own time. */
export class RowDynamics {
  readonly #function: RowFunction;
  readonly #packed: (t: number, y: Tensor[]) => Tensor[];
  #given: { readonly t: Tensor; readonly args: readonly Tensor[] } | undefined;

  constructor(given: RowFunction) {
    this.#function = given;
    this.#packed = given.space.dynamics((_t, y) => given.f(this.#given!.t, y, this.#given!.args));
  }

  /** @param times [rows] */
  evaluate({ rows, args }: RowSet, times: Tensor, y: Tensor[]): Tensor[] {
    const { statistics, counted } = this.#function;
    statistics[counted]++;
    for (const row of rows) row.statistics[counted]++;
    return this.quietly({ rows, args }, times, y);
  }

  /** The same, uncounted. */
  quietly({ rows, args }: RowSet, times: Tensor, y: Tensor[]): Tensor[] {
    return this.apply(reshape(times, columnShape(rows.length, y[0]!.rank)), y, args);
  }

  /** The same of any rows. */
  apply(t: Tensor, y: Tensor[], args: readonly Tensor[]): Tensor[] {
    this.#given = { t, args };
    return this.#packed(Number.NaN, y);
  }

  /** Some of the rows of a set. */
  narrow({ rows, args }: RowSet, positions: readonly number[]): RowSet {
    if (positions.length === rows.length) return { rows, args };
    const { byRow } = this.#function;
    return {
      rows: positions.map((position) => rows[position]!),
      args: args.map((arg, i) => (byRow[i] ? arrange(arg, positions) : arg)),
    };
  }
}

/** Times of rows as a tensor [rows]. */
export const timesTensor = (times: readonly number[]): Tensor => tensor1d(Float32Array.from(times), "float32");
