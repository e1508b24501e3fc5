import { clone, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { invertSystems } from "../state/invert-systems.js";
import type { Coupling, LinearizationPoint, Linearizer, LinearSystem } from "../state/linearizer.js";
import { TensorJacobian, type TensorJacobianSource } from "../state/tensor-jacobian.js";
import { solveEach } from "../state/tensor-linearizer.js";
import type { TensorSpace } from "../state/tensor-space.js";
import type { BackwardLayout } from "./backward-layout.js";

/** What the systems of an adjoint equation are made of. */
export interface AdjointSystemsSource extends TensorJacobianSource {
  readonly space: TensorSpace;
  readonly parts: BackwardLayout;
}

/**
 * Systems of y′ = f, a′ = −Jᵀ a, g′ = −aᵀ ∂f/∂θ, by the blocks on their diagonal alone: J for y, −Jᵀ for a, 0 for g. What is left out couples a to y
 * and g to both, one way only, so that Newton's iterations converge with it, at most two iterations later. Not for methods that take J for exact.
 */
export class AdjointLinearizer implements Linearizer<Tensor[]> {
  readonly #source: AdjointSystemsSource;
  readonly #jacobian: TensorJacobian;
  #values: Float32Array | undefined;
  /** Inverses for y and for a, by how many unknowns are coupled. */
  readonly #inverses = new Map<number, readonly [Tensor, Tensor]>();

  constructor(source: AdjointSystemsSource) {
    this.#source = source;
    this.#jacobian = new TensorJacobian(source);
  }

  linearize({ span, y0 }: LinearizationPoint<Tensor[]>): void {
    this.#values = this.#jacobian.read({ t: span.t0, y: this.#source.parts.unpack(y0).y });
  }

  factor(coupling: Coupling): LinearSystem<Tensor[]> | undefined {
    const { space, layout, parts, statistics } = this.#source;
    const { count, size } = layout;
    statistics.factorizations = (statistics.factorizations ?? 0) + 1;
    const reversed = coupling.map((row) => row.map((weight) => -weight));
    const forY = invertSystems(coupling, [this.#values!], count, size);
    const forA = invertSystems(reversed, [transposeEach(this.#values!, count, size)], count, size);
    if (forY === undefined || forA === undefined) return undefined;
    const unknowns = coupling.length;
    const width = unknowns * size;
    space.dispose([...(this.#inverses.get(unknowns) ?? [])]);
    const held = space.scope(() => [forY, forA].map((values) => tensor(values, [count, width, width])));
    const [y, a] = held as [Tensor, Tensor];
    this.#inverses.set(unknowns, [y, a]);
    return {
      solve(b) {
        const right = b.map((one) => parts.unpack(one));
        const solvedY = solveEach(
          layout,
          y,
          right.map((one) => one.y),
        );
        const solvedA = solveEach(
          layout,
          a,
          right.map((one) => one.a),
        );
        return right.map(({ integrals }, i) =>
          parts.pack({ y: solvedY[i]!, a: solvedA[i]!, integrals: integrals.map((leaf) => clone(leaf)) }),
        );
      },
    };
  }

  timeDerivative(): never {
    throw new OdeError(
      "odeintAdjoint: adjoint: expected a method that solves its equations by iterations, got one that needs ∂f/∂t.",
    );
  }

  countFailure(): void {
    const { statistics } = this.#source;
    statistics.newtonFailures = (statistics.newtonFailures ?? 0) + 1;
  }
}

/** Each of n matrices of size d, row by row, with rows and columns changed. */
function transposeEach(values: Float32Array, count: number, size: number): Float32Array {
  const transposed = new Float32Array(values.length);
  for (let system = 0; system < count; system++) {
    const first = system * size * size;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) transposed[first + j * size + i] = values[first + i * size + j]!;
  }
  return transposed;
}
