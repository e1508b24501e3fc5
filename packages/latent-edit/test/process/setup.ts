import { existsSync, writeFileSync } from "node:fs";
import type { AttributeModel } from "@latentflow/core";
import { tfjsModel } from "../../src/model/tfjs-model.js";
import { plusGenerator, regressor } from "../small-world.js";

/** The model of the worker tests. Where DIE names a file, the thread dies in the middle of a training unless the file exists. */
export default async function setup(): Promise<AttributeModel> {
  const model = tfjsModel({ generator: plusGenerator, regressor });
  const marker = process.env.DIE;
  if (marker === undefined || existsSync(marker)) return model;
  let calls = 0;
  const { lossAndGradient } = model;
  model.lossAndGradient = async (w, loss) => {
    if (++calls === 12) {
      if (marker !== "always") writeFileSync(marker, "");
      process.exit(7);
    }
    return lossAndGradient.call(model, w, loss);
  };
  return model;
}
