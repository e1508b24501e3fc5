import { checkNumber, checkTensor, describeValue, type Embedder } from "@latentflow/core";
import {
  addN,
  div,
  exp,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  type Scalar,
  sub,
  sum,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { type Numbers, toNumbers } from "../input/matrix.js";
import { checkEmbeddings } from "./outputs.js";

/**
 * Equation 4: cross entropy of softmax(logits / τ) against the target class, mean over the batch.
 *
 * @param logits of the edited attribute, [n, classes]
 * @param target class wanted, one for all or [n], integers of any element type
 * @param temperature τ > 0
 */
export function attributeLoss(logits: Tensor2D, target: number | Numbers, temperature: number): Scalar {
  checkLogits("attributeLoss", "logits", logits);
  checkNumber("attributeLoss", "temperature", temperature, { above: 0 }, LatentEditError);
  const [n, classes] = logits.shape;
  const targets =
    typeof target === "number" ? Array<number>(n).fill(target) : Array.from(toNumbers("attributeLoss", "target", target));
  if (targets.length !== n || targets.some((c) => !(Number.isInteger(c) && c >= 0 && c < classes))) {
    throw new LatentEditError(
      `attributeLoss: expected ${n} target classes in 0…${classes - 1}, got [${targets.slice(0, 8).join(", ")}].`,
    );
  }
  return tidy(() => {
    const wanted = oneHot(tensor1d(targets, "int32"), classes);
    return neg(mean(sum(mul(wanted, logSoftmax(div(logits, temperature))), 1))) as Scalar;
  });
}

/**
 * Equation 5: mean over the other attributes j ≠ k of KL(softmax(original_j) ‖ softmax(logits_j / τ)), mean over the batch. The temperature
 * divides the shifted side only.
 */
export function preservationLoss(
  logits: readonly Tensor2D[],
  original: readonly Tensor2D[],
  attributeIndex: number,
  temperature: number,
): Scalar {
  checkLogitsList("preservationLoss", "logits", logits);
  checkLogitsList("preservationLoss", "original logits", original);
  checkNumber("preservationLoss", "temperature", temperature, { above: 0 }, LatentEditError);
  if (original.length !== logits.length || logits.length < 2) {
    throw new LatentEditError(
      `preservationLoss: expected original logits for each of 2 attributes or more, got ${original.length} for ${logits.length}.`,
    );
  }
  checkNumber(
    "preservationLoss",
    "attributeIndex",
    attributeIndex,
    { min: 0, max: logits.length - 1, integer: true },
    LatentEditError,
  );
  return tidy(() => {
    const divergences = logits.flatMap((shifted, j) => {
      if (j === attributeIndex) return [];
      const before = logSoftmax(original[j]!);
      const after = logSoftmax(div(shifted, temperature));
      return [mean(sum(mul(exp(before), sub(before, after)), 1))];
    });
    return div(addN(divergences), divergences.length) as Scalar;
  });
}

/** Equation 9, in place of 5: 1 − cos(F(x₀), F(x_T)), mean over the batch, for an embedder F with rows of length 1. */
export function identityLoss(embedder: Embedder): (images: Tensor4D, originalEmbeddings: Tensor2D) => Scalar {
  if (typeof embedder?.embed !== "function") {
    throw new LatentEditError(`identityLoss: expected an embedder with embed(images), got ${describeValue(embedder)}.`);
  }
  return (images, originalEmbeddings) =>
    tidy(() => {
      const embeddings = checkEmbeddings("identityLoss", embedder.embed(images), originalEmbeddings, images);
      return sub(1, mean(sum(mul(embeddings, originalEmbeddings), 1))) as Scalar;
    });
}

function checkLogits(caller: string, name: string, logits: unknown): void {
  checkTensor(caller, name, logits, "a tensor [n, classes]", LatentEditError);
  if ((logits as Tensor2D).rank === 2) return;
  throw new LatentEditError(`${caller}: expected ${name} [n, classes], got ${describeValue(logits)}.`);
}

function checkLogitsList(caller: string, name: string, logits: unknown): void {
  if (!Array.isArray(logits)) {
    throw new LatentEditError(
      `${caller}: expected ${name} as a list, one [n, classes] an attribute, got ${describeValue(logits)}.`,
    );
  }
  for (const [j, one] of logits.entries()) checkLogits(caller, `${name}[${j}]`, one);
}
