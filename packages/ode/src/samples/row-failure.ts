import { OdeError } from "../errors.js";
import { describeStatus, type StatusKind } from "../status.js";
import type { SampleRow } from "./sample-row.js";

/** Thrown inside where a row can't go on. */
export class RowFailure extends OdeError {
  /** Rows that had not arrived when it came, by their places in the batch. */
  unfinished: readonly number[] = [];
}

/** Why a row can't go on. */
export function failure(row: SampleRow, kind: StatusKind, step: number): RowFailure {
  const status = describeStatus(kind, row.t, step);
  const error = new RowFailure(`row ${row.index}: ${status.message}`, { status });
  error.unfinished = [row.index];
  return error;
}
