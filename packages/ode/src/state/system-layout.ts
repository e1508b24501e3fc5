import { concat, reshape, split, type Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";

/**
 * Which systems of equations a state of tensors holds: the last axis of a tensor is the state of one system, all axes before it number the systems
 * of a batch. A tensor [n, d] is n systems of size d, a tensor [d] one of size d, a scalar one of size 1. The tensors of a tree are parts of the same
 * systems: all but the last axis must agree.
 */
export class SystemLayout {
  /** Axes before the last, of every leaf. */
  readonly batch: readonly number[];
  /** n, how many systems there are. */
  readonly count: number;
  /** d, numbers in each. */
  readonly size: number;
  readonly #shapes: readonly number[][];
  readonly #widths: readonly number[];

  constructor(caller: string, method: string, leaves: readonly Tensor[]) {
    this.#shapes = leaves.map(({ shape }) => shape);
    this.#widths = leaves.map(({ shape }) => shape.at(-1) ?? 1);
    this.batch = this.#shapes[0]!.slice(0, -1);
    const odd = this.#shapes.find((shape) => shape.slice(0, -1).join() !== this.batch.join());
    if (odd !== undefined) {
      throw new OdeError(
        `${caller}: expected the tensors of y0 to agree in all but their last axis, which for ${method} holds the numbers of one system, got shapes [${this.#shapes[0]}] and [${odd}]; reshape them to [systems, numbers].`,
      );
    }
    this.count = this.batch.reduce((product, length) => product * length, 1);
    this.size = this.#widths.reduce((sum, width) => sum + width, 0);
  }

  /** Leaves as one tensor [n, d]. */
  pack(leaves: readonly Tensor[]): Tensor {
    const flat = leaves.map((leaf, m) => reshape(leaf, [this.count, this.#widths[m]!]));
    return flat.length === 1 ? flat[0]! : concat(flat, 1);
  }

  /** Inverse of `pack`. */
  unpack(packed: Tensor): Tensor[] {
    const parts = this.#shapes.length === 1 ? [packed] : split(packed, [...this.#widths], 1);
    return parts.map((part, m) => reshape(part, this.#shapes[m]!));
  }
}
