import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { reshape, sqrt, square, sub, sum, type Tensor, type Tensor1D, tidy } from "@tensorflow/tfjs-core";
import { DIRECTION } from "../directions/check-direction.js";
import { LatentEditError } from "../errors.js";
import { type Codes, type TensorOf, toCodes } from "../input/codes.js";
import { EDIT, edit } from "./edit.js";

const STEP = {
  direction: DIRECTION,
  /** Arc length. */
  t: {},
  ...EDIT,
} as const satisfies DeclaredOptions;

export interface EditStep extends GivenOptions<typeof STEP> {}

export interface ComposedEdit {
  /** The edits one after the other, first to last. The caller disposes the result. */
  apply<C extends Codes>(w: C): TensorOf<C>;
  /**
   * How much the order matters: per code, the distance in latent space between the end points of the given order and of the reverse one, [n].
   * 0 for linear directions, which commute.
   */
  commutator(w: Codes): Tensor1D;
}

/** Several edits as one, such as gender, then hair. */
export function compose(steps: readonly EditStep[]): ComposedEdit {
  if (!Array.isArray(steps) || steps.length === 0) {
    const got = Array.isArray(steps) ? "none" : describeValue(steps);
    throw new LatentEditError(`compose: expected a list of one edit or more, each { direction, t }, got ${got}.`);
  }
  for (const step of steps as readonly EditStep[]) readOptions("compose", STEP, step, LatentEditError);
  const { latentDim } = (steps as readonly EditStep[])[0]!.direction;
  const run = <W extends Tensor>(w: W, order: readonly EditStep[]): W =>
    order.reduce<Tensor>((code, { direction, t, ...options }) => edit(code, direction, t, options), w) as W;
  return {
    apply: (w) => tidy(() => run(toCodes("edit", w, latentDim), steps)),
    commutator: (w) =>
      tidy(() => {
        const start: Tensor = toCodes("edit", w, latentDim);
        const difference = sub(run(start, steps), run(start, [...steps].reverse()));
        return sqrt(sum(square(reshape(difference, [start.shape[0]!, -1])), 1)) as Tensor1D;
      }),
  };
}
