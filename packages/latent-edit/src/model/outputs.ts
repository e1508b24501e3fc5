import { type Attribute, checkTensor, describeValue } from "@latentflow/core";
import type { Scalar, Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";

/** What the networks of a model answered, looked at before anything is made of it: a user's own function may answer anything. */

/** Pictures [n, height, width, 3], one for each code. */
export function checkImages(caller: string, images: unknown, codes: Tensor): Tensor4D {
  const [n] = codes.shape;
  const expected = `images [${n}, height, width, 3], a tensor and no promise,`;
  checkTensor(caller, "the generator's synthesize(w)", images, expected, LatentEditError);
  const { rank, shape } = images as Tensor;
  if (rank === 4 && shape[0] === n && shape[3] === 3) return images as Tensor4D;
  throw new LatentEditError(
    `${caller}: expected the generator's synthesize(w) to give images [${n}, height, width, 3] for ${n} ${n === 1 ? "code" : "codes"}, ` +
      `got [${shape.join(", ")}].`,
  );
}

/** One [n, classes] for each attribute. */
export function checkLogits(caller: string, logits: unknown, attributes: readonly Attribute[], images: Tensor): Tensor2D[] {
  const [n] = images.shape;
  if (!Array.isArray(logits) || logits.length !== attributes.length) {
    const got = Array.isArray(logits) ? `${logits.length}` : describeValue(logits);
    throw new LatentEditError(
      `${caller}: expected the regressor's logits(images) to give an array of ${attributes.length} tensors, one an attribute, got ${got}.`,
    );
  }
  attributes.forEach(({ name, classes }, i) => {
    const what = `the regressor's logits of "${name}"`;
    checkTensor(caller, what, logits[i], `[${n}, ${classes}]`, LatentEditError);
    const { shape } = logits[i] as Tensor;
    if (shape.join() === `${n},${classes}`) return;
    throw new LatentEditError(`${caller}: expected ${what} to be [${n}, ${classes}], got [${shape.join(", ")}].`);
  });
  return logits as Tensor2D[];
}

/** Features or embeddings of the images, [n, f]. @param caller the function that gave them */
export function checkFeatures(caller: "features" | "embed", features: unknown, images: Tensor): Tensor2D {
  const [n] = images.shape;
  const what = caller === "embed" ? "embedding" : "features";
  checkTensor(caller, `${caller}(images)`, features, `[${n}, ${what}]`, LatentEditError);
  const { rank, shape } = features as Tensor;
  if (rank === 2 && shape[0] === n) return features as Tensor2D;
  throw new LatentEditError(`${caller}: expected ${caller}(images) to be [${n}, ${what}], got [${shape.join(", ")}].`);
}

/** Embeddings of the images and the original ones, both [n, e]: others would be broadcast. */
export function checkEmbeddings(caller: string, embeddings: unknown, original: Tensor2D, images: Tensor): Tensor2D {
  checkTensor(caller, "originalEmbeddings", original, "a tensor [n, e]", LatentEditError);
  const wanted = [images.shape[0], original.shape[1]].join(", ");
  for (const [what, value] of Object.entries({ "the embedder's embed(images)": embeddings, originalEmbeddings: original })) {
    checkTensor(caller, what, value, `[${wanted}]`, LatentEditError);
    const got = (value as Tensor).shape.join(", ");
    if (got !== wanted) throw new LatentEditError(`${caller}: expected ${what} to be [${wanted}], got [${got}].`);
  }
  return embeddings as Tensor2D;
}

/** A custom loss's value: one number. */
export function checkLoss(caller: string, value: unknown): Scalar {
  checkTensor(caller, "the custom loss", value, "a scalar tensor", LatentEditError);
  const { shape } = value as Tensor;
  if (shape.length === 0) return value as Scalar;
  throw new LatentEditError(
    `${caller}: expected the custom loss to be a scalar tensor, got [${shape.join(", ")}]; take its mean or sum.`,
  );
}
