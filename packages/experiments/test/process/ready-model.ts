import { SeededRandom } from "@latentflow/core";
import type { ReadyParts } from "@latentflow/engine";
import { tfjsModel } from "@latentflow/latent-edit";
import plusModel, { ROWS } from "./plus-model.js";
import { D } from "./tiny-model.js";

/** A model that runs already, with W+ codes of its own. */
export default function readyModel(): ReadyParts {
  const { generator, regressor } = plusModel();
  return {
    name: "ready, W+",
    model: tfjsModel({ generator, regressor }),
    sampleCodes: async (count, seed) => new SeededRandom(seed).normals(count * ROWS * D),
    codes: { about: "normal rows", fingerprint: [ROWS, D], rowCount: ROWS },
  };
}
