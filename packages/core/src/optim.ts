/** Optimisers of tfjs tensors and their schedules: `import { adam } from "@latentflow/core/optim"`. The rest of core runs without tfjs. */
export { type AdamOptions, type AdamState, adam, disposeAdamState, type Optimizer } from "./adam.js";
export { type AdamStateData, type ArrayData, adamStateFromData, adamStateToData } from "./adam-state-data.js";
export { type Schedule, type ScheduleState, stepDecay } from "./schedule.js";
