import type { Numbers } from "@latentflow/core";
import { norm } from "@latentflow/core/linear-algebra";
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
import { LatentEditError } from "../errors.js";
import { toNumbers } from "../input/matrix.js";
import { unit } from "../linear-algebra/rows.js";
import { weightsOf } from "../tensors/weights.js";
import { checkWeights } from "./check-weights.js";
import { FlowDirection } from "./direction.js";
import type { DirectionKind } from "./kind.js";

/** The linear shift w(t) = w + t·n with ‖n‖ = 1 (paper, equation 1): InterFaceGAN's edit, and what GANSpace and SeFa find. */
export class LinearDirection extends FlowDirection {
  readonly kind = "linear";
  readonly latentDim: number;
  /** n, [1, d]. Not trainable: for a trained constant take `NeuralOdeDirection` with depth −1. */
  readonly variables: Variable[];

  /**
   * @param direction any vector but 0, of any length; it is scaled to length 1
   * @throws LatentEditError for zeros, numbers that are not finite, or what is no array of numbers, such as a tensor (give `await x.data()`)
   */
  constructor(direction: Numbers) {
    super();
    const vector = toNumbers("LinearDirection", "the direction", direction);
    const strange = vector.findIndex((x) => !Number.isFinite(x));
    const length = norm(vector);
    if (strange >= 0 || length === 0) {
      const got = strange >= 0 ? `${vector[strange]} at ${strange}` : `${vector.length} zeros`;
      throw new LatentEditError(
        `LinearDirection: expected finite numbers, not all 0, got ${got}; there is no direction in them.`,
      );
    }
    this.latentDim = vector.length;
    // A float32 unit vector, as read from a file, must come back bit for bit.
    const values = Float32Array.from(Math.abs(length - 1) < 1e-6 ? vector : unit(vector));
    this.variables = tidy(() => [variable(tensor2d(values, [1, values.length]), false)]);
  }

  velocity(w: Tensor2D): Tensor2D {
    this.checkRows("velocity", w);
    return tile(this.variables[0] as Variable & Tensor2D, [w.shape[0], 1]);
  }

  protected moveRows(rows: Tensor2D, times: readonly number[]): Tensor3D {
    return add(rows, mul(tensor3d([...times], [times.length, 1, 1]), this.variables[0]!));
  }

  protected moveEachRow(rows: Tensor2D, times: readonly number[]): Tensor2D {
    return add(rows, mul(tensor2d([...times], [times.length, 1]), this.variables[0]!));
  }
}

/** Its file holds the unit vector n as `direction` [d]. */
export const linearKind: DirectionKind<LinearDirection> = {
  kind: "linear",
  async save(direction) {
    if (!(direction instanceof LinearDirection)) {
      throw new LatentEditError(`saveDirection: expected a LinearDirection, got another direction that calls itself linear.`);
    }
    const [data] = (await weightsOf(direction.variables)) as [Float32Array<ArrayBuffer>];
    checkWeights("saveDirection", "direction", data);
    return new Map([["direction", { dtype: "float32", shape: [data.length], data }]]);
  },
  load({ tensors }) {
    const vector = tensors.get("direction");
    if (vector === undefined)
      throw new LatentEditError("loadDirection: expected a tensor named direction, got none; the file is damaged.");
    return new LinearDirection(vector.data);
  },
  describe: () => ({ label: "straight line", settings: {}, isStraight: true }),
};
