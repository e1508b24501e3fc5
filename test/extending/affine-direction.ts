import { type DirectionKind, FlowDirection, registerDirection } from "@latentflow/latent-edit";
import { odeint } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { ssprk3 } from "./ssprk3.js";

/** A direction from outside: the unit field along n + w·A. A straight line while A is 0; A turns it. */
export class AffineDirection extends FlowDirection {
  readonly kind = "affine";
  readonly variables: tf.Variable[];

  constructor(
    readonly latentDim: number,
    offset: Float32Array<ArrayBuffer>,
    matrix = new Float32Array(latentDim * latentDim),
  ) {
    super();
    this.variables = tf.tidy(() => [
      tf.variable(tf.tensor2d(offset, [1, latentDim])),
      tf.variable(tf.tensor2d(matrix, [latentDim, latentDim])),
    ]);
  }

  velocity(w: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const v = tf.add(tf.matMul(w, this.variables[1] as tf.Variable<tf.Rank.R2>), this.variables[0]!);
      return tf.div(v, tf.sqrt(tf.add(tf.sum(tf.square(v), 1, true), 1e-12)));
    });
  }

  protected moveRows(rows: tf.Tensor2D, times: readonly number[]): tf.Tensor3D {
    return tf.stack(times.map((t) => this.moveEachRow(rows, Array(rows.shape[0]).fill(t)))) as tf.Tensor3D;
  }

  /** Each row runs through its own time while s goes from 0 to 1. */
  protected moveEachRow(rows: tf.Tensor2D, times: readonly number[]): tf.Tensor2D {
    const speed = tf.tensor2d([...times], [times.length, 1]);
    const path = odeint((_s, w) => tf.mul(speed, this.velocity(w as tf.Tensor2D)), rows, [0, 1], {
      method: ssprk3,
      stepSize: 1 / 8,
    });
    return tf.squeeze(tf.slice(path, [1, 0, 0], [1, -1, -1]), [0]);
  }
}

/** How its files are written and read. */
const affineKind: DirectionKind<AffineDirection> = {
  kind: "affine",
  async save({ variables }) {
    const [offset, matrix] = await Promise.all(variables.map(async (x) => Float32Array.from(await x.data<"float32">())));
    const d = offset!.length;
    return new Map([
      ["offset", { dtype: "float32", shape: [d], data: offset! }],
      ["matrix", { dtype: "float32", shape: [d, d], data: matrix! }],
    ]);
  },
  load({ tensors }) {
    const [offset, matrix] = ["offset", "matrix"].map((name) => Float32Array.from(tensors.get(name)!.data as Float32Array));
    return new AffineDirection(offset!.length, offset!, matrix!);
  },
  describe: () => ({ label: "affine field", settings: {} }),
};

registerDirection(affineKind);
