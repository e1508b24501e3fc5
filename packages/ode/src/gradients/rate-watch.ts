/** Estimates at the start, at most, and the change at which they count as settled. */
const FIRST_ESTIMATES = 6;
const SETTLED = 0.1;
/** A rate that grew by this factor from one step to the next is not settled yet. */
const SURPRISE = 1.5;
const MORE_ESTIMATES = 2;
/** While steps are shorter than this share of the limit and hardly grow, the rate is looked at every few steps only. */
const RELAXED_SHARE = 0.4;
const RELAXED_STEPS = 4;
const RELAXED_GROWTH = 2;
/** The same where the last two estimates were about equal. */
const SETTLED_STEPS = 2;

/** Follows the rate of a solution's fastest mode from step to step, and says how long a step may be beside it. */
export class RateWatch {
  readonly #reach: number;
  readonly #minStep: number;
  #rate = 0;
  #isFirst = true;
  #isSettled = false;
  #age = 0;
  #looked = 0;

  /** @param reach the largest step times rate */
  constructor(reach: number, minStep: number) {
    this.#reach = reach;
    this.#minStep = minStep;
  }

  /**
   * The longest step from here. Yields where it needs another estimate of the rate here, and is resumed with it.
   *
   * @param wanted the length that would be taken without it
   */
  *longestStep(wanted: number): Generator<undefined, number, number> {
    const first = this.#isFirst;
    const mayWait = wanted * this.#rate <= RELAXED_SHARE * this.#reach ? RELAXED_STEPS : this.#isSettled ? SETTLED_STEPS : 1;
    if (!first && ++this.#age < mayWait && wanted <= RELAXED_GROWTH * this.#looked)
      return Math.max(this.#minStep, this.#reach / this.#rate);
    this.#isFirst = false;
    this.#age = 0;
    this.#looked = wanted;
    let current = yield;
    let previous = first ? current : this.#rate;
    const estimates = first ? FIRST_ESTIMATES : current > SURPRISE * this.#rate ? MORE_ESTIMATES : 1;
    for (let k = 1; k < estimates; k++) {
      previous = current;
      current = yield;
      if (Math.abs(current - previous) <= SETTLED * current) break;
    }
    this.#isSettled = Math.abs(current - previous) <= SETTLED * current;
    this.#rate = current;
    // Of two estimates the larger: those of a pair of complex modes rise and fall in turns.
    const limit = this.#reach / Math.max(current, Math.min(previous, SURPRISE * current));
    // Where the Jacobian is not finite no step helps; the gradient will say so.
    return Number.isFinite(limit) ? Math.max(this.#minStep, limit) : Number.POSITIVE_INFINITY;
  }
}
