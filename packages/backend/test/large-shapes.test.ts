import { useBackend } from "@latentflow/backend";
import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

/** Sizes that networks have, against identities that hold for any correct gradient: ⟨dy, conv(x, f)⟩ = ⟨dx, x⟩ = ⟨df, f⟩. */
describe("gradients of large convolutions on wasm", () => {
  beforeAll(async () => void (await useBackend("wasm")));
  const random = new SeededRandom(9);

  for (const [shape, filterShape, stride, pad] of [
    [[4, 64, 64, 16], [3, 3, 16, 24], 1, "same"],
    [[2, 65, 63, 16], [3, 3, 16, 8], 2, "same"],
    [[2, 64, 64, 48], [3, 3, 48, 32], 2, "valid"],
    [[1, 128, 128, 160], [3, 3, 160, 8], 1, "same"], // filter gradient in several pieces: more than the scratch limit
  ] as const) {
    it(`[${shape}] filter [${filterShape}] stride ${stride} ${pad}`, () => {
      const before = tf.memory().numTensors;
      const [left, throughX, throughFilter] = tf.tidy(() => {
        const x = random.normalTensor<tf.Rank.R4>([...shape]);
        const filter = random.normalTensor<tf.Rank.R4>([...filterShape]);
        const y = tf.conv2d(x, filter, stride, pad);
        const dy = random.normalTensor<tf.Rank.R4>(y.shape);
        const [dx, df] = tf.grads((image, f) => tf.conv2d(image as tf.Tensor4D, f as tf.Tensor4D, stride, pad))(
          [x, filter],
          dy,
        ) as [tf.Tensor, tf.Tensor];
        const inner = (a: tf.Tensor, b: tf.Tensor) => {
          const [u, v] = [a.dataSync(), b.dataSync()];
          let total = 0;
          for (let i = 0; i < u.length; i++) total += u[i]! * v[i]!;
          return total;
        };
        return [inner(dy, y), inner(dx, x), inner(df, filter)] as const;
      });
      const scale = Math.sqrt(filterShape[0] * filterShape[1] * filterShape[2] * shape[0] * shape[1] * shape[2] * filterShape[3]);
      expect(Math.abs(left - throughX) / scale).toBeLessThan(1e-4);
      expect(Math.abs(left - throughFilter) / scale).toBeLessThan(1e-4);
      expect(tf.memory().numTensors).toBe(before);
    });
  }
});
