import { checkNumber, checkOptions, checkRequired, describeValue } from "@latentflow/core";
import { reshape, sqrt, square, sub, sum, type Tensor, type Tensor1D, tidy } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import type { Direction } from "../directions/direction.js";
import { LatentEditError } from "../errors.js";
import { type EditOptions, edit } from "./edit.js";

export interface EditStep extends EditOptions {
  direction: Direction;
  /** Arc length. */
  t: number;
}

export interface ComposedEdit {
  /** The edits one after the other, first to last. The caller disposes the result. */
  apply<W extends Tensor>(w: W): W;
  /**
   * How much the order matters: per code, the distance in latent space between the end points of the given order and of the reverse one, [n].
   * 0 for linear directions, which commute.
   */
  commutator(w: Tensor): Tensor1D;
}

/** Several edits as one, such as gender, then hair. */
export function compose(steps: readonly EditStep[]): ComposedEdit {
  if (!Array.isArray(steps) || steps.length === 0) {
    const got = Array.isArray(steps) ? "none" : describeValue(steps);
    throw new LatentEditError(`compose: expected a list of one edit or more, each { direction, t }, got ${got}.`);
  }
  for (const step of steps as readonly EditStep[]) {
    checkRequired("compose", step, ["direction", "t"], LatentEditError);
    checkDirection("compose", step.direction);
    checkOptions("compose", step, ["direction", "t", "rows", "solver"], LatentEditError);
    checkNumber("compose", "t", step.t, {}, LatentEditError);
  }
  const run = <W extends Tensor>(w: W, order: readonly EditStep[]): W =>
    tidy(() => order.reduce<W>((code, { direction, t, ...options }) => edit(code, direction, t, options), w));
  return {
    apply: (w) => run(w, steps),
    commutator: (w) =>
      tidy(() => {
        const difference = sub(run(w, steps), run(w, [...steps].reverse()));
        return sqrt(sum(square(reshape(difference, [w.shape[0]!, -1])), 1)) as Tensor1D;
      }),
  };
}
