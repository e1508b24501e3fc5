import { OdeError } from "../../errors.js";
import type { Coupling, Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { Reading, StateSpace } from "../../state/state-space.js";
import type { Attempt, StepTrial } from "../method.js";
import { NewtonControl, type NewtonResult } from "./newton.js";

/** Newton's iterations that contract this fast tell nothing against the Jacobian they use. */
const FAST = 1e-3;

/** Throws where an implicit method's `stepper` was called without what solves its equations. */
export function required<V>(method: string, linearizer: Linearizer<V> | undefined): Linearizer<V> {
  if (linearizer !== undefined) return linearizer;
  throw new OdeError(`${method}: expected a Linearizer in stepper, got none; give the solve's.`);
}

/** Tries steps by Newton's iterations: decides when a Jacobian serves on, and when a new one and new factors are due. */
export class Linearization<V> {
  readonly newton: NewtonControl<V>;
  readonly #space: StateSpace<V>;
  readonly #linearizer: Linearizer<V>;
  readonly #exactSlopes: boolean;
  #stale = true;
  #fresh = false;
  #length = Number.NaN;
  #systems: readonly LinearSystem<V>[] | undefined;

  /** @param exactSlopes whether f(t0, y0) is f's own value, and not what an iteration made of it */
  constructor(space: StateSpace<V>, linearizer: Linearizer<V>, exactSlopes: boolean) {
    this.newton = new NewtonControl(space);
    this.#space = space;
    this.#linearizer = linearizer;
    this.#exactSlopes = exactSlopes;
  }

  /**
   * A step by `solve`, with the Jacobian at hand where that converged well, else or next with that of the step's start; failed where neither does.
   *
   * @param couplings I − h C ⊗ J is what each stands for
   * @param solve makes a step with their factors; undefined where its iterations do not converge
   */
  *attempt(
    trial: StepTrial<V>,
    couplings: readonly Coupling[],
    solve: (systems: readonly LinearSystem<V>[]) => Generator<Reading, Attempt<V> | undefined, number>,
  ): Generator<Reading, Attempt<V>, number> {
    if (trial.after !== "rejection") this.#fresh = false;
    if (this.#stale || trial.after === "start") this.#renew(trial);
    for (;;) {
      const systems = this.#systemsFor(trial.span.h, couplings);
      const made = systems === undefined ? undefined : yield* solve(systems);
      if (made !== undefined) return made;
      this.newton.reset();
      if (this.#fresh) break;
      this.#renew(trial);
    }
    this.#linearizer.countFailure();
    this.#stale = true;
    return { y1: this.#space.quietly(() => this.#space.clone(trial.y0)), ratio: Number.NaN, failed: "newton" };
  }

  /** After iterations that converged: slow ones ask for a new Jacobian in the next step. */
  learn({ iterations, contraction }: Pick<NewtonResult<V>, "iterations" | "contraction">): void {
    this.#stale = iterations > 2 && contraction > FAST;
  }

  /** The factors for a step of length h; undefined where a matrix is singular. */
  #systemsFor(h: number, couplings: readonly Coupling[]): readonly LinearSystem<V>[] | undefined {
    if (this.#systems !== undefined && h === this.#length) return this.#systems;
    const systems = couplings.flatMap(
      (coupling) => this.#linearizer.factor(coupling.map((row) => row.map((weight) => weight * h))) ?? [],
    );
    this.#length = h;
    this.#systems = systems.length === couplings.length ? systems : undefined;
    return this.#systems;
  }

  /** Takes the Jacobian of this step's start. */
  #renew(trial: StepTrial<V>): void {
    if (!this.#fresh) this.#linearizer.linearize(this.#exactSlopes ? trial : { ...trial, f0: undefined });
    this.#fresh = true;
    this.#stale = false;
    this.#systems = undefined;
  }
}
