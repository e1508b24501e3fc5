import { CoreError, describeValue } from "./errors.js";
import { checkNumber, checkOptions, checkRequired } from "./options.js";

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
function schedule(name: string, rateAt: (step: number) => number): Schedule {
  return {
    init: () => ({ step: 0 }),
    update(state) {
      const step = checkNumber(name, "the state's step", state?.step, { min: 0, integer: true });
      return { learningRate: rateAt(step), state: { step: step + 1 } };
    },
  };
}

/** Always the same rate. */
export function constantRate(learningRate: number): Schedule {
  checkNumber("constantRate", "learningRate", learningRate, { min: 0 });
  return schedule("constantRate", () => learningRate);
}

/** Multiplies the rate by `factor` every `every` steps: PyTorch's StepLR. The paper uses every = 1000, factor = 0.5. */
export function stepDecay(options: { learningRate: number; every: number; factor: number }): Schedule {
  checkOptions("stepDecay", options, ["learningRate", "every", "factor"]);
  checkRequired("stepDecay", options, ["learningRate", "every", "factor"]);
  const { learningRate, every, factor } = options;
  checkNumber("stepDecay", "learningRate", learningRate, { min: 0 });
  checkNumber("stepDecay", "every", every, { min: 1, integer: true });
  checkNumber("stepDecay", "factor", factor, { min: 0 });
  return schedule("stepDecay", (step) => learningRate * factor ** Math.floor(step / every));
}

/** Falls from `learningRate` to `final` (default 0) over `steps` steps along half a cosine, then stays: PyTorch's CosineAnnealingLR. */
export function cosineDecay(options: { learningRate: number; steps: number; final?: number }): Schedule {
  checkOptions("cosineDecay", options, ["learningRate", "steps", "final"]);
  checkRequired("cosineDecay", options, ["learningRate", "steps"]);
  const { learningRate, steps, final = 0 } = options;
  checkNumber("cosineDecay", "learningRate", learningRate, { min: 0 });
  checkNumber("cosineDecay", "steps", steps, { min: 1, integer: true });
  checkNumber("cosineDecay", "final", final, { min: 0 });
  return schedule(
    "cosineDecay",
    (step) => final + ((learningRate - final) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps))) / 2,
  );
}

/** Rises linearly over the first `steps` steps to what `after` gives; `after` starts counting at step 0. */
export function warmUp(options: { steps: number; after: Schedule }): Schedule {
  checkOptions("warmUp", options, ["steps", "after"]);
  checkRequired("warmUp", options, ["steps", "after"]);
  const { steps, after } = options;
  checkNumber("warmUp", "steps", steps, { min: 1, integer: true });
  if (typeof after?.update !== "function")
    throw new CoreError(`warmUp: expected \`after\` to be a schedule, such as constantRate(1e-3), got ${describeValue(after)}.`);
  return schedule("warmUp", (step) => {
    const rate = checkNumber("warmUp", "the rate of `after`", after.update({ step })?.learningRate, { min: 0 });
    return rate * Math.min(1, (step + 1) / steps);
  });
}
