import { OnnxError } from "../errors.js";
import type { DataType } from "../graph/data-types.js";
import { describeNode, numbersOf, type OnnxNode, type OnnxTensor, sizeOf } from "../graph/model.js";

/** What is known of a value when the batch has one certain size. */
export interface Fact {
  readonly type: DataType;
  readonly dims: readonly number[];
  /** The elements, when they follow from constants and shapes, and are few. */
  readonly value?: readonly number[] | undefined;
}

/** Values with more elements are not evaluated: shapes, axes and scales are small. */
export const LARGEST_VALUE = 4096;
/** The largest rank. NumPy's and PyTorch's limit, too. */
export const LARGEST_RANK = 64;

/** Thrown within shape inference when something is not known, as opposed to wrong; the node's outputs are then unknown, too. */
export class Unknown extends Error {}

/** A constant of the model. Its elements are read when a rule asks for them. */
export class ConstantFact implements Fact {
  readonly type: DataType;
  readonly dims: readonly number[];
  private elements: readonly number[] | undefined;

  constructor(private readonly tensor: OnnxTensor) {
    this.type = tensor.type;
    this.dims = tensor.dims;
  }

  get value(): readonly number[] | undefined {
    if (sizeOf(this.dims) > LARGEST_VALUE) return undefined;
    this.elements ??= numbersOf(this.tensor);
    return this.elements;
  }
}

/** A shape for a message. */
export function shapeText(dims: readonly (number | string)[]): string {
  return dims.length > LARGEST_RANK ? `[${dims.slice(0, 8).join(", ")}, … ${dims.length} sizes]` : `[${dims.join(", ")}]`;
}

/** A node together with what is known of its inputs. */
export class NodeFacts {
  constructor(
    readonly node: OnnxNode,
    readonly opset: number,
    private readonly inputs: readonly (Fact | undefined)[],
    /** Whether values may be computed from values; those that shapes hang on can be read in any case. */
    private readonly evaluates: boolean,
  ) {}

  get count(): number {
    return this.inputs.length;
  }

  /** Whether input i is given. */
  has(i: number): boolean {
    return this.node.inputs[i] !== undefined && this.node.inputs[i] !== "";
  }

  /** What is known of input i, to compute from. */
  input(i: number): Fact {
    const fact = this.given(i);
    return this.evaluates ? fact : { type: fact.type, dims: fact.dims };
  }

  /** What is known of input i, to read or to hand on. */
  given(i: number): Fact {
    const fact = this.inputs[i];
    if (fact) return fact;
    if (!this.has(i)) throw this.wrong(`an input ${i}, got ${this.node.inputs.length} inputs`);
    throw new Unknown();
  }

  all(): Fact[] {
    return this.inputs.map((_, i) => this.input(i));
  }

  /** The elements of input i, which say something for each axis: axes, sizes, pads. */
  value(i: number): readonly number[] {
    const { value } = this.given(i);
    if (!value) throw new Unknown();
    if (value.length > 2 * LARGEST_RANK)
      throw this.wrong(`input ${i} to be for ${LARGEST_RANK} axes at most, got ${value.length} numbers`);
    return value;
  }

  /** An axis in 0…rank−1; negative ones count from the end. */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (!(positive >= 0 && positive < rank)) throw this.wrong(`an axis of a tensor of rank ${rank}, got ${axis}`);
    return positive;
  }

  wrong(expected: string): OnnxError {
    return new OnnxError(`${describeNode(this.node)}: expected ${expected}.`);
  }
}

/** The output shapes (and small values) of a node. */
export type ShapeRule = (facts: NodeFacts) => Fact[];

export type ShapeRules = Readonly<Record<string, ShapeRule>>;
