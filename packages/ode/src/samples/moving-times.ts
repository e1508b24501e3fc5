import { add, clone, div, mul, reshape, sub, sum, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import type { Plan } from "../input/plan.js";
import { movingOutputs } from "../input/tensor-problem.js";
import { offTape } from "../state/tape.js";
import { arrange } from "./arrange.js";
import type { SampleCall } from "./check-samples.js";
import { timesTensor } from "./row-dynamics.js";
import type { RowTimes } from "./row-times.js";
import type { RowOutput, SampleRow } from "./sample-row.js";

/** A time of a row, and which of its output times it moves with; −1: it does not. */
interface Knot {
  readonly value: number;
  readonly output: number;
}

/** Weights of the row's output times: how a time moves with them. */
type Motion = readonly (readonly [output: number, weight: number])[];

/**
 * Times that move with those the caller gave as a tensor, as `TimeMap` has them for a whole state: between two knots each time of a row is their fixed
 * convex combination, so that nodes stay in proportion when an end moves; stops of steps that an error estimate chooses, and jumps, do not move.
 */
export class MovingTimes implements RowTimes {
  /** 0 in value; moves as the times do: [rows or 1, times]. */
  readonly #shifts: Tensor;
  readonly #knots: readonly (readonly Knot[])[];

  /** @param tensor [times] or [rows, times] */
  constructor(call: SampleCall, tensor: Tensor) {
    const value = offTape(() => clone(tensor));
    this.#shifts = reshape(sub(tensor, value), [-1, call.times[0]!.length]);
    this.#knots = call.times.map((times, row) => knotsOf(times, call.plans[row]!));
  }

  at(rows: readonly SampleRow[], times: readonly number[]): Tensor {
    const shifts = this.#move(
      rows,
      rows.map((row, i) => this.#motionOf(row, times[i]!)),
    );
    return add(shifts, timesTensor(times));
  }

  lengths(rows: readonly SampleRow[]): Tensor {
    const shifts = this.#move(
      rows,
      rows.map(({ index, span }): Motion => {
        const { low, high } = bracket(this.#knots[index]!, (span.t0 + span.t1) / 2);
        const share = span.h / (high.value - low.value);
        return [
          [low.output, -share],
          [high.output, share],
        ];
      }),
    );
    return add(shifts, timesTensor(rows.map(({ span }) => span.h)));
  }

  fractions(rows: readonly SampleRow[], outputs: readonly RowOutput[]): Tensor {
    const elapsed = timesTensor(rows.map(({ span }, i) => outputs[i]!.time - span.t0));
    const shifts = this.#move(
      rows,
      rows.map((row, i): Motion => {
        const start = this.#motionOf(row, row.span.t0).map(([output, weight]) => [output, -weight] as const);
        return [[this.#outputOf(outputs[i]!), 1], ...start];
      }),
    );
    return div(add(shifts, elapsed), this.lengths(rows));
  }

  moves({ index }: SampleRow, output: RowOutput): boolean {
    return output.key >= 0 && !this.#knots[index]!.some(({ value, output: own }) => value === output.time && own >= 0);
  }

  /** Keys count times first, rows second. */
  #outputOf({ key }: RowOutput): number {
    return Math.floor(key / this.#knots.length);
  }

  #motionOf({ index }: SampleRow, time: number): Motion {
    const { low, high } = bracket(this.#knots[index]!, time);
    const share = (time - low.value) / (high.value - low.value);
    return [
      [low.output, 1 - share],
      [high.output, share],
    ];
  }

  /** How far a time of each row moves: [rows]. */
  #move(rows: readonly SampleRow[], motions: readonly Motion[]): Tensor {
    const [given, length] = this.#shifts.shape as [number, number];
    const weights = new Float32Array(rows.length * length);
    motions.forEach((motion, i) => {
      for (const [output, weight] of motion) if (output >= 0) weights[i * length + output]! += weight;
    });
    const own =
      given === 1
        ? this.#shifts
        : arrange(
            this.#shifts,
            rows.map(({ index }) => index),
          );
    return sum(mul(own, tensor2d(weights, [rows.length, length])), 1);
  }
}

function knotsOf(times: Float64Array, { steps, jumps }: Plan): Knot[] {
  const last = times.length - 1;
  const knots = movingOutputs(times, steps).map((output) => ({ value: times[output]!, output }));
  const [low, high] = [Math.min(times[0]!, times[last]!), Math.max(times[0]!, times[last]!)];
  for (const value of steps.kind === "adaptive" ? steps.stops : jumps)
    if (value > low && value < high && !knots.some((knot) => knot.value === value)) knots.push({ value, output: -1 });
  return knots.sort((a, b) => a.value - b.value);
}

/** The two knots around t; the outermost two beyond the ends. */
function bracket(knots: readonly Knot[], t: number): { low: Knot; high: Knot } {
  let i = 1;
  while (i < knots.length - 1 && t > knots[i]!.value) i++;
  return { low: knots[i - 1]!, high: knots[i]! };
}
