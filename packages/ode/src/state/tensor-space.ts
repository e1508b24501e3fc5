import { describeValue } from "@latentflow/core";
import { add, clone, engine, mul, type Scalar, stack, Tensor, type TensorContainer, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { linearCombination } from "../kernels/linear-combination.js";
import { registerKernels } from "../kernels/register.js";
import { scaledNorm } from "../kernels/scaled-norm.js";
import type { Tolerances } from "../types.js";
import { evaluatePolynomials, type Polynomials } from "./polynomials.js";
import { StageList } from "./stage-list.js";
import type { ErrorTest, PackedDynamics, Reading, Stages, StateSpace, StepSpan } from "./state-space.js";
import { offTape, onOwnTape, rewindTape, tapeMark } from "./tape.js";
import { tensorMeasure } from "./tensor-measure.js";
import type { TimeMap } from "./time-map.js";
import type { OwnErrorTest } from "./tolerances.js";
import { asRecords, describeStructure, flatten, sameStructure, type Tree, type TreeStructure, unflatten } from "./tree.js";

/** States of float32 tensors; a packed state is the list of the tree's leaves. */
export class TensorSpace implements StateSpace<Tensor[]> {
  static readonly defaultTolerances: Tolerances = { rtol: 1e-4, atol: 1e-6 };
  readonly epsilon = 2 ** -23;
  readonly #caller: string;
  readonly #what: string;
  readonly #structure: TreeStructure;
  readonly #time: TimeMap | undefined;
  readonly #normMembers: number;
  readonly #owned = new Set<Tensor>();

  /** Whether f sees its times as float32 tensors. */
  readonly singlePrecisionTime: boolean;

  /**
   * @param caller name of the public function, for messages
   * @param structure how the user's tree nests
   * @param options `time`: maps times to tensors, when t was given as one; `singlePrecisionTime`: f makes tensors of its times itself;
   *   `normMembers`: how many leading leaves the error norm looks at (default: all);
   *   `what` `dynamics` is asked for, for messages (default: f)
   */
  constructor(
    caller: string,
    structure: TreeStructure,
    options: {
      time?: TimeMap | undefined;
      singlePrecisionTime?: boolean | undefined;
      normMembers?: number | undefined;
      what?: string;
    } = {},
  ) {
    registerKernels();
    this.#caller = caller;
    this.#what = options.what ?? "f";
    this.#structure = structure;
    this.#time = options.time;
    this.singlePrecisionTime = options.singlePrecisionTime ?? options.time !== undefined;
    this.#normMembers = options.normMembers ?? Number.POSITIVE_INFINITY;
  }

  /** f on packed states. Call the result inside `scope`: it makes sure that what f returned belongs to that scope. */
  dynamics(f: (t: number | Scalar, y: unknown) => unknown): PackedDynamics<Tensor[]> {
    return (t, y) => {
      // A scope of its own: what one stage leaves behind is freed before the next one needs room.
      const time = this.#time === undefined ? t : this.#time.at(t);
      const slope: unknown = tidy(() => onOwnTape(() => f(time, this.present(y)) as TensorContainer));
      if (this.#structure.kind === "leaf") return [this.#ownedLeaf(slope, y[0]!, y)];
      const origin = { caller: this.#caller, name: `what ${this.#what} returns` };
      let { leaves, structure } = flatten(slope as Tree<unknown>, origin);
      if (!sameStructure(structure, this.#structure))
        ({ leaves, structure } = flatten(asRecords(slope, origin) as Tree<unknown>, origin));
      if (!sameStructure(structure, this.#structure)) {
        throw new OdeError(
          `${this.#caller}: expected ${this.#what} to return ${y.length} tensors, nested as y0: ${describeStructure(this.#structure)}, got ${describeStructure(structure)}.`,
        );
      }
      return leaves.map((leaf, i) => this.#ownedLeaf(leaf, y[i]!, y));
    };
  }

  combine(base: Tensor[] | undefined, span: StepSpan | undefined, weights: Float64Array, slopes: readonly Tensor[][]): Tensor[] {
    const like = base ?? slopes[0]!;
    const length = span !== undefined && this.#time !== undefined ? this.#time.length(span) : undefined;
    const factors = scaled(weights, length === undefined ? (span?.h ?? 1) : 1);
    return like.map((_, m) => {
      const terms = slopes.map((slope) => slope[m]!);
      if (length === undefined) return linearCombination(base?.[m], factors, terms);
      const change = mul(linearCombination(undefined, factors, terms), length);
      return base === undefined ? change : add(base[m]!, change);
    });
  }

  stages(): Stages<Tensor[]> {
    return new StageList(this);
  }

  interpolate(base: Tensor[], span: StepSpan, polynomials: Polynomials, slopes: readonly Tensor[][], t: number): Tensor[] {
    if (this.#time === undefined) {
      return this.combine(base, span, evaluatePolynomials(polynomials, (t - span.t0) / span.h), slopes);
    }
    // Horner's rule in the tensor x = (t − t0)/h, so that gradients of any order reach all three times.
    const x = this.#time.fraction(t, span);
    let sum: Tensor[] | undefined;
    for (let j = Math.max(...polynomials.map((row) => row.length)) - 1; j >= 0; j--) {
      const column = Float64Array.from(polynomials, (row) => row[j] ?? 0);
      const coefficients = this.combine(undefined, span, column, slopes);
      sum = coefficients.map((coefficient, m) => mul(sum === undefined ? coefficient : add(coefficient, sum[m]!), x));
    }
    return base.map((leaf, m) => (sum === undefined ? clone(leaf) : add(leaf, sum[m]!)));
  }

  outputMoves(t: number): boolean {
    return this.#time?.outputMoves(t) ?? false;
  }

  mark(): number | undefined {
    return tapeMark();
  }

  rewind(mark: number | undefined): void {
    rewindTape(mark);
  }

  norm(
    scale: number,
    weights: Float64Array,
    slopes: readonly Tensor[][],
    a: Tensor[],
    b: Tensor[],
    test: ErrorTest<Tensor[]>,
  ): Reading {
    const { measure } = test;
    if (measure !== undefined)
      return offTape(() =>
        measure(
          this.combine(
            undefined,
            undefined,
            weights.map((weight) => weight * scale),
            slopes,
          ),
          a,
          b,
        ),
      );
    const members = a
      .slice(0, this.#normMembers)
      .map((leaf, m) => ({ a: leaf, b: b[m]!, terms: slopes.map((slope) => slope[m]!) }));
    return offTape(() => scaledNorm(scaled(weights, scale), members, test));
  }

  /** An error test of the user's own, for states like these. */
  measure(test: OwnErrorTest, leaves: readonly Tensor[]): NonNullable<ErrorTest<Tensor[]>["measure"]> {
    return tensorMeasure(this.#caller, this.#structure, leaves, test, (state) => this.present(state));
  }

  read(reading: Reading): number {
    if (typeof reading === "number") return reading;
    const [value] = reading.dataSync();
    this.dispose([reading]);
    return value!;
  }

  async readAsync(reading: Reading): Promise<number> {
    if (typeof reading === "number") return reading;
    const [value] = await reading.data();
    this.dispose([reading]);
    return value!;
  }

  looksFinite(): boolean {
    return true;
  }

  clone(state: Tensor[]): Tensor[] {
    return state.map((leaf) => clone(leaf));
  }

  isDisposed(state: Tensor[]): boolean {
    return state.some((leaf) => leaf.isDisposed);
  }

  dispose(state: Tensor[]): void {
    for (const leaf of state) {
      this.#owned.delete(leaf);
      leaf.dispose();
    }
  }

  recycle(state: Tensor[]): void {
    this.dispose(state);
  }

  scope<T>(work: () => T): T {
    const result = tidy(() => work() as never) as T;
    collectTensors(result, this.#owned);
    return result;
  }

  quietly<T>(work: () => T): T {
    return offTape(() => this.scope(work));
  }

  close(kept: readonly Tensor[][]): void {
    for (const state of kept) for (const leaf of state) this.#owned.delete(leaf);
    for (const leaf of this.#owned) leaf.dispose();
    this.#owned.clear();
  }

  present(state: Tensor[]): unknown {
    return this.#structure.kind === "leaf" ? state[0] : unflatten<Tensor>(this.#structure, state);
  }

  stack(states: readonly Tensor[][]): unknown {
    return this.present(this.stackLeaves(states));
  }

  /** States along a new first axis, packed. */
  stackLeaves(states: readonly Tensor[][]): Tensor[] {
    return states[0]!.map((_, m) => stack(states.map((state) => state[m]!)));
  }

  /** A leaf of f's result that is ours to dispose: f may hand back its input, or a tensor that lives elsewhere. */
  #ownedLeaf(leaf: unknown, like: Tensor, inputs: readonly Tensor[]): Tensor {
    if (!(leaf instanceof Tensor)) {
      throw new OdeError(`${this.#caller}: expected ${this.#what} to return tensors shaped as y0, got ${describeValue(leaf)}.`);
    }
    if (leaf.isDisposed) {
      throw new OdeError(
        `${this.#caller}: expected ${this.#what} to return tensors shaped as y0, got ${describeValue(leaf)}; leave its disposal to the solver.`,
      );
    }
    if (leaf.dtype !== "float32" || !sameShape(leaf.shape, like.shape)) {
      throw new OdeError(
        `${this.#caller}: expected ${this.#what} to return float32 of shape [${like.shape}], as y0, got ${leaf.dtype} of shape [${leaf.shape}].`,
      );
    }
    const fresh = !leaf.kept && leaf.scopeId === engine().state.activeScope?.id && !inputs.includes(leaf);
    return fresh ? leaf : clone(leaf);
  }
}

function scaled(weights: Float64Array, scale: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < weights.length; i++) result.push(weights[i]! * scale);
  return result;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

/** Adds every tensor inside arrays and plain records to `found`. */
function collectTensors(value: unknown, found: Set<Tensor>): void {
  if (value instanceof Tensor) found.add(value);
  else if (Array.isArray(value)) for (const item of value) collectTensors(item, found);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) collectTensors(item, found);
}
