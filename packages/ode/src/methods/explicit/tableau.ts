import type { Row } from "../../state/row.js";
import type { DenseOutput, Method } from "../method.js";

/** An explicit Runge–Kutta method as data, in Butcher's notation. Each method's own comment says where its coefficients were published. */
export interface Tableau {
  readonly name: string;
  /** Order p of the solution that is propagated. */
  readonly order: number;
  /** cᵢ. */
  readonly nodes: readonly number[];
  /** aᵢⱼ, j < i: row i has i entries. */
  readonly coupling: readonly (readonly number[])[];
  /** bᵢ. */
  readonly weights: readonly number[];
  /** bᵢ − b̂ᵢ, for methods that estimate their error. */
  readonly errorWeights?: readonly number[];
  /** Default: cubic Hermite interpolation of y0, y1 and their slopes. */
  readonly dense?: DenseOutput;
}

/** A checked tableau, and how its steps are made. */
export interface ExplicitMethod extends Tableau, Method {
  readonly dense: DenseOutput;
  stabilityPolynomial(): number[];
  /** `coupling`, `weights` and `errorWeights` again as the solver reads them: engines box the numbers of a frozen array. */
  readonly fast: {
    readonly coupling: readonly Row[];
    readonly weights: Row;
    readonly errorWeights: Row | undefined;
  };
  /** First same as last: the last stage is f(t1, y1), the next step's first. */
  readonly firstSameAsLast: boolean;
}
