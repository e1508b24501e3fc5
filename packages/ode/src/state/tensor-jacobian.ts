import { describeValue } from "@latentflow/core";
import { matMul, mul, reshape, stack, sub, sum, Tensor, tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import type { Statistics } from "../status.js";
import type { PackedDynamics } from "./state-space.js";
import type { SystemLayout } from "./system-layout.js";
import { offTape, pullBack, pullBackOnTape } from "./tape.js";

/** What a Jacobian on tensors is made of. */
export interface TensorJacobianSource {
  readonly caller: string;
  readonly layout: SystemLayout;
  /** f, counted by `statistics.nfeJacobian`. */
  readonly f: PackedDynamics<Tensor[]>;
  readonly statistics: Statistics;
  /** ∂f/∂y of the user's own, a tensor [n, d, d]; undefined: by automatic differentiation of f. */
  readonly given: ((t: number, y: Tensor[]) => unknown) | undefined;
  /** Whether f takes its time as a tensor, so that a derivative with respect to it may be asked for. */
  readonly tensorTime: boolean;
}

/** A place where f is linearised. */
export interface Place {
  readonly t: number;
  readonly y: Tensor[];
}

/** What a product with J may miss of a vector-Jacobian product of f, relative to it. */
const CLOSE = 1e-3;

/** J = ∂f/∂y of each of n systems, a tensor [n, d, d], as the user gives it or row by row: a vector-Jacobian product for each of d numbers. */
export class TensorJacobian {
  readonly #source: TensorJacobianSource;
  readonly #units: (Float32Array | undefined)[] = [];
  #known = false;

  constructor(source: TensorJacobianSource) {
    this.#source = source;
  }

  /**
   * The numbers of J, system by system and row by row. Reads them back from the device.
   *
   * @param forGradient whether a derivative depends on J being right, and not only how fast iterations converge
   */
  read(place: Place, forGradient = false): Float32Array {
    const { statistics, given, layout } = this.#source;
    statistics.jacobians = (statistics.jacobians ?? 0) + 1;
    return offTape(() =>
      tidy(() => {
        const jacobian = given === undefined ? this.#rows(place, pullBack) : this.#given(place);
        if (!this.#known && (given === undefined ? layout.count > 1 : forGradient)) this.#check(place, jacobian);
        return jacobian.dataSync() as Float32Array;
      }),
    );
  }

  /** v ↦ J v, recorded on the tape around, which then knows how J itself depends on its place and on what f reads. */
  product(place: Place): (v: Tensor[]) => Tensor[] {
    const { given, tensorTime, layout } = this.#source;
    const jacobian = given === undefined || tensorTime ? this.#rows(place, pullBackOnTape) : this.#given(place);
    return (v) => layout.unpack(applyEach(jacobian, layout.pack(v)));
  }

  #rows({ t, y }: Place, pull: typeof pullBackOnTape): Tensor {
    const { layout, f } = this.#source;
    const rows = Array.from({ length: layout.size }, (_, i) => {
      const { gradients } = pull(() => layout.pack(f(t, y)), y, this.#unit(i));
      return layout.pack(gradients.map((gradient, m) => gradient ?? zerosLike(y[m]!)));
    });
    return stack(rows, 1);
  }

  /** [n, d] with ones at number i of each system. */
  #unit(i: number): Tensor {
    const { count, size } = this.#source.layout;
    this.#units[i] ??= Float32Array.from({ length: count * size }, (_, k) => (k % size === i ? 1 : 0));
    return tensor(this.#units[i]!, [count, size]);
  }

  #given({ t, y }: Place): Tensor {
    const { caller, layout, given } = this.#source;
    const { batch, count, size } = layout;
    const shape = [...batch, size, size];
    const matrix = given!(t, y);
    if (!(matrix instanceof Tensor) || matrix.dtype !== "float32" || matrix.shape.join() !== shape.join()) {
      const got = matrix instanceof Tensor ? `${matrix.dtype} of shape [${matrix.shape}]` : describeValue(matrix);
      throw new OdeError(`${caller}: expected jacobian to return a float32 tensor of shape [${shape}], got ${got}.`);
    }
    return reshape(matrix, [count, size, size]);
  }

  /**
   * Compares J with one vector-Jacobian product of all systems, once where that is not 0. It differs where the user's is wrong, and where systems know of
   * each other: a product with ones in all rows of a batch then sums over them what each row's own derivative was taken for.
   */
  #check({ t, y }: Place, jacobian: Tensor): void {
    const { caller, layout, f, given } = this.#source;
    const { count, size } = layout;
    const signs = Float32Array.from({ length: count * size }, (_, k) => Math.cos(k * k + 1));
    const direction = tensor(signs, [count, size]);
    const { gradients } = pullBack(() => layout.pack(f(t, y)), y, direction);
    const together = layout.pack(gradients.map((gradient, m) => gradient ?? zerosLike(y[m]!)));
    const apart = reshape(matMul(reshape(direction, [count, 1, size]), jacobian as never), [count, size]);
    const [missed, length] = [squares(sub(together, apart)), squares(together)];
    this.#known = length > 0;
    if (!(missed > CLOSE ** 2 * length)) return;
    throw new OdeError(
      given === undefined
        ? `${caller}: expected f to treat each row of y0's last axis (shape [${[...layout.batch, size]}]) as a system of its own, got one that looks at other rows; give what belongs together as a tensor of rank 1.`
        : `${caller}: expected jacobian to be ∂f/∂y, since a gradient depends on it, got one that f's own derivative contradicts${count > 1 ? ", or systems (rows of y0's last axis) that know of each other" : ""}; leave it out.`,
    );
  }
}

const squares = (state: Tensor): number => sum(mul(state, state)).dataSync()[0]!;

/** Matrices [n, d, d] times vectors [n, d], each its own. */
export function applyEach(matrices: Tensor, vectors: Tensor): Tensor {
  const [count, size] = vectors.shape as [number, number];
  return reshape(matMul(reshape(vectors, [count, 1, size]), matrices as never, false, true), [count, size]);
}
