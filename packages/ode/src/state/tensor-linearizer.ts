import { add, clone, concat, split, sub, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { invertSystems } from "./invert-systems.js";
import type { Coupling, ImplicitTape, LinearizationPoint, Linearizer, LinearSystem } from "./linearizer.js";
import type { SystemLayout } from "./system-layout.js";
import { offTape, recordingDepth } from "./tape.js";
import { applyEach, type Place, TensorJacobian, type TensorJacobianSource } from "./tensor-jacobian.js";
import type { TensorSpace } from "./tensor-space.js";

/** What systems on tensors are made of. */
export interface TensorSystemsSource extends TensorJacobianSource {
  readonly space: TensorSpace;
}

/** f is asked so far from a step's start for ∂f/∂t, as a share of the step; farther where float32 times leave no choice, but no farther than `MOST`. */
const SHARE = 1 / 32;
const MOST = 1 / 4;
/** Units in the last place of a float32 time that a difference shall span. */
const UNITS = 64;

/**
 * Systems with f's Jacobian on tensors: the Jacobian is read back once, each of the n matrices inverted in float64 in JavaScript, and what is solved
 * on the device is a batched product. Beside solving with LU factors in JavaScript that takes as long (cpu, wasm), and it does not wait for the device.
 */
export class TensorLinearizer implements Linearizer<Tensor[]> {
  readonly tape: ImplicitTape<Tensor[]>;
  readonly #source: TensorSystemsSource;
  readonly #jacobian: TensorJacobian;
  #values: Float32Array | undefined;
  /** Inverses for so many right sides. */
  readonly #inverses = new Map<number, Tensor>();

  constructor(source: TensorSystemsSource) {
    this.#source = source;
    this.#jacobian = new TensorJacobian(source);
    this.tape = {
      system: (coupling, places) => this.#recorded(coupling, places),
      timeChange: (point) => this.#timeChange(point),
      product: (place) => this.#jacobian.product(place),
    };
  }

  get layout(): SystemLayout {
    return this.#source.layout;
  }

  /** J as numbers, system by system and row by row, for who looks at it besides. */
  jacobianAt(place: Place): Float32Array {
    return this.#jacobian.read(place);
  }

  linearize({ span, y0 }: LinearizationPoint<Tensor[]>): void {
    this.#values = this.#jacobian.read({ t: span.t0, y: y0 });
  }

  factor(coupling: Coupling): LinearSystem<Tensor[]> | undefined {
    const { space, layout } = this.#source;
    const unknowns = coupling.length;
    const known = this.#inverses.get(unknowns);
    if (known !== undefined) space.dispose([known]);
    this.#inverses.delete(unknowns);
    const inverse = this.#invert(coupling, [this.#values!]);
    if (inverse === undefined) return undefined;
    const held = space.scope(() => tensor(inverse, this.#shape(unknowns)));
    this.#inverses.set(unknowns, held);
    return { solve: (b) => solveEach(layout, held, b) };
  }

  timeDerivative(point: LinearizationPoint<Tensor[]>): Tensor[] {
    return this.#source.space.combine(undefined, undefined, Float64Array.of(1 / point.span.h), [this.#timeChange(point)]);
  }

  /** A difference of second order inside the step, (−3 f(t0) + 4 f(t0 + xh) − f(t0 + 2xh)) / 2x: as a function of t0 and h what the step makes of them. */
  #timeChange({ span, y0, f0: known }: LinearizationPoint<Tensor[]>): Tensor[] {
    const { space, f } = this.#source;
    const f0 = known ?? f(span.t0, y0);
    const resolution = space.singlePrecisionTime ? (UNITS * space.epsilon * Math.abs(span.t0)) / Math.abs(span.h) : 0;
    const share = Math.min(MOST, Math.max(SHARE, resolution));
    const [near, far] = [f(span.t0 + share * span.h, y0), f(span.t0 + 2 * share * span.h, y0)];
    const scale = 1 / (2 * share);
    return space.combine(undefined, undefined, Float64Array.of(-3 * scale, 4 * scale, -scale), [f0, near, far]);
  }

  countFailure(): void {
    const { statistics } = this.#source;
    statistics.newtonFailures = (statistics.newtonFailures ?? 0) + 1;
  }

  /**
   * Where x solves r(x, θ) = r₀, one Newton step x + M⁻¹ (r(x, θ) − r₀) with M = −∂r/∂x is x, and has x's derivative M⁻¹ ∂r/∂θ, though M counts as
   * constant. Of k such steps k derivatives are right: there is one for each tape that is nested.
   */
  #recorded(coupling: Coupling, places: readonly Place[]) {
    const { caller, layout } = this.#source;
    const inverse = offTape(() => {
      const values = places.map((place) => this.#jacobian.read(place, true));
      const inverse = this.#invert(coupling, values);
      if (inverse !== undefined) return tensor(inverse, this.#shape(coupling.length));
      throw new OdeError(
        `${caller}: expected equations of a step that can be solved for its gradient, got a singular matrix at t = ${places[0]!.t}; take shorter steps.`,
      );
    });
    return {
      solved: (values: readonly Tensor[][], residual: (x: readonly Tensor[][]) => readonly Tensor[][]) => {
        let x = values;
        for (let k = 0; k < recordingDepth(); k++) {
          const change = residual(x).map((one) =>
            one.map((leaf) =>
              sub(
                leaf,
                offTape(() => clone(leaf)),
              ),
            ),
          );
          const corrections = solveEach(layout, inverse, change);
          x = x.map((one, i) => one.map((leaf, m) => add(leaf, corrections[i]![m]!)));
        }
        return x;
      },
    };
  }

  #invert(coupling: Coupling, jacobians: readonly Float32Array[]): Float32Array | undefined {
    const { statistics, layout } = this.#source;
    statistics.factorizations = (statistics.factorizations ?? 0) + 1;
    return invertSystems(coupling, jacobians, layout.count, layout.size);
  }

  #shape(unknowns: number): [number, number, number] {
    const { count, size } = this.#source.layout;
    return [count, unknowns * size, unknowns * size];
  }
}

/** Inverses of n systems, of as many coupled unknowns as there are right sides, times these. */
export function solveEach(layout: SystemLayout, inverse: Tensor, b: readonly Tensor[][]): Tensor[][] {
  const packed = b.map((one) => layout.pack(one));
  if (packed.length === 1) return [layout.unpack(applyEach(inverse, packed[0]!))];
  return split(applyEach(inverse, concat(packed, 1)), packed.length, 1).map((one) => layout.unpack(one));
}
