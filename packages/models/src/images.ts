import { checkTensor, describeValue } from "@latentflow/core";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { ModelsError } from "./errors.js";

/**
 * Throws unless it is a tensor of colour images with at least one pixel.
 *
 * @param least side that both sides must have
 */
export function checkImages(caller: string, name: string, images: unknown, least = 1): asserts images is Tensor4D {
  checkTensor(caller, name, images, "[n, height, width, 3]", ModelsError);
  const { shape } = images as Tensor4D;
  if (shape.length === 4 && shape[3] === 3 && shape[0] > 0 && shape[1] >= least && shape[2] >= least) return;
  const smallest = least > 1 ? ` of at least ${least} × ${least} pixels` : "";
  throw new ModelsError(`${caller}: expected ${name} [n, height, width, 3]${smallest}, got ${describeValue(images)}.`);
}
