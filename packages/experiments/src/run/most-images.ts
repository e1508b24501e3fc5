import type { AttributeModel } from "@latentflow/core";
import { tidy, zeros } from "@tensorflow/tfjs-core";

/** Pixels asked of the networks at once at most: more make nothing faster, and a stop, which comes between two batches, slow. */
const PIXELS = 2 ** 20;

/** Images of a size that are asked of the networks at once. */
export function imagesAtOnce({ height, width }: { readonly height: number; readonly width: number }): number {
  return Math.max(1, Math.floor(PIXELS / (height * width)));
}

/** The same of a model, whose size one image tells. */
export async function mostImages(model: AttributeModel): Promise<number> {
  const w = tidy(() => zeros([1, model.latentDim]));
  const images = await model.synthesize(w).finally(() => w.dispose());
  const [, height, width] = images.shape;
  images.dispose();
  return imagesAtOnce({ height, width });
}
