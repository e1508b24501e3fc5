import { SeededRandom } from "@latentflow/core";
import { type SceneSetName, scenesDataset } from "../src/dataset.js";

/** Scenes exported, the last {@link HELD_OUT} of which no network learns from. */
export const EXPORTED = 220_000;
export const HELD_OUT = 20_000;
export const EXPORT_SEED = 1;

/** The first `count` entries of a seeded random permutation of all scenes (Fisher–Yates). */
export function exportedScenes(
  count: number = EXPORTED,
  seed: number = EXPORT_SEED,
  scenes: SceneSetName = "tabletop",
): Uint32Array {
  const random = new SeededRandom(seed);
  const all = Uint32Array.from({ length: scenesDataset(scenes).length }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = random.integer(i, all.length - 1);
    const swapped = all[i] as number;
    all[i] = all[j] as number;
    all[j] = swapped;
  }
  return all.slice(0, count);
}
