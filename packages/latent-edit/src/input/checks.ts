import { type AttributeModel, checkNumber, checkTensor, describeValue } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { toNumbers } from "./matrix.js";

/** An option that is a seed (default 0): an integer that a double holds exactly. */
export const SEED = { default: 0, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, integer: true } as const;

/** An option that is a model; what it answers is seen when it is asked. */
export const MODEL = { check: checkModel } as const;

/** Throws unless w is a W or W+ code of width `latentDim` that has not been disposed. */
export function checkCodes(caller: string, w: unknown, latentDim: number): void {
  const expected = `codes [n, ${latentDim}] or [n, rowCount, ${latentDim}]`;
  checkTensor(caller, "w", w, expected, LatentEditError);
  const { rank, shape, dtype } = w as Tensor;
  const fits = (rank === 2 || rank === 3) && shape.at(-1) === latentDim && shape.every((length) => length > 0);
  if (fits && (dtype === "float32" || dtype === "int32")) return;
  throw new LatentEditError(`${caller}: expected ${expected} of numbers, got ${describeValue(w)} of ${dtype}.`);
}

/** Throws when a direction has been disposed. */
export function checkAlive(
  caller: string,
  { variables }: { readonly variables: readonly { readonly isDisposed: boolean }[] },
): void {
  if (!variables.some(({ isDisposed }) => isDisposed)) return;
  throw new LatentEditError(`${caller}: expected a direction, got one that has been disposed; dispose it after its last use.`);
}

/** Returns `model` when it is an `AttributeModel`. */
export function checkModel(caller: string, model: AttributeModel): AttributeModel {
  const { latentDim, attributes, synthesize, logits, lossAndGradient } = (model ?? {}) as Partial<AttributeModel>;
  const answers = [synthesize, logits, lossAndGradient].every((method) => typeof method === "function");
  if (answers && typeof latentDim === "number" && Array.isArray(attributes)) return model;
  throw new LatentEditError(
    `${caller}: expected a model, such as tfjsModel({ generator, regressor }) makes, got ${describeValue(model)}.`,
  );
}

/** Finite times as plain numbers: one or more. */
export function checkTimes(caller: string, name: string, times: unknown): number[] {
  const numbers = Array.from(toNumbers(caller, name, times));
  if (numbers.length === 0) throw new LatentEditError(`${caller}: expected one time or more, got none.`);
  for (const time of numbers) checkNumber(caller, name, time, {}, LatentEditError);
  return numbers;
}
