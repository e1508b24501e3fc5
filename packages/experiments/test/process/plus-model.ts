import type { TfjsParts } from "@latentflow/engine";
import * as tf from "@tensorflow/tfjs-core";
import tinyModel, { D } from "./tiny-model.js";

/** Rows of a W+ code. */
export const ROWS = 6;

/** The tiny networks, of W+ codes: the first half of the rows gives the first two entries of a code, the other half the others. */
export default function plusModel(): TfjsParts {
  const parts = tinyModel();
  return {
    ...parts,
    name: "tiny, W+",
    generator: {
      latentDim: D,
      rowCount: ROWS,
      synthesize: (w) =>
        tf.tidy(() => {
          if (w.rank === 2) return parts.generator.synthesize(w);
          const half = (start: number) => tf.mean(tf.slice(w, [0, start, 0], [-1, ROWS / 2, D]), 1);
          const first = tf.slice(half(0), [0, 0], [-1, D / 2]);
          const second = tf.slice(half(ROWS / 2), [0, D / 2], [-1, D / 2]);
          return parts.generator.synthesize(tf.concat([first, second], 1));
        }),
    },
  };
}
