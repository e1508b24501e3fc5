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

/** Multiplies the rate by `factor` every `every` steps: PyTorch's StepLR. The paper uses every = 1000, factor = 0.5. */
export function stepDecay(options: { learningRate: number; every: number; factor: number }): Schedule {
  checkOptions("stepDecay", options, ["learningRate", "every", "factor"]);
  checkRequired("stepDecay", options, ["learningRate", "every", "factor"]);
  const { learningRate, every, factor } = options;
  checkNumber("stepDecay", "learningRate", learningRate, { min: 0 });
  checkNumber("stepDecay", "every", every, { min: 1, integer: true });
  checkNumber("stepDecay", "factor", factor, { min: 0 });
  return {
    init: () => ({ step: 0 }),
    update(state) {
      const step = checkNumber("stepDecay", "the state's step", state?.step, { min: 0, integer: true });
      return { learningRate: learningRate * factor ** Math.floor(step / every), state: { step: step + 1 } };
    },
  };
}
