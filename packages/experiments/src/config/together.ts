import type { z } from "zod";

/** Jobs of one run, and bytes of one list of numbers: what a folder, and Node, still bear. */
const [MOST_CHUNKS, MOST_PICTURES, MOST_LABELS] = [100_000, 100_000, 2 ** 31];

interface Sizes {
  readonly methods: readonly unknown[];
  readonly sample: { readonly codes: number; readonly heldOut: number; readonly chunk: number };
  readonly fit: { readonly ratio: number };
  readonly evaluate: { readonly starts: number; readonly times: number };
  readonly pictures: { readonly samples: number; readonly frames: number };
}

/** Numbers that are fine by themselves and absurd together. */
export function checkTogether({ sample, fit, evaluate, pictures, methods }: Sizes, { addIssue }: z.RefinementCtx): void {
  const refuse = (message: string) => addIssue({ code: "custom", message });
  const atMost = (fields: string, what: string, got: number, most: number) => {
    if (got > most) refuse(`expected ${fields} to make at most ${most} ${what}, got ${got}. Give smaller numbers.`);
  };
  const chunks = Math.ceil((sample.codes + sample.heldOut) / sample.chunk);
  atMost("sample.codes and sample.heldOut over sample.chunk", "chunks", chunks, MOST_CHUNKS);
  const isFitted = methods.some((id) => id === "interfacegan" || id === "projected");
  if (isFitted && fit.ratio <= 1 && fit.ratio * sample.codes < 1)
    refuse(`expected fit.ratio to take one of the ${sample.codes} sample.codes or more, got ${fit.ratio}. Give a larger one.`);
  atMost("evaluate.starts · evaluate.times", "labels", evaluate.starts * evaluate.times, MOST_LABELS);
  atMost("pictures.samples · pictures.frames", "pictures", pictures.samples * pictures.frames, MOST_PICTURES);
}
