import { tensor, tidy, type Variable } from "@tensorflow/tfjs-core";

/** Copies of variables' numbers, in their order. */
export function weightsOf(variables: readonly Variable[]): Promise<Float32Array<ArrayBuffer>[]> {
  return Promise.all(variables.map(async (variable) => Float32Array.from(await variable.data<"float32">())));
}

/** Gives variables the numbers that `weightsOf` copied of others of their shapes. */
export function assignWeights(variables: readonly Variable[], weights: readonly Float32Array[]): void {
  variables.forEach((variable, i) => {
    tidy(() => variable.assign(tensor(weights[i]!, variable.shape)));
  });
}
