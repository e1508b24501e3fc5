import { classScores, fitInterFaceGan } from "@latentflow/latent-edit";
import { movingRows } from "../model/code-shape.js";
import { finiteOrNull } from "../results/numbers.js";
import { ofTheData } from "../store/no-result.js";
import type { FitMethod } from "./method.js";
import { straight } from "./straight.js";

/** The normal of a linear SVM between the codes with the highest and the lowest scores. */
export const interFaceGan: FitMethod = {
  id: "interfacegan",
  label: "InterFaceGAN",
  kind: "linear",
  step: "fit",
  cost({ sample: { codes }, fit: { ratio } }, latentDim) {
    const taken = 2 * Math.min(codes / 2, ratio > 1 ? ratio : ratio * codes);
    return { operations: 3 * taken * latentDim ** 2 };
  },
  fault({ sample: { codes }, fit: { ratio } }) {
    if (ratio > 1 || ratio * codes >= 1) return undefined;
    return `expected fit.ratio to take one of the ${codes} sample.codes or more, got ${ratio}. Give a larger one.`;
  },
  async find({ config, edit, codes: load, signal }) {
    const codes = await load();
    const scores = classScores(codes.logitsOf(edit.index), { to: edit.to, from: edit.from });
    const { ratio, C } = config.fit;
    const rows = movingRows(config);
    const options = { ratio, C, seed: config.seed, ...(rows && { rows }), ...(signal && { signal }) };
    const found = await ofTheData("no direction", () => fitInterFaceGan(codes.codes, scores, options));
    const { train, validation, rest } = found.accuracy;
    const accuracy = { train: finiteOrNull(train), validation: finiteOrNull(validation), rest: finiteOrNull(rest) };
    return straight(found.direction, { accuracy });
  },
};
