import {
  add,
  mul,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  tensor3d,
  tidy,
  tile,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";
import { FlowDirection } from "./direction.js";
import { LatentEditError } from "./errors.js";
import { norm } from "./matrix.js";

/** The linear shift w(t) = w + t·n with ‖n‖ = 1 (paper, equation 1): InterFaceGAN's edit, and what GANSpace and SeFa find. */
export class LinearDirection extends FlowDirection {
  readonly kind = "linear";
  readonly latentDim: number;
  /** n, [1, d]. Not trainable: for a trained constant take `NeuralOdeDirection` with depth −1. */
  readonly variables: Variable[];

  /** @param direction any vector but 0; it is scaled to length 1 */
  constructor(direction: ArrayLike<number>) {
    super();
    const length = norm(direction);
    if (!(Number.isFinite(length) && length > 0)) {
      throw new LatentEditError(`LinearDirection: expected finite numbers, not all 0, got a vector of length ${length}.`);
    }
    this.latentDim = direction.length;
    // A float32 unit vector, as read from a file, must come back bit for bit.
    const scale = Math.abs(length - 1) < 1e-6 ? 1 : length;
    const unit = Float32Array.from(direction, (x) => x / scale);
    this.variables = tidy(() => [variable(tensor2d(unit, [1, unit.length]), false)]);
  }

  velocity(w: Tensor2D): Tensor2D {
    return tile(this.variables[0] as Variable & Tensor2D, [w.shape[0], 1]);
  }

  protected moveRows(rows: Tensor2D, times: readonly number[]): Tensor3D {
    return add(rows, mul(tensor3d([...times], [times.length, 1, 1]), this.variables[0]!));
  }

  protected moveEachRow(rows: Tensor2D, times: readonly number[]): Tensor2D {
    return add(rows, mul(tensor2d([...times], [times.length, 1]), this.variables[0]!));
  }
}
