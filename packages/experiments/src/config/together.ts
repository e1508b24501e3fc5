import type { z } from "zod";

/** Jobs of one run, and bytes of one list of numbers: what a folder, and Node, still bear. */
const [MOST_CHUNKS, MOST_PICTURES, MOST_LABELS] = [100_000, 100_000, 2 ** 31];

interface Sizes {
  readonly sample: { readonly codes: number; readonly heldOut: number; readonly chunk: number };
  readonly evaluate: { readonly starts: number; readonly times: number };
  readonly pictures: { readonly samples: number; readonly frames: number };
  readonly model: { readonly kind: string; readonly embedder?: unknown };
  readonly train: { readonly preserve?: "attributes" | "identity" | undefined };
}

/** What is fine by itself and absurd, or in want of something, together. */
export function checkTogether({ sample, evaluate, pictures, model, train }: Sizes, { addIssue }: z.RefinementCtx): void {
  const atMost = (fields: string, what: string, got: number, most: number) => {
    const message = `expected ${fields} to make at most ${most} ${what}, got ${got}. Give smaller numbers.`;
    if (got > most) addIssue({ code: "custom", message });
  };
  const chunks = Math.ceil((sample.codes + sample.heldOut) / sample.chunk);
  atMost("sample.codes and sample.heldOut over sample.chunk", "chunks", chunks, MOST_CHUNKS);
  atMost("evaluate.starts · evaluate.times", "labels", evaluate.starts * evaluate.times, MOST_LABELS);
  atMost("pictures.samples · pictures.frames", "pictures", pictures.samples * pictures.frames, MOST_PICTURES);
  // A module may give an embedder, or not: that shows when it is loaded.
  if (train.preserve === "identity" && model.kind !== "module" && model.embedder === undefined) {
    const message = `expected a model with an embedder for train.preserve "identity", got none. Give model.embedder, with model.kind "files".`;
    addIssue({ code: "custom", path: ["train", "preserve"], message });
  }
}
