import { type DeclaredOptions, type GivenOptions, readOptions } from "./declared-options.js";
import { checkNumber } from "./options.js";

/** What a schedule remembers: how many steps have been taken. Plain JSON. */
export interface ScheduleState {
  readonly step: number;
}

/** A learning-rate schedule as a pure record: the rate of the coming step, and the state after it. */
export interface Schedule {
  init(): ScheduleState;
  update(state: ScheduleState): { learningRate: number; state: ScheduleState };
}

const STEP_DECAY = {
  learningRate: { min: 0 },
  /** Steps. */
  every: { min: 1, integer: true },
  factor: { min: 0 },
} as const satisfies DeclaredOptions;

/** Multiplies the rate by `factor` every `every` steps: PyTorch's StepLR. The paper uses every = 1000, factor = 0.5. */
export function stepDecay(options: GivenOptions<typeof STEP_DECAY>): Schedule {
  const { learningRate, every, factor } = readOptions("stepDecay", STEP_DECAY, options);
  return {
    init: () => ({ step: 0 }),
    update(state) {
      const step = checkNumber("stepDecay", "the state's step", state?.step, { min: 0, integer: true });
      return { learningRate: learningRate * factor ** Math.floor(step / every), state: { step: step + 1 } };
    },
  };
}
