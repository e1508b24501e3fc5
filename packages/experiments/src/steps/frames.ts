import { type AttributeModel, nextMacrotask, throwIfAborted } from "@latentflow/core";
import type { Direction } from "@latentflow/latent-edit";
import { dispose, reshape, slice, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { toRgb8 } from "../pictures/index.js";
import type { EditFrames } from "../results.js";

export interface FramesRequest {
  readonly model: AttributeModel;
  readonly direction: Direction;
  /** Start codes [samples, d]. */
  readonly codes: { readonly data: Float32Array; readonly shape: readonly [number, number] };
  readonly times: readonly number[];
  readonly captions: Pick<EditFrames, "method" | "label" | "attribute">;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number) => void;
}

/** Pictures of codes edited further and further; one edit length at a time, to hold few images at once. */
export async function editFrames(request: FramesRequest): Promise<EditFrames> {
  const { model, direction, times, captions, signal, onProgress } = request;
  const [samples, dimension] = request.codes.shape;
  const starts = tensor2d(request.codes.data, [samples, dimension]);
  const paths = direction.flow(starts, times);
  let [height, width] = [0, 0];
  let pixels = new Uint8Array(0);
  try {
    for (let t = 0; t < times.length; t++) {
      throwIfAborted("pictures", signal);
      await nextMacrotask();
      const w = tidy(() => reshape(slice(paths, t, 1), [samples, dimension]) as Tensor2D);
      const images = await model.synthesize(w).finally(() => w.dispose());
      [, height, width] = images.shape;
      const size = height * width * 3;
      if (t === 0) pixels = new Uint8Array(samples * times.length * size);
      const values = await images.data<"float32">().finally(() => images.dispose());
      const rgb = toRgb8(values);
      for (let i = 0; i < samples; i++) pixels.set(rgb.subarray(i * size, (i + 1) * size), (i * times.length + t) * size);
      onProgress?.((t + 1) / times.length);
    }
  } finally {
    dispose([starts, paths]);
  }
  return { ...captions, times, samples, height, width, data: pixels };
}
