import { SeededRandom } from "@latentflow/core";
import { SCENE_COUNT } from "../src/factors.js";

/** Scenes exported, the last {@link HELD_OUT} of which no network learns from. */
export const EXPORTED = 220_000;
export const HELD_OUT = 20_000;
export const EXPORT_SEED = 1;

/** The first `count` entries of a seeded random permutation of all scenes (Fisher–Yates). */
export function exportedScenes(count: number = EXPORTED, seed: number = EXPORT_SEED): Uint32Array {
  const random = new SeededRandom(seed);
  const all = Uint32Array.from({ length: SCENE_COUNT }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = random.integer(i, SCENE_COUNT - 1);
    const swapped = all[i] as number;
    all[i] = all[j] as number;
    all[j] = swapped;
  }
  return all.slice(0, count);
}
