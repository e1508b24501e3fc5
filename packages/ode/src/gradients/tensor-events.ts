import {
  add,
  clone,
  mul,
  reshape,
  type Scalar,
  scalar,
  slice,
  stack,
  sub,
  type Tensor,
  tidy,
  unstack,
  zeros,
} from "@tensorflow/tfjs-core";
import { type EventArithmetic, EventsRun, type SolvedStretch } from "../events/events-run.js";
import { Stretch } from "../events/stretch.js";
import { eventOnLeaves, searchOnLeaves } from "../events/tensor-event.js";
import { planBackward } from "../input/backward-plan.js";
import type { CheckedEvents } from "../input/check-events.js";
import type { EventsResult } from "../input/events-options.js";
import type { CheckedCall } from "../input/problem.js";
import { planTensors } from "../input/tensor-problem.js";
import { isRecording, offTape } from "../state/tape.js";
import { TensorSpace } from "../state/tensor-space.js";
import { flatten, type Tree } from "../state/tree.js";
import { drive, driveAsync } from "../stepping/drive.js";
import type { Problem } from "../stepping/problem.js";
import { integrateRecorded, type MakeRecorder } from "../stepping/recorder.js";
import { adjoint } from "./adjoint.js";
import { checkpointed } from "./checkpointed.js";
import { gradientProblem } from "./gradient-problem.js";
import { implicitEvent } from "./implicit-event.js";

/** Solves with events on a state of tensors. Call it in a scope. */
export function solveTensorEvents(checked: CheckedEvents): EventsResult<unknown> {
  const solve = new TensorEvents(checked);
  const { run } = solve;
  while (!run.status) run.take(solve.nextStretch());
  return solve.present();
}

/** The same without blocking, and without a gradient. */
export async function solveTensorEventsAsync(checked: CheckedEvents): Promise<EventsResult<unknown>> {
  const solve = new TensorEvents(checked);
  const { run } = solve;
  try {
    while (!run.status) run.take(await solve.nextStretchAsync());
    return solve.present();
  } catch (error) {
    solve.free();
    throw error;
  }
}

/**
 * The stretches of a solve on tensors, and what carries gradients from one to the next. Each is solved between times that are numbers: how states move
 * with a time is put in where it starts and where it is looked at, since ∂y(t)/∂t = f(t, y(t)), and a solution that starts later, at t0 + δ, is the one
 * through y0 − f(t0, y0) δ at t0. So gradients with respect to times are those of the exact solution.
 */
class TensorEvents implements EventArithmetic<Tensor[], Scalar> {
  readonly run: EventsRun<Tensor[], Scalar>;
  readonly #checked: CheckedEvents;
  /** Owns the states that the run keeps. */
  readonly #space: TensorSpace;
  readonly #leaves: Tensor[];
  readonly #times: Tensor | undefined;

  constructor(given: CheckedEvents) {
    const { times, y0, caller, f } = given;
    const { tensor } = times;
    const checked =
      tensor === undefined
        ? given
        : { ...given, singlePrecisionTime: true, f: ((t, y, args) => f(scalar(t as number), y, args)) as typeof f };
    this.#checked = checked;
    planTensors(checked);
    this.#times = tensor;
    this.#space = new TensorSpace(caller, y0.structure, { what: "apply" });
    this.#leaves = y0.leaves as Tensor[];
    this.run = new EventsRun<Tensor[], Scalar>(checked, this, this.#leaves);
    if (tensor !== undefined) this.run.y = this.begin(this.#timeAt(0), this.#leaves);
    if (checked.gradient === "adjoint") this.#planBackward(checked, times.values);
  }

  nextStretch(): SolvedStretch<Tensor[]> {
    const { gradient } = this.#checked;
    if (gradient === "steps") {
      const { space, problem, stretch } = this.#begin(isRecording());
      return this.#end(space, stretch, drive(space, integrateRecorded(problem, stretch)));
    }
    const call = this.#call();
    let stretch: Stretch<Tensor[]> | undefined;
    const record: MakeRecorder<Tensor[]> = (problem) => {
      stretch = this.#stretch(problem, call);
      return stretch;
    };
    const solved =
      gradient === "checkpointed"
        ? checkpointed(call, record)
        : adjoint(call, (times) => this.#planBackward(call, times), record);
    const byLeaf = flatten(solved as Tree<Tensor>).leaves.map((leaf) => unstack(leaf));
    const states = byLeaf[0]!.map((_, i) => byLeaf.map((leaf) => leaf[i]!));
    return { stretch: stretch!, states, status: stretch!.arrival() };
  }

  async nextStretchAsync(): Promise<SolvedStretch<Tensor[]>> {
    const { space, problem, stretch } = this.#begin(false);
    return this.#end(space, stretch, await driveAsync(space, integrateRecorded({ ...problem, cooperative: true }, stretch)));
  }

  at(event: number, t: number, y: Tensor[]): { t: Scalar; y: Tensor[] } {
    const { caller, times, events } = this.#checked;
    return this.#space.scope(() => {
      const time = scalar(t);
      if (!isRecording()) return { t: time, y };
      const { values } = times;
      const [first, last] = [values[0]!, values.at(-1)!];
      return implicitEvent({
        caller,
        t,
        time,
        y,
        event: this.#event(event),
        slopes: this.#slopes(t, y),
        tensorTime: this.#times !== undefined,
        interval: [Math.min(first, last), Math.max(first, last)],
        timeScale: Math.abs(t - first) / (Math.max(1, this.run.statistics.accepted) * events[event]!.eventChecks),
      });
    });
  }

  change(event: number, t: Scalar, y: Tensor[]): Tensor[] {
    const { events, options } = this.#checked;
    const change = this.#space.dynamics((_, y) => events[event]!.apply!(t, y, options.args));
    return this.#space.scope(() => change(this.run.t, y));
  }

  begin(t: Scalar, y: Tensor[]): Tensor[] {
    return isRecording() ? this.#space.scope(() => this.#shifted(y, this.run.t, t, -1)) : y;
  }

  output(index: number, y: Tensor[]): Tensor[] {
    return this.#space.scope(() => {
      if (index === 0) return this.#space.clone(this.#leaves);
      if (this.#times === undefined || !isRecording()) return y;
      return this.#shifted(y, this.#checked.times.values[index]!, this.#timeAt(index), 1);
    });
  }

