import {
  abs,
  add,
  clone,
  div,
  max,
  mean,
  mul,
  neg,
  type Scalar,
  scalar,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tidy,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import type { BackwardPlan } from "../input/backward-plan.js";
import type { CheckedCall } from "../input/problem.js";
import { tensorProblem } from "../input/tensor-problem.js";
import { TensorSpace } from "../state/tensor-space.js";
import type { Fallback, Statistics } from "../status.js";
import { drive } from "../stepping/drive.js";
import { integrate } from "../stepping/integrate.js";
import { Outputs } from "../stepping/outputs.js";
import type { Observer } from "../stepping/problem.js";
import type { Step } from "../stepping/step.js";
import type { Tolerances } from "../types.js";
import { backwardProblem } from "./backward-problem.js";
import { Checkpoints } from "./checkpoints.js";
import { gradientProblem } from "./gradient-problem.js";
import { type Parameters, pullBackSegments, segmentsOf } from "./segments.js";

/** What the backward pass works from. */
export interface AdjointInput {
  /** The forward call, its args and times replaced by the saved ones. */
  readonly checked: CheckedCall;
  /** States at the output times. */
  readonly states: readonly Tensor[][];
  /** dL/dy at the output times. */
  readonly cotangents: readonly Tensor[][];
  readonly parameters: Parameters;
  readonly backward: BackwardPlan;
  readonly statistics: Statistics;
}

/** Gradients of a solve. */
export interface AdjointGradients {
  readonly y0: Tensor[];
  /** One per output time; undefined unless times are tensors. */
  readonly times: Scalar[] | undefined;
  readonly parameters: Tensor[];
}

/**
 * A backward solve that takes many times the steps of the forward one, or whose state outgrows all that the forward one stored, follows a
 * solution that has nothing to do with it: it is given up at once, since stored states are then the shorter way.
 */
const LEAST_STEPS = 100;
const STEPS_AS_FORWARD = 4;
const STEPS_OF_ITS_OWN = 20;
const OUTGROWN = 1000;

/** What float32 can hold: no state is reconstructed to better than about a hundred of these. */
const FINEST: Tolerances = { rtol: 1e-5, atol: 1e-7 };
const RESOLUTION = 2e-6;

/** Thrown inside the backward solve where it must not be trusted. */
class Unstable extends Error {
  readonly deviation: number;

  constructor(deviation: number) {
    super("backward integration missed a stored state");
    this.deviation = deviation;
  }
}

/** The adjoint on arrival at an output time, before the loss at that time acts. */
interface Arrival {
  readonly index: number;
  readonly a: Tensor[];
  readonly integrals: Tensor[];
}

/**
 * Gradients by integrating the adjoint backward in one solve. Where the state reconstructed on the way misses a stored output, or the
 * backward solve fails, the rest is differentiated through stored states instead: a dissipative equation can't be integrated backward.
 * Call it in a scope.
 */
export function adjointGradients(input: AdjointInput): AdjointGradients {
  const { checked, states, cotangents, parameters, backward, statistics } = input;
  const { values, tensor } = checked.times;
  const limit = backward.detectInstability;
  const f = (t: number | Scalar, y: unknown) => checked.f(t, y, checked.options.args);
  const forwardSteps = statistics.accepted + statistics.rejected;
  const maxSteps = LEAST_STEPS + (backward.ownSteps ? STEPS_OF_ITS_OWN : STEPS_AS_FORWARD) * forwardSteps;
  const { problem, space, layout, slopes } = backwardProblem(checked, f, parameters, backward, maxSteps);
  const asked = problem.steps.kind === "adaptive" ? problem.steps.tolerances : TensorSpace.defaultTolerances;
  const tolerances = { rtol: Math.max(asked.rtol, FINEST.rtol), atol: Math.max(asked.atol, FINEST.atol) };
  const last = values.length - 1;
  const timeGradients: Scalar[] = [];

  const timeGradient = (index: number, cotangent: readonly Tensor[]): Scalar =>
    tidy(() => {
      statistics.nfeBackward++;
      return slopes(values[index]!, states[index]!)
        .map((slope, m) => sum(mul(slope, cotangent[m]!)))
        .reduce((total, term) => add(total, term)) as Scalar;
    });
  if (tensor !== undefined) timeGradients[last] = timeGradient(last, cotangents[last]!);

  const largest = limit === false ? 0 : largestSize(states.flat());
  const requireBounded = (y: readonly Tensor[]) => {
    const size = largestSize(y);
    if (!(size <= OUTGROWN * (largest + tolerances.atol)))
      throw new Unstable((size - largest) / (tolerances.atol + tolerances.rtol * largest));
  };

  let reached: Arrival = {
    index: last,
    a: states[last]!.map(zerosLike),
    integrals: [...parameters.tensors, ...parameters.variables].map(({ shape }) => zeros(shape)),
  };

  /** Leaves a backward step at an output time: checks y, remembers where it stands, and goes on from the stored state. */
  const observer: Observer<Tensor[]> = {
    needsDense: () => false,
    onStep(step: Step<Tensor[]>) {
      const index = reached.index - 1;
      if (step.span.t1 !== values[index]) {
        if (limit !== false) requireBounded(layout.unpack(step.y1).y);
        return undefined;
      }
      const arrived = layout.unpack(step.y1);
      if (limit !== false) {
        const stored = states[index]!;
        const deviation = reconstructionError(arrived.y, stored, tolerances);
        if (!(deviation <= limit)) throw new Unstable(deviation);
      }
      const previous = reached;
      reached = { index, a: arrived.a.map((leaf) => clone(leaf)), integrals: arrived.integrals.map((leaf) => clone(leaf)) };
      for (const leaf of [...previous.a, ...previous.integrals]) leaf.dispose();
      if (index === 0) return undefined;
      if (tensor !== undefined) timeGradients[index] = timeGradient(index, cotangents[index]!);
      return space.scope(() =>
        space.clone(
          layout.pack({
            y: states[index]!,
            a: reached.a.map((leaf, m) => add(leaf, cotangents[index]![m]!)),
            integrals: reached.integrals,
          }),
        ),
      );
    },
  };

  const y0 = layout.pack({ y: states[last]!, a: cotangents[last]!, integrals: reached.integrals });
  let failure: { cause: Fallback["cause"]; deviation: number } | undefined;
  try {
    const { status } = drive(space, integrate({ ...problem, y0 }, observer));
    space.close([]);
    if (status.kind !== "finished" && status.kind !== "event") {
      if (limit === false) throw new OdeError(`${checked.caller}: the backward solve ${status.message}`, { status });
      failure = { cause: status.kind, deviation: Number.NaN };
    }
  } catch (error) {
    if (!(error instanceof Unstable)) throw error;
    failure = { cause: "reconstruction", deviation: error.deviation };
  }
  statistics.nfeBackward += problem.statistics.nfe;

  if (failure !== undefined) {
    statistics.fallback = {
      interval: [values[reached.index - 1]!, values[reached.index]!],
      ...failure,
      intervals: reached.index,
    };
    while (reached.index > 0)
      reached = throughStoredStates(input, reached, (index) => {
        if (tensor !== undefined && index > 0) timeGradients[index] = timeGradient(index, cotangents[index]!);
      });
  }

  if (tensor !== undefined) timeGradients[0] = neg(timeGradient(0, reached.a));
  return {
    y0: reached.a.map((leaf, m) => add(leaf, cotangents[0]![m]!)),
    times: tensor === undefined ? undefined : timeGradients,
    parameters: reached.integrals,
  };
}

/** The largest RMS of any leaf. */
function largestSize(leaves: readonly Tensor[]): number {
  return tidy(() => max(stack(leaves.map((leaf) => sqrt(mean(square(leaf)))))).dataSync()[0]!);
}

/**
 * How far a reconstructed state is from the stored one: the largest member's RMS in units of atol + rtol |y| and of what rounding does to
 * a small component beside large ones. Measured by the stored state: the reconstructed one may be arbitrarily large.
 */
function reconstructionError(reconstructed: readonly Tensor[], stored: readonly Tensor[], { rtol, atol }: Tolerances): number {
  const errors = stored.map((leaf, m) =>
    tidy(() => {
      const size = sqrt(mean(square(leaf)));
      const scale = add(add(mul(abs(leaf), rtol), mul(size, RESOLUTION)), atol);
      return sqrt(mean(square(div(sub(reconstructed[m]!, leaf), scale)))).dataSync()[0]!;
    }),
  );
  return errors.some(Number.isNaN) ? Number.NaN : Math.max(...errors);
}

/** One interval between outputs, differentiated through its steps from the stored state at its start. */
function throughStoredStates(input: AdjointInput, reached: Arrival, onArrival: (index: number) => void): Arrival {
  const { checked, states, cotangents, parameters, statistics } = input;
  const { index } = reached;
  const start = states[index - 1]!;
  const times = checked.times.values.slice(index - 1, index + 1);
  const { tensor } = checked.times;
  const { endpoint } = checked.options;
  // Times are constants here: the gradient with respect to them comes from the adjoint itself.
  const interval: CheckedCall = {
    ...checked,
    times: { values: times, tensor: undefined },
    singlePrecisionTime: tensor !== undefined,
    f: tensor === undefined ? checked.f : (t, y, args) => checked.f(scalar(t as number), y, args),
    // The cotangent belongs to the state at the interval's end: a last step that passes it would put it at another.
    options: { ...checked.options, ...intervalGrid(checked, times), ...(endpoint === undefined ? {} : { endpoint: "clip" }) },
  };
  const forward = gradientProblem(interval, start, true);
  const checkpoints = new Checkpoints(forward.space, times[0]!, start, new Outputs(forward.space, times, start));
  const { status } = drive(
    forward.space,
    integrate({ ...forward.problem, onProgress: undefined, onStep: undefined, maxSteps: Number.POSITIVE_INFINITY }, checkpoints),
  );
  if (status.kind !== "finished") throw new OdeError(`${checked.caller}: ${status.message}`, { status });
  statistics.nfeBackward += forward.problem.statistics.nfe;
  const segments = segmentsOf(checkpoints.nodes, checkpoints.states, checkpoints.stride);
  const cotangent = reached.a.map((leaf, m) => add(leaf, cotangents[index]![m]!));
  const replay = () => tensorProblem(interval, start);
  const outputs = { times: [], at: [] };
  const result = pullBackSegments(segments, replay, parameters, outputs, cotangent, statistics);
  forward.space.close([]);
  const integrals = reached.integrals.map((leaf, k) => {
    const gradient = result.parameters[k];
    return gradient === undefined ? leaf : add(leaf, gradient);
  });
  onArrival(index - 1);
  return { index: index - 1, a: result.state, integrals };
}

/** A grid given for the whole solve, cut to one interval. */
function intervalGrid(checked: CheckedCall, times: Float64Array): { grid?: number[] } {
  const { grid } = checked.options;
  if (grid === undefined) return {};
  const [low, high] = [Math.min(...times), Math.max(...times)];
  const inside = Array.from(grid).filter((node) => node > low && node < high);
  return { grid: [times[0]!, ...inside, times[1]!] };
}
