import { RateWatch } from "../gradients/rate-watch.js";
import type { Plan } from "../input/plan.js";
import type { Method } from "../methods/method.js";
import type { StepSpan } from "../state/state-space.js";
import type { Statistics } from "../status.js";
import { ConstantPolicy } from "../stepping/constant-steps.js";
import { StepController } from "../stepping/controller.js";
import { justBefore, justBeyond } from "../stepping/jumps.js";
import { AdaptivePolicy, GridPolicy, type StepPolicy } from "../stepping/step-policy.js";

/** A time at which a row's state is asked for, and the key by which it is found afterwards. */
export interface RowOutput {
  readonly time: number;
  readonly key: number;
}

/** Where a row goes. */
export interface RowCourse {
  /** Its place in the batch. */
  readonly index: number;
  readonly t0: number;
  readonly t1: number;
  readonly plan: Pick<Plan, "method" | "steps" | "jumps" | "maxSteps">;
  /** After t0, in the direction of integration. */
  readonly outputs: readonly RowOutput[];
  /** Largest h ρ of a step that a gradient is to go through; undefined: any. */
  readonly reach?: number | undefined;
  readonly statistics: Statistics;
}

/** One row of a batch on its own way: where it stands, how its steps are chosen, and what it cost. */
export class SampleRow {
  readonly index: number;
  readonly t0: number;
  readonly t1: number;
  readonly plan: RowCourse["plan"];
  readonly direction: 1 | -1;
  readonly statistics: Statistics;
  /** Where its steps ended, t0 first. */
  readonly nodes: number[];
  /** Follows its fastest mode, where a gradient is to go through the steps. */
  readonly watch: RateWatch | undefined;
  t: number;
  /** The step that is tried. */
  span: StepSpan;
  /** Where `watch` was asked last. */
  bounded = Number.NaN;
  readonly #jumps: ReadonlySet<number>;
  readonly #outputs: readonly RowOutput[];
  #nextOutput = 0;
  #policy: StepPolicy | undefined;

  constructor({ index, t0, t1, plan, outputs, reach, statistics }: RowCourse) {
    this.index = index;
    this.t0 = t0;
    this.t1 = t1;
    this.plan = plan;
    this.statistics = statistics;
    this.direction = t1 >= t0 ? 1 : -1;
    this.nodes = [t0];
    this.t = t0;
    this.span = { t0, t1: t0, h: 0 };
    this.watch = reach === undefined || plan.steps.kind !== "adaptive" ? undefined : new RateWatch(reach, plan.steps.minStep);
    this.#jumps = new Set(plan.jumps);
    this.#outputs = outputs;
  }

  get policy(): StepPolicy {
    return this.#policy!;
  }

  /** @param firstStep of steps that an error estimate chooses */
  start(firstStep: number): void {
    const { steps, method } = this.plan;
    this.#policy =
      steps.kind === "grid"
        ? new GridPolicy(steps.nodes)
        : steps.kind === "constant"
          ? new ConstantPolicy(steps)
          : new AdaptivePolicy({
              ...steps,
              t0: this.t0,
              t1: this.t1,
              firstStep,
              controller: controllerOf(method, steps.controller),
              onForced: steps.forced ? () => (this.statistics.forced = (this.statistics.forced ?? 0) + 1) : undefined,
            });
  }

  /** How far a probe for the first step may go. */
  get maxProbe(): number {
    const { steps } = this.plan;
    if (steps.kind !== "adaptive" || steps.overshoot) return Number.POSITIVE_INFINITY;
    return Math.abs((steps.stops[0] ?? this.t1) - this.t0);
  }

  isJump(time: number): boolean {
    return this.#jumps.has(time);
  }

  /** A time as f is given it, on the far side of a jump there. f gets its times as float32 tensors. */
  afterJump(time: number): number {
    return this.isJump(time) ? justBeyond(time, this.direction, true) : time;
  }

  /** The same on the near side. */
  beforeJump(time: number): number {
    return this.isJump(time) ? justBefore(time, this.direction, true) : time;
  }

  /** When a stage of the step that is tried happens. */
  stageTime(node: number): number {
    return node === 1 ? this.beforeJump(this.span.t1) : this.span.t0 + node * this.span.h;
  }

  /** The step that was tried is taken. */
  advance(): void {
    this.statistics.accepted++;
    this.t = this.span.t1;
    this.nodes.push(this.t);
  }

  get hasArrived(): boolean {
    return (this.t1 - this.t) * this.direction <= 0;
  }

  /** The outputs up to the end of the step that was tried, each once. */
  dueOutputs(): RowOutput[] {
    const first = this.#nextOutput;
    while (this.#nextOutput < this.#outputs.length && this.#reaches(this.#outputs[this.#nextOutput]!)) this.#nextOutput++;
    return this.#outputs.slice(first, this.#nextOutput);
  }

  #reaches({ time }: RowOutput): boolean {
    return (time - this.span.t1) * this.direction <= 0;
  }
}

function controllerOf(method: Method, given: ConstructorParameters<typeof StepController>[0] | undefined) {
  const own = given === undefined ? method.controller?.() : undefined;
  return own ?? new StepController(given ?? {}, method.errorOrder ?? method.order);
}
