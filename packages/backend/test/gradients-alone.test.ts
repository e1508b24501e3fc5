import "@latentflow/backend/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { pooling, resizes } from "./conformance/cases/images.js";
import { losses } from "./conformance/cases/losses.js";
import { normalisations } from "./conformance/cases/normalisations.js";
import { rearranging } from "./conformance/cases/rearranging.js";
import { checkCase } from "./conformance/check-case.js";

/** Stock cpu kernels, as an application has them that never calls `useBackend`. */
describe("with nothing but backend/gradients", () => {
  beforeAll(async () => void (await tf.setBackend("cpu")));
  // The stock kernel itself takes this one from the wrong axis.
  const right = rearranging.filter(({ name }) => !name.includes("taken out"));
  for (const entry of [...resizes, ...pooling, ...right, ...normalisations, ...losses]) it(entry.name, () => checkCase(entry));

  it("bilinear with half-pixel centres, height 2 to 3: every input pixel is read one and a half times", () => {
    const enlarge = (x: tf.Tensor) => tf.image.resizeBilinear(x as tf.Tensor4D, [3, 1], false, true);
    const before = tf.memory().numTensors;
    const x = tf.ones([1, 2, 1, 1]);
    const gradient = tf.grad(enlarge)(x);
    expect(Array.from(gradient.dataSync())).toEqual([1.5, 1.5]);
    tf.dispose([x, gradient]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
