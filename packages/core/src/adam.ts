import { add, addN, div, mul, sqrt, square, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { type DeclaredOptions, type GivenOptions, readOptions } from "./declared-options.js";
import { CoreError, describeValue } from "./errors.js";
import { checkNumber } from "./options.js";
import { isTensor } from "./tensor.js";

/** What an optimiser remembers between steps: tensors in the order of the parameters, and the step count. */
export interface AdamState {
  /** Steps taken so far. */
  readonly step: number;
  /** Running mean of the gradients, one tensor a parameter. */
  readonly mean: Tensor[];
  /** Running mean of the squared gradients, one tensor a parameter. */
  readonly variance: Tensor[];
}

/** A gradient-based optimiser as two pure functions; parameters and state are plain lists of tensors. */
export interface Optimizer<State> {
  /** State before the first step. The caller disposes its tensors. */
  init(parameters: readonly Tensor[]): State;
  /**
   * One step. Returns new parameters and new state and disposes nothing: the caller disposes what it replaces.
   * @param learningRate overrides the optimiser's own, for schedules
   */
  update(
    parameters: readonly Tensor[],
    gradients: readonly Tensor[],
    state: State,
    learningRate?: number,
  ): { parameters: Tensor[]; state: State };
}

const ADAM = {
  /** Default 1e-3. */
  learningRate: { default: 1e-3, min: 0 },
  /** Default 0.9. */
  beta1: { default: 0.9, min: 0, below: 1 },
  /** Default 0.999. */
  beta2: { default: 0.999, min: 0, below: 1 },
  /** Added to the root of the second moment. Default 1e-8. */
  epsilon: { default: 1e-8, min: 0 },
} as const satisfies DeclaredOptions;

/** Options of `adam`, named and defaulted as in PyTorch. */
export interface AdamOptions extends GivenOptions<typeof ADAM> {}

/**
 * Adam (Kingma & Ba, 2015, algorithm 1), in PyTorch's arrangement of the bias corrections. Powers of the betas come from the step count in
 * float64, so a run that was saved and resumed gives the same bits as one that was not.
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  const { learningRate: defaultRate, beta1, beta2, epsilon } = readOptions("adam", ADAM, options);

  return {
    init(parameters) {
      checkTensors("adam", "parameter", parameters);
      // In a tidy, so that nothing is left behind where the memory ends in between.
      return tidy(() => ({
        step: 0,
        mean: parameters.map((parameter) => zerosLike(parameter)),
        variance: parameters.map((parameter) => zerosLike(parameter)),
      }));
    },

    update(parameters, gradients, state, learningRate = defaultRate) {
      checkUpdate(parameters, gradients, state);
      checkNumber("adam", "learningRate", learningRate, ADAM.learningRate);
      const step = state.step + 1;
      const stepSize = learningRate / (1 - beta1 ** step);
      const varianceCorrection = Math.sqrt(1 - beta2 ** step);
      const updateOne = (parameter: Tensor, i: number) => {
        const gradient = gradients[i]!;
        const mean = addN([mul(state.mean[i]!, beta1), mul(gradient, 1 - beta1)]);
        const variance = addN([mul(state.variance[i]!, beta2), mul(square(gradient), 1 - beta2)]);
        const denominator = add(div(sqrt(variance), varianceCorrection), epsilon);
        return { parameter: add(parameter, mul(div(mean, denominator), -stepSize)), mean, variance };
      };
      // The outer tidy leaves nothing behind where the memory ends in between.
      const next = tidy(() => parameters.map((parameter, i) => tidy(() => updateOne(parameter, i))));
      return {
        parameters: next.map(({ parameter }) => parameter),
        state: { step, mean: next.map(({ mean }) => mean), variance: next.map(({ variance }) => variance) },
      };
    },
  };
}

function checkUpdate(parameters: readonly Tensor[], gradients: readonly Tensor[], state: AdamState): void {
  checkTensors("adam", "parameter", parameters);
  const count = parameters.length;
  if (!Array.isArray(gradients) || gradients.length !== count) {
    const got = Array.isArray(gradients) ? gradients.length : describeValue(gradients);
    throw new CoreError(`adam: expected ${count} gradients, one a parameter, got ${got}.`);
  }
  checkTensors("adam", "gradient", gradients);
  checkAdamState("adam", state);
  if (state.mean.length !== count) {
    throw new CoreError(`adam: expected a state for ${count} parameters, got one for ${state.mean.length}; make it with init().`);
  }
  parameters.forEach((parameter, i) => {
    for (const [what, other] of [
      ["gradient", gradients[i]!],
      ["saved mean", state.mean[i]!],
      ["saved variance", state.variance[i]!],
    ] as const) {
      if (other.shape.join() !== parameter.shape.join()) {
        throw new CoreError(
          `adam: expected the ${what} of parameter ${i} to have shape [${parameter.shape}], got [${other.shape}].`,
        );
      }
    }
  });
}

/** Throws unless a value is a state whose tensors are alive, one mean and one variance for each parameter. */
export function checkAdamState(caller: string, state: AdamState): void {
  const { mean, variance } = state ?? {};
  if (!Array.isArray(mean) || !Array.isArray(variance) || mean.length !== variance.length) {
    throw new CoreError(
      `${caller}: expected a state { step, mean, variance } with as many means as variances, got ${describeValue(state)}; make it with init().`,
    );
  }
  checkNumber(caller, "the state's step", state.step, { min: 0, integer: true });
  checkTensors(caller, "saved mean", mean);
  checkTensors(caller, "saved variance", variance);
}

function checkTensors(caller: string, what: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors)) {
    throw new CoreError(`${caller}: expected an array of ${what}s, got ${describeValue(tensors)}.`);
  }
  tensors.forEach((tensor, i) => {
    const expected = what === "parameter" ? `parameter ${i} to be a tensor` : `a ${what} tensor for parameter ${i}`;
    if (!isTensor(tensor) || tensor.isDisposed) {
      throw new CoreError(`${caller}: expected ${expected}, got ${describeValue(tensor)}.`);
    }
    if (tensor.dtype !== "float32") throw new CoreError(`${caller}: expected ${expected} of float32, got ${tensor.dtype}.`);
  });
}

/** Disposes the tensors of a state that is no longer needed; those that are gone already stay so. */
export function disposeAdamState(state: AdamState): void {
  if (!Array.isArray(state?.mean) || !Array.isArray(state.variance)) {
    throw new CoreError(`disposeAdamState: expected a state { step, mean, variance }, got ${describeValue(state)}.`);
  }
  for (const moment of [...state.mean, ...state.variance]) moment.dispose();
}
