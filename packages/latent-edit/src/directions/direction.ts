import { checkNumber, type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { reshape, slice, type Tensor, type Tensor2D, type Tensor3D, tidy, type Variable } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { checkAlive, checkCodes, checkTimes } from "../input/checks.js";
import { FLOW_GRADIENTS } from "./integrate.js";
import { onRows, ROWS, type RowList, type RowRange } from "./rows.js";
import { type FlowSolver, SOLVER } from "./solver.js";

/** Options of `flow`, declared. */
export const FLOW = {
  /** Rows of a W+ code to move, as a range [from, to] or a list { only } (default: the direction's own, else all). */
  rows: { ...ROWS, optional: true },
  /** In place of the direction's own solver. */
  solver: { ...SOLVER, optional: true },
  /** How gradients pass the solver (default "steps"). */
  gradient: { optional: true, choices: FLOW_GRADIENTS },
} as const satisfies DeclaredOptions;

export interface FlowOptions extends GivenOptions<typeof FLOW> {}

/**
 * An edit: a vector field over latent codes and its flow. Velocity has unit length, so `t` is the arc length travelled; a negative `t` goes
 * back. The rows of a W+ code flow independently of each other.
 */
export interface Direction {
  readonly kind: string;
  readonly latentDim: number;
  /** How `flow` integrates; saved with the direction, since it is part of the edit. Absent for closed forms. */
  solver?: FlowSolver;
  /** Rows of a W+ code that `flow` moves where nothing else is asked; saved with the direction, since they are part of the edit. Absent: all. */
  rows?: RowRange | RowList;
  /** dw/dt at rows w [n, d]. */
  velocity(w: Tensor2D): Tensor2D;
  /** w after time t: [n, d] or [n, rowCount, d], differentiable. Always from time 0. */
  flow<W extends Tensor>(w: W, t: number, options?: FlowOptions): W;
  /** The same at many times in one solve: [times, …w]. */
  flow(w: Tensor, t: readonly number[], options?: FlowOptions): Tensor;
  /** Each code to its own time: t has one number a code. */
  flowEach<W extends Tensor>(w: W, t: ArrayLike<number>, options?: FlowOptions): W;
  /** What training changes. */
  readonly variables: Variable[];
  dispose(): void;
}

/** What is common to all directions: W and W+, one time and many. A subclass says how plain rows move. */
export abstract class FlowDirection implements Direction {
  abstract readonly kind: string;
  abstract readonly latentDim: number;
  abstract readonly variables: Variable[];
  solver?: FlowSolver;
  rows?: RowRange | RowList;

  abstract velocity(w: Tensor2D): Tensor2D;
  /** Rows [n, d] at many times, [times, n, d]. */
  protected abstract moveRows(rows: Tensor2D, times: readonly number[], options: FlowOptions): Tensor3D;
  /** Rows [n, d], each to its own time. */
  protected abstract moveEachRow(rows: Tensor2D, times: readonly number[], options: FlowOptions): Tensor2D;

  flow<W extends Tensor>(w: W, t: number, options?: FlowOptions): W;
  flow(w: Tensor, t: readonly number[], options?: FlowOptions): Tensor;
  flow(w: Tensor, t: number | readonly number[], options: FlowOptions = {}): Tensor {
    this.checkFlowOptions("flow", options);
    const one = typeof t === "object" && t !== null ? undefined : checkNumber("flow", "t", t, {}, LatentEditError);
    const times = one === undefined ? checkTimes("flow", "t", t) : [one];
    return tidy(() => {
      const paths = onRows("flow", w, this.latentDim, options.rows ?? this.rows, times.length, (rows) =>
        this.moveRows(rows, times, options),
      );
      return one !== undefined ? reshape(slice(paths, 0, 1), w.shape) : paths;
    });
  }

  flowEach<W extends Tensor>(w: W, t: ArrayLike<number>, options: FlowOptions = {}): W {
    this.checkFlowOptions("flowEach", options);
    checkCodes("flowEach", w, this.latentDim);
    const each = checkTimes("flowEach", "t", t);
    if (each.length !== w.shape[0])
      throw new LatentEditError(`flowEach: expected one time for each of ${w.shape[0]} codes, got ${each.length}.`);
    return tidy(() =>
      onRows("flowEach", w, this.latentDim, options.rows ?? this.rows, undefined, (rows) => {
        const repeat = rows.shape[0] / each.length;
        const times = Array.from({ length: rows.shape[0] }, (_, i) => each[Math.floor(i / repeat)]!);
        return this.moveEachRow(rows, times, options);
      }),
    ) as W;
  }

  /** Throws unless w is rows [n, d], and neither it nor this has been disposed. */
  protected checkRows(caller: string, w: Tensor2D): void {
    checkAlive(caller, this);
    checkCodes(caller, w, this.latentDim);
    if (w.rank !== 2) throw new LatentEditError(`${caller}: expected rows [n, ${this.latentDim}], got ${describeValue(w)}.`);
  }

  /** Does nothing the second time. */
  dispose(): void {
    for (const variable of this.variables) if (!variable.isDisposed) variable.dispose();
  }

  private checkFlowOptions(caller: string, options: FlowOptions): void {
    checkAlive(caller, this);
    readOptions(caller, FLOW, options, LatentEditError);
  }
}
