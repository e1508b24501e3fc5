import { OnnxError } from "../errors.js";
import type { DataType } from "../graph/data-types.js";
import { describeNode, type OnnxNode } from "../graph/model.js";

/** What is known of a value when the batch has one certain size. */
export interface Fact {
  readonly type: DataType;
  readonly dims: readonly number[];
  /** The elements, when they follow from constants and shapes, and are few. */
  readonly value?: readonly number[] | undefined;
}

/** Constants with more elements are not evaluated: shapes, axes and scales are small. */
export const LARGEST_VALUE = 4096;

/** Thrown within shape inference when something is not known, as opposed to wrong; the node's outputs are then unknown, too. */
export class Unknown extends Error {}

/** A node together with what is known of its inputs. */
export class NodeFacts {
  constructor(
    readonly node: OnnxNode,
    readonly opset: number,
    private readonly inputs: readonly (Fact | undefined)[],
  ) {}

  get count(): number {
    return this.inputs.length;
  }

  /** Whether input i is given. */
  has(i: number): boolean {
    return this.node.inputs[i] !== undefined && this.node.inputs[i] !== "";
  }

  input(i: number): Fact {
    const fact = this.inputs[i];
    if (fact) return fact;
    if (!this.has(i)) throw this.wrong(`an input ${i}, got ${this.node.inputs.length} inputs`);
    throw new Unknown();
  }

  all(): Fact[] {
    return this.inputs.map((_, i) => this.input(i));
  }

  /** The elements of input i. */
  value(i: number): readonly number[] {
    const { value } = this.input(i);
    if (!value) throw new Unknown();
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
