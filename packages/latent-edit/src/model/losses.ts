import {
  checkNumber,
  checkTensor,
  completeCodeWeights,
  completePreservation,
  type Divergence,
  describeValue,
  type Embedder,
  type Numbers,
  type Preservation,
} from "@latentflow/core";
import {
  add,
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
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { toNumbers } from "../input/matrix.js";
import { checkEmbeddings } from "./outputs.js";

/**
 * Equation 4: cross entropy of softmax(logits / τ) against the target class, mean over the batch.
 *
 * @param logits of the edited attribute, [n, classes]
 * @param target class wanted, one for all or [n], integers of any element type
 * @param temperature τ > 0
 * @param codeWeights how much each row counts, [n] (default 1)
 */
export function attributeLoss(
  logits: Tensor2D,
  target: number | Numbers,
  temperature: number,
  codeWeights?: ArrayLike<number>,
): Scalar {
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
  const weights = codeWeights === undefined ? undefined : completeCodeWeights("attributeLoss", codeWeights, n, LatentEditError);
  return tidy(() => {
    const one = oneHot(tensor1d(targets, "int32"), classes);
    const wanted = weights ? mul(one, tensor2d([...weights], [n, 1])) : one;
    return neg(mean(sum(mul(wanted, logSoftmax(div(logits, temperature))), 1))) as Scalar;
  });
}

/**
 * Equation 5: mean over the other attributes j ≠ k of KL(softmax(original_j) ‖ softmax(logits_j / τ)), mean over the batch. The temperature
 * divides the shifted side only.
 *
 * @param preservation what makes it another term of its kind (default none)
 */
export function preservationLoss(
  logits: readonly Tensor2D[],
  original: readonly Tensor2D[],
  attributeIndex: number,
  temperature: number,
  preservation?: Preservation,
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
  const term = completePreservation(
    "preservationLoss",
    preservation,
    { temperature, attributes: logits.length },
    LatentEditError,
  );
  return tidy(() => {
    const divergences = logits.flatMap((shifted, j) => {
      if (j === attributeIndex) return [];
      const before: Tensor2D = logSoftmax(div(original[j]!, term.originalTemperature));
      const after: Tensor2D = logSoftmax(div(shifted, term.temperature));
      return [mul(mean(DIVERGENCE[term.divergence](before, after)), term.attributeWeights[j]!)];
    });
    return div(addN(divergences), divergences.length) as Scalar;
  });
}

/** Between the distributions of each row, from their logarithms [n, classes]: [n]. */
const DIVERGENCE: Readonly<Record<Divergence, (before: Tensor2D, after: Tensor2D) => Tensor>> = {
  kl: (before, after) => sum(mul(exp(before), sub(before, after)), 1),
  // Half the sum of the logarithms: the root of a product of probabilities would have no gradient where one is 0.
  hellinger: (before, after) => sub(1, sum(exp(mul(add(before, after), 0.5)), 1)),
};

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
