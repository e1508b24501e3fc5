import { CoreError } from "./errors.js";
import { checkNumber, checkOptions } from "./options.js";

/** What a schedule remembers: how many steps have been taken. Plain JSON. */
export interface ScheduleState {
  readonly step: number;
}

/** A learning-rate schedule as a pure record: the rate of the coming step, and the state after it. */
export interface Schedule {
  init(): ScheduleState;
  update(state: ScheduleState): { learningRate: number; state: ScheduleState };
}

/** The rate at step 0, 1, 2, … as a schedule. */
function schedule(rateAt: (step: number) => number): Schedule {
  return {
    init: () => ({ step: 0 }),
    update: ({ step }) => ({ learningRate: rateAt(step), state: { step: step + 1 } }),
  };
}

/** Always the same rate. */
export function constantRate(learningRate: number): Schedule {
  checkNumber("constantRate", "learningRate", learningRate, { min: 0 });
  return schedule(() => learningRate);
}

/** Multiplies the rate by `factor` every `every` steps: PyTorch's StepLR. The paper uses every = 1000, factor = 0.5. */
export function stepDecay(options: { learningRate: number; every: number; factor: number }): Schedule {
  requireOptions("stepDecay", options);
  checkOptions("stepDecay", options, ["learningRate", "every", "factor"]);
  const { learningRate, every, factor } = options;
  checkNumber("stepDecay", "learningRate", learningRate, { min: 0 });
  checkNumber("stepDecay", "every", every, { min: 1, integer: true });
  checkNumber("stepDecay", "factor", factor, { min: 0 });
  return schedule((step) => learningRate * factor ** Math.floor(step / every));
}

/** Falls from `learningRate` to `final` (default 0) over `steps` steps along half a cosine, then stays: PyTorch's CosineAnnealingLR. */
export function cosineDecay(options: { learningRate: number; steps: number; final?: number }): Schedule {
  requireOptions("cosineDecay", options);
  checkOptions("cosineDecay", options, ["learningRate", "steps", "final"]);
  const { learningRate, steps, final = 0 } = options;
  checkNumber("cosineDecay", "learningRate", learningRate, { min: 0 });
  checkNumber("cosineDecay", "steps", steps, { min: 1, integer: true });
  checkNumber("cosineDecay", "final", final, { min: 0 });
  return schedule((step) => final + ((learningRate - final) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps))) / 2);
}

/** Rises linearly over the first `steps` steps to what `after` gives; `after` starts counting at step 0. */
export function warmUp(options: { steps: number; after: Schedule }): Schedule {
  requireOptions("warmUp", options);
  checkOptions("warmUp", options, ["steps", "after"]);
  const { steps, after } = options;
  checkNumber("warmUp", "steps", steps, { min: 1, integer: true });
  if (typeof after?.update !== "function")
    throw new CoreError("warmUp: expected `after` to be a schedule, such as constantRate(1e-3).");
  return schedule((step) => after.update({ step }).learningRate * Math.min(1, (step + 1) / steps));
}

function requireOptions(caller: string, options: unknown): void {
  if (options === undefined) throw new CoreError(`${caller}: expected an options object, got nothing.`);
}
