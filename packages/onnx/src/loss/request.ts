import {
  type CompletePreservation,
  checkNumber,
  completeCodeWeights,
  completePreservation,
  describeValue,
  type LossRequest,
} from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { floats, type OnnxTensor } from "../graph/model.js";
import { numbersOfTensor } from "../tensors.js";
import type { AttributeNetwork } from "./attribute-network.js";
import type { LossKind } from "./fused-loss.js";

/** The graph that answers a request. */
export function lossKind({ originalEmbeddings, preservation }: LossRequest): LossKind {
  return originalEmbeddings ? "identity" : (preservation?.divergence ?? "kl");
}

/** The inputs of the fused loss that say what is asked for (see `fusedLoss`). */
export async function lossFeeds(
  network: AttributeNetwork,
  request: LossRequest,
  images: number,
): Promise<Record<string, OnnxTensor>> {
  const { attributes } = network;
  checkRequest(network, request, images);
  const { attributeIndex, originalEmbeddings } = request;
  const term = preservationOf(network, request);
  const codeWeights = completeCodeWeights("lossAndGradient", request.codeWeights, images, OnnxError);
  const isEdited = attributes.map((_, j) => j === attributeIndex);
  const total = attributes.reduce((sum, { classes }) => sum + classes, 0);
  const wanted = new Float32Array(images * total);
  let column = 0;
  for (const [j, { classes }] of attributes.entries()) {
    if (j === attributeIndex) {
      for (let i = 0; i < images; i++) wanted[i * total + column + targetOf(request, i)] = 1;
    } else if (!originalEmbeddings) {
      const logits = await numbersOfTensor("lossAndGradient", `originalLogits[${j}]`, request.originalLogits[j]);
      const row = (i: number) => logits.subarray(i * classes, (i + 1) * classes);
      for (let i = 0; i < images; i++) writeSoftmax(row(i), term.originalTemperature, wanted, i * total + column);
    }
    column += classes;
  }
  const others = originalEmbeddings ? 0 : request.preservationWeight / (attributes.length - 1);
  const feeds = {
    wanted: floats([images, total], wanted),
    row_weights: floats(
      [images, attributes.length],
      codeWeights.flatMap((weight) => isEdited.map((edited) => (edited ? weight : 1))),
    ),
    weights: floats(
      [attributes.length],
      isEdited.map((edited, j) => (edited ? 1 : others * term.attributeWeights[j]!)),
    ),
    temperatures: floats(
      [attributes.length],
      isEdited.map((edited) => (edited ? request.temperature : term.temperature)),
    ),
  };
  if (lossKind(request) === "hellinger") return { ...feeds, edited: floats([attributes.length], isEdited.map(Number)) };
  if (!originalEmbeddings) return feeds;
  return {
    ...feeds,
    original_embedding: floats(
      [images, network.embeddingSize!],
      await numbersOfTensor("lossAndGradient", "originalEmbeddings", originalEmbeddings),
    ),
    identity_weight: floats([], [request.preservationWeight]),
  };
}

/** The loss terms from the fused loss' outputs: equation 4, and equation 5 (or 9) before λ. */
export function lossTerms(
  network: AttributeNetwork,
  outputs: Readonly<Record<string, OnnxTensor>>,
  request: LossRequest,
): { attributeLoss: number; preservationLoss: number } {
  const divergences = Array.from(outputs.divergences!.data, Number);
  const attributeLoss = divergences[request.attributeIndex]!;
  if (request.originalEmbeddings) return { attributeLoss, preservationLoss: Number(outputs.identity!.data[0]) };
  const { attributeWeights } = preservationOf(network, request);
  const sum = divergences.reduce((total, x, j) => (j === request.attributeIndex ? total : total + attributeWeights[j]! * x), 0);
  return { attributeLoss, preservationLoss: sum / (divergences.length - 1) };
}

function preservationOf({ attributes }: AttributeNetwork, { preservation, temperature }: LossRequest): CompletePreservation {
  return completePreservation("lossAndGradient", preservation, { temperature, attributes: attributes.length }, OnnxError);
}

const targetOf = ({ target }: LossRequest, i: number) => (typeof target === "number" ? target : target?.[i])!;

/** In float64: the numbers are few. */
function writeSoftmax(logits: ArrayLike<number>, temperature: number, into: Float32Array, at: number): void {
  const largest = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (x) => Math.exp((x - largest) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  powers.forEach((power, i) => {
    into[at + i] = power / sum;
  });
}

function checkRequest({ attributes, embeddingSize }: AttributeNetwork, request: LossRequest, images: number): void {
  if (typeof request !== "object" || request === null)
    throw new OnnxError(`lossAndGradient: expected a loss, a request or a function, got ${describeValue(request)}.`);
  const { attributeIndex, originalLogits, temperature, preservationWeight, originalEmbeddings } = request;
  const edited = attributes[attributeIndex];
  if (!edited)
    throw new OnnxError(
      `lossAndGradient: expected attributeIndex to be in 0…${attributes.length - 1}, got ${describeValue(attributeIndex)}.`,
    );
  const targets = Array.from({ length: images }, (_, i) => targetOf(request, i));
  if (targets.some((target) => !(Number.isInteger(target) && target >= 0 && target < edited.classes))) {
    throw new OnnxError(
      `lossAndGradient: expected a target class in 0…${edited.classes - 1} for each of ${images} codes, got [${targets.slice(0, 8).join(", ")}].`,
    );
  }
  checkNumber("lossAndGradient", "temperature", temperature, { above: 0 }, OnnxError);
  checkNumber("lossAndGradient", "preservationWeight", preservationWeight, {}, OnnxError);
  if (originalEmbeddings) {
    if (embeddingSize === undefined) {
      throw new OnnxError("lossAndGradient: expected a model with an embedder for originalEmbeddings; pass one to onnxModel.");
    }
    const shape = originalEmbeddings.shape?.join(", ");
    if (shape !== `${images}, ${embeddingSize}`)
      throw new OnnxError(
        `lossAndGradient: expected originalEmbeddings [${images}, ${embeddingSize}], got ${describeValue(originalEmbeddings)}.`,
      );
    return;
  }
  const fits =
    Array.isArray(originalLogits) &&
    originalLogits.length === attributes.length &&
    attributes.length >= 2 &&
    attributes.every(({ classes }, j) => originalLogits[j]?.shape?.join() === `${images},${classes}`);
  if (!fits) {
    const got = Array.isArray(originalLogits)
      ? originalLogits.map(describeValue).join(", ") || "none"
      : describeValue(originalLogits);
    throw new OnnxError(
      `lossAndGradient: expected originalLogits for 2 attributes or more, here ${attributes.map(({ classes }) => `[${images}, ${classes}]`).join(", ")}, got ${got}.`,
    );
  }
}
