import type { StudioFactors } from "@latentflow/scenes";

/** A dozen scenes that between them show every class of every factor. */
export const REFERENCE_STUDIO: readonly StudioFactors[] = [
  [0, 0, 0, 0, 3, 2, 0, 0, 0],
  [1, 1, 1, 1, 2, 1, 1, 1, 1],
  [2, 2, 2, 2, 1, 3, 2, 2, 2],
  [0, 3, 3, 3, 0, 2, 3, 3, 3],
  [1, 4, 4, 0, 3, 0, 4, 0, 2],
  [2, 5, 0, 1, 3, 2, 5, 1, 3],
  [0, 6, 1, 2, 2, 3, 0, 2, 1],
  [1, 7, 2, 3, 1, 1, 5, 3, 0],
  [2, 7, 4, 0, 0, 3, 1, 0, 3],
  [0, 2, 0, 3, 1, 0, 2, 1, 2],
  [1, 5, 3, 2, 3, 2, 4, 2, 0],
  [2, 0, 4, 1, 2, 1, 3, 3, 1],
];