  present(): EventsResult<unknown> {
    const { names, times, options } = this.#checked;
    const { outputs, occurrences, end, y, status, statistics } = this.run;
    const space = this.#space;
    const kept = space.scope(() => ({
      y: stackLeaves(outputs, this.#leaves),
      events: occurrences.map((found) => ({
        t: found.t.length === 0 ? zeros([0]) : stack(found.t),
        y: stackLeaves(found.y, this.#leaves),
      })),
      end: { t: typeof end!.t === "number" ? this.#lastTime(end!.t) : clone(end!.t), y: space.clone(y) },
    }));
    const event = end!.event === undefined ? undefined : names[end!.event];
    options.onStatistics?.({ ...statistics });
    space.close([kept.y, ...kept.events.flatMap(({ t, y }) => [[t], y]), [kept.end.t], kept.end.y]);
    const present = (leaves: Tensor[]) => space.present(leaves) as never;
    return {
      t: times.values.slice(0, outputs.length),
      y: present(kept.y),
      events: Object.fromEntries(
        names.map((name, i) => [name, { t: kept.events[i]!.t as never, y: present(kept.events[i]!.y) }]),
      ),
      end: { t: kept.end.t as never, y: present(kept.end.y), event },
      status: status!,
      stats: statistics,
    };
  }

  free(): void {
    this.#space.close([]);
  }

  #begin(forGradient: boolean): { space: TensorSpace; problem: Problem<Tensor[]>; stretch: Stretch<Tensor[]> } {
    const call = this.#call();
    const { space, problem } = gradientProblem(call, this.run.y, forGradient);
    return { space, problem, stretch: this.#stretch(problem, call) };
  }

  #end(
    space: TensorSpace,
    stretch: Stretch<Tensor[]>,
    { status }: Pick<SolvedStretch<Tensor[]>, "status">,
  ): SolvedStretch<Tensor[]> {
    const arrived = status.kind === "finished" || status.kind === "event";
    space.close(arrived ? stretch.states : []);
    return { stretch, states: arrived ? this.#space.scope(() => stretch.states) : [], status };
  }

  #call(): CheckedCall {
    return { ...this.run.call, y0: { ...this.#checked.y0, kind: "tensors", leaves: this.run.y } };
  }

  #stretch(problem: Problem<Tensor[]>, call: CheckedCall): Stretch<Tensor[]> {
    const events = this.#checked.events.map((wanted, i) => ({
      search: searchOnLeaves(this.#event(i), wanted, this.#times !== undefined),
      before: this.run.valueBefore(i),
      happens: () => this.run.happens(i),
    }));
    return new Stretch(problem, events, call.times.values);
  }

  /** The event function as it takes its time. */
  #event(index: number): (t: number | Scalar, y: readonly Tensor[]) => Scalar {
    const event = eventOnLeaves(this.#checked, this.#checked.events[index]!, this.#space);
    return this.#times === undefined ? event : (t, y) => event(typeof t === "number" ? scalar(t) : t, y);
  }

  #planBackward(call: CheckedCall, times: Float64Array) {
    const { adjoint = {} } = call.options as { readonly adjoint?: unknown };
    return planBackward({ ...call, times: { values: times, tensor: undefined } }, adjoint);
  }

  /** f(t, y), constant to gradients: it is multiplied by what is 0. */
  #slopes(t: number, y: Tensor[]): Tensor[] {
    const { caller, y0, f, options } = this.#checked;
    this.run.statistics.nfe++;
    const dynamics = new TensorSpace(caller, y0.structure).dynamics((t, y) => f(t, y, options.args));
    return offTape(() => tidy(() => dynamics(t, y)));
  }

  /** y + sign f(t, y) (time − t), of which the last factor is 0. */
  #shifted(y: Tensor[], t: number, time: Scalar, sign: 1 | -1): Tensor[] {
    const moved = mul(sub(time, scalar(t)), sign);
    return this.#slopes(t, y).map((slope, m) => add(y[m]!, mul(slope, moved)));
  }

  #lastTime(t: number): Scalar {
    return this.#times === undefined ? scalar(t) : this.#timeAt(this.#times.size - 1);
  }

  #timeAt(index: number): Scalar {
    return reshape(slice(this.#times!, index, 1), []);
  }
}

/** States along a new first axis; of none, tensors without elements. */
function stackLeaves(states: readonly Tensor[][], like: readonly Tensor[]): Tensor[] {
  return like.map((leaf, m) => (states.length === 0 ? zeros([0, ...leaf.shape]) : stack(states.map((state) => state[m]!))));
}
