import { type AttributeModel, nextMacrotask, throwIfAborted } from "@latentflow/core";
import type { Direction } from "@latentflow/latent-edit";
import { dispose, reshape, slice, tensor, tidy } from "@tensorflow/tfjs-core";
import { readLabels } from "../../model/read-labels.js";
import { toRgb8 } from "../../pictures/index.js";
import type { EditFrames } from "../../results/index.js";

export interface FramesRequest {
  readonly model: AttributeModel;
  readonly direction: Direction;
  /** Start codes, [samples, d] or [samples, rowCount, d]. */
  readonly codes: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly times: readonly number[];
  readonly captions: Pick<EditFrames, "method" | "label" | "attribute">;
  /** The edited attribute's place among the model's: with it, frames are read as well. */
  readonly attributeIndex?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number) => void;
}

/** Images of floats that are held at once. */
export const AT_ONCE = 32;

/** Pictures of codes edited further and further. */
export async function editFrames(request: FramesRequest): Promise<EditFrames> {
  const { model, direction, times, captions, attributeIndex, signal, onProgress } = request;
  const [samples, ...each] = request.codes.shape as [number, ...number[]];
  const starts = tensor(request.codes.data, [samples, ...each]);
  const paths = direction.flow(starts, times);
  let [height, width] = [0, 0];
  let pixels = new Uint8Array(0);
  const readings = new Int32Array(attributeIndex === undefined ? 0 : samples * times.length * 2);
  const startLabels: Int32Array[][] = [];
  try {
    for (let t = 0; t < times.length; t++) {
      for (let first = 0; first < samples; first += AT_ONCE) {
        throwIfAborted("pictures", signal);
        await nextMacrotask();
        const count = Math.min(AT_ONCE, samples - first);
        const w = tidy(() => reshape(slice(paths, [t, first], [1, count]), [count, ...each]));
        try {
          const images = await model.synthesize(w);
          [, height, width] = images.shape;
          const size = height * width * 3;
          if (pixels.length === 0) pixels = new Uint8Array(samples * times.length * size);
          const rgb = toRgb8(await images.data<"float32">().finally(() => images.dispose()));
          for (let i = 0; i < count; i++)
            pixels.set(rgb.subarray(i * size, (i + 1) * size), ((first + i) * times.length + t) * size);
          if (attributeIndex === undefined) continue;
          const labels = await readLabels(model, w);
          if (t === 0) startLabels[first] = labels;
          for (let i = 0; i < count; i++)
            readings.set(readingOf(labels, startLabels[first]!, i, attributeIndex), ((first + i) * times.length + t) * 2);
        } finally {
          w.dispose();
        }
      }
      onProgress?.((t + 1) / times.length);
    }
  } finally {
    dispose([starts, paths]);
  }
  return { ...captions, times, samples, height, width, data: pixels, ...(attributeIndex !== undefined && { readings }) };
}

/** The edited attribute's class, and how many others differ from the start's. */
function readingOf(labels: readonly Int32Array[], starts: readonly Int32Array[], row: number, edited: number): [number, number] {
  const changed = labels.filter((column, j) => j !== edited && column[row] !== starts[j]![row]);
  return [labels[edited]![row]!, changed.length];
}
