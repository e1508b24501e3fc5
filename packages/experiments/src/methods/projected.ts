import { projectDirection } from "@latentflow/latent-edit";
import { NoResult, ofTheData, thoseThatAre } from "../store/no-result.js";
import { interFaceGan } from "./interfacegan.js";
import type { FindContext, FitMethod, NeededDirection } from "./method.js";
import { straight } from "./straight.js";

/** InterFaceGAN's direction, freed from those of all other attributes. */
export const projected: FitMethod = {
  id: "projected",
  label: "InterFaceGAN, projected",
  kind: "linear",
  step: "fit",
  fault: (config) => interFaceGan.fault?.(config),
  needs: (edit, ofAll) => ofAll.map((other) => ({ method: interFaceGan, edit: other.index === edit.index ? edit : other })),
  async find(context) {
    const { index } = context.edit;
    const own = await vectorOf(context, context.needs.find(({ edit }) => edit.index === index)!);
    const others = context.needs.filter(({ edit }) => edit.index !== index);
    // An attribute that has no direction is none to be freed from.
    const found = await thoseThatAre(
      others.map(async (other) => ({ name: other.edit.name, vector: await vectorOf(context, other) })),
    ).catch((error) => {
      if (error instanceof NoResult) return [];
      throw error;
    });
    const conditions = found.map(({ vector }) => vector);
    const { direction, residual, rank } = await ofTheData("no direction", () => projectDirection(own, conditions));
    return straight(direction, { projection: { residual, rank, conditions: found.map(({ name }) => name) } });
  },
};

async function vectorOf(context: FindContext, needed: NeededDirection): Promise<number[]> {
  const direction = await context.direction(needed);
  const vector = Array.from(await direction.variables[0]!.data());
  direction.dispose();
  return vector;
}
