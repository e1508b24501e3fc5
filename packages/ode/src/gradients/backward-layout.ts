import type { Tensor } from "@tensorflow/tfjs-core";

/** The state that is integrated backward: y, its adjoint a = dL/dy, and the integrals that become gradients of the parameters. */
export interface BackwardState {
  readonly y: Tensor[];
  readonly a: Tensor[];
  readonly integrals: Tensor[];
}

/** How many leaves of the packed backward state belong to what. */
export class BackwardLayout {
  readonly #leaves: number;

  constructor(leaves: number) {
    this.#leaves = leaves;
  }

  pack({ y, a, integrals }: BackwardState): Tensor[] {
    return [...y, ...a, ...integrals];
  }

  unpack(state: readonly Tensor[]): BackwardState {
    const n = this.#leaves;
    return { y: state.slice(0, n), a: state.slice(n, 2 * n), integrals: state.slice(2 * n) };
  }
}
