import { describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { Tolerances } from "../types.js";
import { largestRms, type Member, weightedSum } from "./float64-arithmetic.js";
import { Float64Stages } from "./float64-stages.js";
import { evaluatePolynomials, type Polynomials } from "./polynomials.js";
import type { ErrorTest, PackedDynamics, Reading, Stages, StateSpace, StepSpan } from "./state-space.js";
import { type OwnErrorTest, tolerancesByLeaf } from "./tolerances.js";
import type { TreeStructure } from "./tree.js";

type Leaf = number | Float64Array;

/**
 * States of numbers and Float64Arrays, packed into one Float64Array. Plain JavaScript: nothing here touches tfjs. A Float64Array that f
 * receives is the solver's own and changes after the call.
 */
export class Float64Space implements StateSpace<Float64Array> {
  readonly epsilon = Number.EPSILON;
  readonly singlePrecisionTime = false;
  static readonly defaultTolerances: Tolerances = { rtol: 1e-7, atol: 1e-9 };
  readonly #caller: string;
  readonly #what: string;
  readonly #structure: TreeStructure;
  readonly #members: readonly Member[];
  readonly #size: number;
  readonly #free: Float64Array[] = [];

  /** @param what is made to packed functions by `dynamics`, for messages */
  constructor(caller: string, structure: TreeStructure, leaves: readonly Leaf[], what = "f") {
    this.#what = what;
    let offset = 0;
    this.#members = leaves.map((leaf) => {
      const length = typeof leaf === "number" ? 1 : leaf.length;
      const member = { offset, length, isNumber: typeof leaf === "number" };
      offset += length;
      return member;
    });
    this.#caller = caller;
    this.#structure = structure;
    this.#size = offset;
  }

  pack(leaves: readonly Leaf[]): Float64Array {
    const packed = new Float64Array(this.#size);
    leaves.forEach((leaf, i) => {
      const { offset } = this.#members[i]!;
      if (typeof leaf === "number") packed[offset] = leaf;
      else packed.set(leaf, offset);
    });
    return packed;
  }

  /** f on packed states. Its result is always copied, so that f may return the same array each time. */
  dynamics(f: (t: number, y: unknown) => unknown): PackedDynamics<Float64Array> {
    const size = this.#size;
    const [first] = this.#members;
    if (this.#structure.kind === "leaf" && first?.isNumber) {
      return (t, y) => {
        const slope = f(t, y[0]);
        if (typeof slope !== "number") throw this.#wrongSlope("a number", slope);
        const packed = this.#allocate();
        packed[0] = slope;
        return packed;
      };
    }
    if (this.#structure.kind === "leaf") {
      return (t, y) => {
        const slope = f(t, y) as ArrayLike<number> | undefined;
        if (slope?.length !== size) throw this.#wrongSlope(`${size} numbers`, slope);
        const packed = this.#allocate();
        for (let i = 0; i < size; i++) packed[i] = slope[i]!;
        return packed;
      };
    }
    let keysChecked = false;
    return (t, y) => {
      const slope = f(t, this.present(y));
      if (!keysChecked) this.#checkKeys(this.#structure, slope);
      keysChecked = true;
      const packed = this.#allocate();
      this.#fill(this.#structure, slope, packed, 0);
      return packed;
    };
  }

  combine(
    base: Float64Array | undefined,
    span: StepSpan | undefined,
    weights: Float64Array,
    slopes: readonly Float64Array[],
  ): Float64Array {
    const h = span === undefined ? 1 : span.h;
    const result = this.#allocate();
    weightedSum(result, weights, slopes);
    if (base === undefined) for (let i = 0; i < result.length; i++) result[i]! *= h;
    else for (let i = 0; i < result.length; i++) result[i] = base[i]! + h * result[i]!;
    return result;
  }

  stages(count: number): Stages<Float64Array> {
    return new Float64Stages(count, this.#size, {
      allocate: () => this.#allocate(),
      recycle: (state) => this.recycle(state),
      norm: (error, a, b, test) => this.#errorNorm(error, a, b, test),
    });
  }

  interpolate(
    base: Float64Array,
    span: StepSpan,
    polynomials: Polynomials,
    slopes: readonly Float64Array[],
    t: number,
  ): Float64Array {
    return this.combine(base, span, evaluatePolynomials(polynomials, (t - span.t0) / span.h), slopes);
  }

  norm(
    scale: number,
    weights: Float64Array,
    slopes: readonly Float64Array[],
    a: Float64Array,
    b: Float64Array,
    test: ErrorTest<Float64Array>,
  ): number {
    const error = this.#allocate();
    weightedSum(error, weights, slopes);
    for (let i = 0; i < error.length; i++) error[i]! *= scale;
    const norm = this.#errorNorm(error, a, b, test);
    this.recycle(error);
    return norm;
  }

  #errorNorm(error: Float64Array, a: Float64Array, b: Float64Array, test: ErrorTest<Float64Array>): number {
    return test.measure === undefined ? largestRms(this.#members, error, a, b, test) : this.read(test.measure(error, a, b));
  }

  /** An error test of the user's own. */
  measure({ rtol, atol, norm }: OwnErrorTest): NonNullable<ErrorTest<Float64Array>["measure"]> {
    const [relative, absolute] = [this.#spread("rtol", rtol), this.#spread("atol", atol)];
    if (relative.some((value, i) => value === 0 && absolute[i] === 0))
      throw new OdeError(`${this.#caller}: expected rtol or atol above 0 for each number of y0, got 0 for both.`);
    const scaled = new Float64Array(this.#size);
    const none = scaled.slice();
    return (error, a, b) => {
      for (let i = 0; i < scaled.length; i++)
        scaled[i] = error[i]! / (absolute[i]! + relative[i]! * Math.max(Math.abs(a[i]!), Math.abs(b[i]!)));
      if (norm === undefined) return largestRms(this.#members, scaled, none, none, { rtol: 0, atol: 1 });
      const size = norm(this.present(scaled));
      if (typeof size === "number") return size;
      throw new OdeError(`${this.#caller}: expected norm to return a number, as y0 is, got ${describeValue(size)}.`);
    };
  }

  /** A tolerance of each number. */
  #spread(name: "rtol" | "atol", given: unknown): Float64Array {
    const sizes = this.#members.map(({ length }) => length);
    const result = new Float64Array(this.#size);
    tolerancesByLeaf(this.#caller, name, given, this.#structure, sizes).forEach((tolerance, i) => {
      const { offset, length } = this.#members[i]!;
      if (typeof tolerance === "number") result.fill(tolerance, offset, offset + length);
      else result.set(tolerance, offset);
    });
    return result;
  }

  read(reading: Reading): number {
    if (typeof reading === "number") return reading;
    throw new OdeError(`${this.#caller}: expected a number from a solve in numbers, got a tensor.`);
  }

  async readAsync(reading: Reading): Promise<number> {
    return this.read(reading);
  }

  looksFinite(state: Float64Array): boolean {
    for (let i = 0; i < state.length; i++) if (!Number.isFinite(state[i])) return false;
    return true;
  }

  clone(state: Float64Array): Float64Array {
    const copy = this.#allocate();
    copy.set(state);
    return copy;
  }

  isDisposed(): boolean {
    return false;
  }

  dispose(): void {}

  recycle(state: Float64Array): void {
    this.#free.push(state);
  }

  /** Memory for a state, its content undefined: allocating small typed arrays would cost more than most right-hand sides. */
  #allocate(): Float64Array {
    return this.#free.pop() ?? new Float64Array(this.#size);
  }

  scope<T>(work: () => T): T {
    return work();
  }

  quietly<T>(work: () => T): T {
    return work();
  }

  close(): void {}

  present(state: Float64Array): unknown {
    if (this.#structure.kind === "leaf") return this.#members[0]!.isNumber ? state[0] : state;
    let next = 0;
    const build = (node: TreeStructure): unknown => {
      if (node.kind === "leaf") {
        const { offset, length, isNumber } = this.#members[next++]!;
        return isNumber ? state[offset] : state.slice(offset, offset + length);
      }
      if (node.kind === "array") return node.children.map(build);
      return Object.fromEntries(node.keys.map((key, i) => [key, build(node.children[i]!)]));
    };
    return build(this.#structure);
  }

  stack(states: readonly Float64Array[]): unknown {
    let next = 0;
    const build = (node: TreeStructure): unknown => {
      if (node.kind === "leaf") {
        const { offset, length, isNumber } = this.#members[next++]!;
        if (isNumber) return Float64Array.from(states, (state) => state[offset]!);
        return states.map((state) => state.slice(offset, offset + length));
      }
      if (node.kind === "array") return node.children.map(build);
      return Object.fromEntries(node.keys.map((key, i) => [key, build(node.children[i]!)]));
    };
    return build(this.#structure);
  }

  /** Throws unless records have just y0's keys. Asked of f's first result only: `#fill` reads y0's keys and would miss others in silence. */
  #checkKeys(node: TreeStructure, value: unknown): void {
    if (node.kind === "leaf" || typeof value !== "object" || value === null) return;
    const members = value as { readonly [key: string | number]: unknown };
    if (node.kind === "record" && Object.keys(members).sort().join() !== node.keys.join())
      throw this.#wrongSlope(`a record of ${node.keys.join(", ")}`, value);
    for (const [i, child] of node.children.entries()) this.#checkKeys(child, members[node.kind === "record" ? node.keys[i]! : i]);
  }

  /** Copies a tree of slopes into `packed` from the member given on, checking it against y0's structure; returns the next member. */
  #fill(node: TreeStructure, value: unknown, packed: Float64Array, member: number): number {
    if (node.kind === "leaf") {
      const { offset, length, isNumber } = this.#members[member]!;
      if (isNumber) {
        if (typeof value !== "number") throw this.#wrongSlope("a number", value);
        packed[offset] = value;
      } else {
        const array = value as ArrayLike<number> | null | undefined;
        if (array?.length !== length) throw this.#wrongSlope(`${length} numbers`, value);
        for (let i = 0; i < length; i++) packed[offset + i] = array[i]!;
      }
      return member + 1;
    }
    if (node.kind === "array") {
      if (!Array.isArray(value) || value.length !== node.children.length) {
        throw this.#wrongSlope(`an array of length ${node.children.length}`, value);
      }
      for (let i = 0; i < value.length; i++) member = this.#fill(node.children[i]!, value[i], packed, member);
      return member;
    }
    if (typeof value !== "object" || value === null) throw this.#wrongSlope(`a record of ${node.keys.join(", ")}`, value);
    const record = value as Record<string, unknown>;
    for (let i = 0; i < node.keys.length; i++) member = this.#fill(node.children[i]!, record[node.keys[i]!], packed, member);
    return member;
  }

  #wrongSlope(expected: string, got: unknown): OdeError {
    return new OdeError(
      `${this.#caller}: expected ${this.#what} to return ${expected}, shaped as y0, got ${describeValue(got)}.`,
    );
  }
}
