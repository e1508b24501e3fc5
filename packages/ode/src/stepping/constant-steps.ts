import type { StepSpan } from "../state/state-space.js";
import type { StepPolicy } from "./step-policy.js";

/** Steps of constant length: t0, t0 ± h, t0 ± 2h, … to each stop, where they start anew. */
export interface ConstantSteps {
  readonly t0: number;
  /** h, positive. */
  readonly stepSize: number;
  /** Times after t0 at which a step must end, in the direction of integration; the last is where the solve ends. */
  readonly stops: readonly number[];
}

/** A remainder within rounding of a whole step is that step. */
const ROUNDING = 1e-12;

/** How many steps there are between two stops. */
const countOf = (from: number, stop: number, stepSize: number) => Math.ceil((Math.abs(stop - from) / stepSize) * (1 - ROUNDING));

const end = (stops: readonly number[]) => stops[stops.length - 1]!;

/** Whether a step ends at this time. */
export function isNode({ t0, stepSize, stops }: ConstantSteps, time: number): boolean {
  if (time === t0 || stops.includes(time)) return true;
  const direction = end(stops) >= t0 ? 1 : -1;
  const next = stops.findIndex((stop) => (stop - time) * direction > 0);
  if (next < 0 || (time - t0) * direction < 0) return false;
  const from = next === 0 ? t0 : stops[next - 1]!;
  const i = Math.round(Math.abs(time - from) / stepSize);
  return i < countOf(from, stops[next]!, stepSize) && from + direction * i * stepSize === time;
}

/** Makes the nodes as it comes to them: there may be more than memory holds. */
export class ConstantPolicy implements StepPolicy {
  readonly tolerances = undefined;
  readonly largestStep: number;
  readonly #steps: ConstantSteps;
  readonly #direction: number;
  /** The stop that the steps lead to, where they started, how many of them are taken. */
  #stop = 0;
  #from: number;
  #taken = 0;

  constructor(steps: ConstantSteps) {
    this.#steps = steps;
    this.largestStep = steps.stepSize;
    this.#from = steps.t0;
    this.#direction = end(steps.stops) >= steps.t0 ? 1 : -1;
  }

  propose(t0: number): StepSpan | undefined | "too small" {
    const { stepSize, stops } = this.#steps;
    const stop = stops[this.#stop];
    if (stop === undefined) return undefined;
    this.#taken++;
    let t1 = this.#from + this.#direction * this.#taken * stepSize;
    if (this.#taken >= countOf(this.#from, stop, stepSize)) {
      t1 = stop;
      this.#from = stop;
      this.#taken = 0;
      this.#stop++;
    }
    return t1 === t0 ? "too small" : { t0, t1, h: t1 - t0 };
  }

  judge(): "accept" {
    return "accept";
  }

  fraction(t: number): number {
    const { t0, stops } = this.#steps;
    return (t - t0) / (end(stops) - t0);
  }
}
