import { checkChoice, checkNumber, checkOptions } from "@latentflow/core";
import { clone, customGrad, type GradSaveFunc, stack, type Tensor, tidy, unstack } from "@tensorflow/tfjs-core";
import { OdeError } from "./errors.js";
import { argumentTensors } from "./gradients/argument-tensors.js";
import { adjointGradients } from "./gradients/continuous-adjoint.js";
import { requireFinite } from "./gradients/finite-gradient.js";
import { firstOrderOnly } from "./gradients/first-order.js";
import { forwardPass } from "./gradients/forward-pass.js";
import { packTensors, unpackTensors } from "./gradients/packing.js";
import { checkDynamics, checkInitialState, checkOptionsObject, checkTimes } from "./input/check-arguments.js";
import type { AdjointOptions, BackwardOptions } from "./input/options.js";
import type { LooseOptions } from "./input/plan.js";
import type { Checked } from "./input/problem.js";
import { METHODS } from "./methods/index.js";
import { offTape } from "./state/tape.js";
import type { AnyState, AnyTimes, Dynamics, Stacked, TimeOf } from "./types.js";

const BACKWARD_OPTIONS = [
  "method",
  "rtol",
  "atol",
  "controller",
  "firstStep",
  "minStep",
  "maxStep",
  "stepTimes",
  "stepSize",
  "norm",
  "maxSteps",
  "detectInstability",
];

/**
 * The same values as `odeint`; the gradient comes from integrating the adjoint equation backward in time, so that memory does not grow
 * with the number of steps. Gradients reach y0, tensors in `args`, trainable tf.Variables that f reads, and t when it is a tensor; not
 * other tensors that f closes over (those are disposed before the gradient is computed: pass them as `args`). First order only.
 *
 * A dissipative equation can't be integrated backward. Where the state reconstructed on the way misses a stored output, the gradient is
 * taken through stored states instead, and `onStatistics` receives a `fallback` that says where and why.
 */
export function odeintAdjoint<const S extends AnyState, const T extends AnyTimes, A = undefined>(
  f: Dynamics<S, A, TimeOf<T>>,
  y0: S,
  t: T,
  options: AdjointOptions<A, S> = {},
): Stacked<S> {
  const caller = "odeintAdjoint";
  checkOptionsObject(caller, options);
  const checked: Checked = {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: checkTimes(caller, t),
    options: options as unknown as LooseOptions,
    methods: METHODS,
    extra: ["adjoint"],
  };
  const { adjoint: backward = {} } = options as { adjoint?: BackwardOptions };
  checkBackwardOptions(backward);
  if (checked.y0.kind !== "tensors") {
    throw new OdeError(
      `${caller}: expected y0 to be tensors, since gradients need them; use odeint for numbers and Float64Arrays.`,
    );
  }
  const { leaves } = checked.y0;
  const solved = tidy(() => {
    const forward = forwardPass(checked, leaves, false);
    const { stacked, variables, statistics } = forward;
    const args = argumentTensors(checked.options.args);
    const time = checked.times.tensor === undefined ? [] : [checked.times.tensor];
    const inputs = [...leaves, ...args.tensors, ...time, ...variables];

    const pullBackward = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const savedArgs = saved.slice(0, args.tensors.length);
      const savedTime = saved[args.tensors.length];
      const states = transpose(unpackTensors(saved[saved.length - 1]!, stacked));
      const cotangents = transpose(unpackTensors(dy, stacked));
      const replaced: Checked = {
        ...checked,
        times: { values: checked.times.values, tensor: time.length === 0 ? undefined : savedTime },
        options: { ...checked.options, args: args.withTensors(savedArgs) },
      };
      const parameters = { tensors: savedArgs, variables };
      const gradients = adjointGradients({ checked: replaced, states, cotangents, parameters, backward, statistics });
      const ofArgs = gradients.parameters.slice(0, savedArgs.length);
      const ofVariables = gradients.parameters.slice(savedArgs.length);
      return [...gradients.y0, ...ofArgs, ...(gradients.times === undefined ? [] : [stack(gradients.times)]), ...ofVariables];
    };

    const solve = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
      const save = given[given.length - 1] as GradSaveFunc;
      const value = clone(packTensors(stacked));
      save([...args.tensors, ...time, value]);
      return {
        value,
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const gradients = offTape(() => tidy(() => pullBackward(dy, saved)));
          checked.options.onStatistics?.({ ...statistics });
          requireFinite(caller, "y0, args, t and variables", gradients);
          return firstOrderOnly(caller, gradients, [dy, ...saved]);
        },
      };
    });
    return forward.present(unpackTensors(solve(...inputs), stacked)) as Tensor;
  });
  return solved as Stacked<S>;
}

/** Leaves with times first → one list of leaves a time. */
function transpose(stacked: readonly Tensor[]): Tensor[][] {
  const byLeaf = stacked.map((leaf) => unstack(leaf));
  return byLeaf[0]!.map((_, i) => byLeaf.map((leaf) => leaf[i]!));
}

function checkBackwardOptions(backward: BackwardOptions): void {
  const caller = "odeintAdjoint: adjoint";
  checkOptions(caller, backward, BACKWARD_OPTIONS, OdeError);
  if (backward.norm !== undefined) checkChoice(caller, "norm", backward.norm, ["rms", "seminorm"], OdeError);
  for (const name of ["rtol", "atol"] as const)
    if (backward[name] !== undefined) checkNumber(caller, name, backward[name], { min: 0 }, OdeError);
  const { detectInstability: limit } = backward;
  if (limit !== undefined && limit !== false) checkNumber(caller, "detectInstability", limit, { above: 0 }, OdeError);
}
