import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { StepTrial } from "../method.js";

/** Newton's iterations that contract this fast tell nothing against the Jacobian they use. */
const FAST = 1e-3;

/** Decides when a Jacobian serves on, and when a new one and new factors are due. */
export class Linearization<V> {
  readonly #linearizer: Linearizer<V>;
  readonly #exactSlopes: boolean;
  #stale = true;
  #fresh = false;
  #length = Number.NaN;
  #systems: readonly LinearSystem<V>[] | undefined;

  /** @param exactSlopes whether f(t0, y0) is f's own value, and not what an iteration made of it */
  constructor(linearizer: Linearizer<V>, exactSlopes: boolean) {
    this.#linearizer = linearizer;
    this.#exactSlopes = exactSlopes;
  }

  /** Whether the Jacobian is that of this step's start. */
  get fresh(): boolean {
    return this.#fresh;
  }

  /** A step is tried: a new Jacobian where it starts elsewhere and the old one served badly. */
  begin(trial: StepTrial<V>): void {
    if (trial.after !== "rejection") this.#fresh = false;
    if (this.#stale || trial.after === "start") this.renew(trial);
  }

  /**
   * The factored systems for a step: with the Jacobian at hand where that converged well; undefined where one is singular.
   *
   * @param couplings of the systems, in units of h: I − h C ⊗ J
   */
  systemsFor(
    trial: StepTrial<V>,
    couplings: readonly (readonly (readonly number[])[])[],
  ): readonly LinearSystem<V>[] | undefined {
    const { h } = trial.span;
    if (this.#systems !== undefined && h === this.#length) return this.#systems;
    this.#length = h;
    const systems: LinearSystem<V>[] = [];
    for (const coupling of couplings) {
      const system = this.#linearizer.factor(coupling.map((row) => row.map((weight) => weight * h)));
      if (system === undefined) {
        this.#systems = undefined;
        return undefined;
      }
      systems.push(system);
    }
    this.#systems = systems;
    return systems;
  }

  /** Takes the Jacobian of this step's start. */
  renew(trial: StepTrial<V>): void {
    if (!this.#fresh) this.#linearizer.linearize(this.#exactSlopes ? trial : { ...trial, f0: undefined });
    this.#fresh = true;
    this.#stale = false;
    this.#systems = undefined;
  }

  /** After a step whose iterations converged: slow ones ask for a new Jacobian in the next. */
  learn(iterations: number, contraction: number): void {
    this.#stale = iterations > 2 && contraction > FAST;
  }

  fail(): void {
    this.#linearizer.countFailure();
    this.#stale = true;
  }
}
