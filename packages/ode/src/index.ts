// In Node tfjs-core has no gradients of its own. It comes first: the engine must be its own, not that of the bundled gradients.
import "@tensorflow/tfjs-core";
import "@latentflow/backend/gradients";

export { OdeError } from "./errors.js";
export type { DataSet, Fit, FitOptions, FitProgress, FitStatus, Observations } from "./fit/types.js";
export { fit } from "./fit.js";
export type {
  AdaptiveStepOptions,
  AdjointOptions,
  BackwardOptions,
  CommonOptions,
  ConstantStepOptions,
  GridOptions,
  OdeintOptions,
  OutputStepOptions,
  PerSampleOptions,
  SolveOptions,
  StepOptions,
} from "./input/options.js";
export { explicitMethod } from "./methods/explicit/explicit-method.js";
export type { ExplicitMethod, Tableau } from "./methods/explicit/tableau.js";
export type { AdaptiveMethodName, FixedMethodName, MethodName } from "./methods/index.js";
export { METHODS } from "./methods/index.js";
export type { Attempt, DenseOutput, Method, Stepper, StepTrial } from "./methods/method.js";
export { odeint } from "./odeint.js";
export { odeintAdjoint } from "./odeint-adjoint.js";
export type { EventFunction, EventOptions, EventResult } from "./odeint-event.js";
export { odeintEvent, odeintEventAsync } from "./odeint-event.js";
export type {
  EventOccurrences,
  EventsGradientOptions,
  EventsOptions,
  EventsResult,
  WatchedEvent,
} from "./odeint-events.js";
export { odeintEvents, odeintEventsAsync } from "./odeint-events.js";
export type { ForEachNumber } from "./sensitivities/for-each-number.js";
export type {
  DerivativeOptions,
  ParametricDynamics,
  Sensitivities,
  SensitivitiesOf,
  SensitivityOptions,
} from "./sensitivities/options.js";
export { sensitivities } from "./sensitivities.js";
export type { ResumeOptions, Solution } from "./solution/solution.js";
export { solve, solveAsync } from "./solve.js";
export type { ErrorTest, PackedDynamics, Reading, StateSpace, StepSpan } from "./state/state-space.js";
export type { Fallback, Progress, Statistics, Status, StatusKind } from "./status.js";
export type { ControllerCoefficients, ControllerName } from "./stepping/controller.js";
export type {
  AnyTimes,
  Dynamics,
  Float64State,
  SampleDynamics,
  SampleTimes,
  ScalarOf,
  Slope,
  Stacked,
  State,
  StateOf,
  TimeOf,
  Times,
  Tolerance,
} from "./types.js";
