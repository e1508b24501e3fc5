import { checkChoice } from "../options.js";
import { cubAttributes, cubHeads } from "./cub.js";
import { FFHQ } from "./ffhq.js";
import { ISAAC3D } from "./isaac3d.js";
import { MPI3D } from "./mpi3d.js";
import { PLACES365 } from "./places365.js";

/** A data set is a file and a line. */
const NAMES = {
  ffhq: () => FFHQ,
  places365: () => PLACES365,
  cub: cubHeads,
  "cub-312": cubAttributes,
  isaac3d: () => ISAAC3D,
  mpi3d: () => MPI3D,
};

/** Data sets whose attributes have known names and an order: the paper's five, and the whole list of CUB's. */
export type AttributeList = keyof typeof NAMES;

/** What `attributeNames` knows. */
export const ATTRIBUTE_LISTS = /* @__PURE__ */ Object.keys(NAMES) as readonly AttributeList[];

/**
 * Names of a data set's attributes in the order of its labels, which is that of the heads of the paper's regressors and of the numbers in its
 * released files (`log/ffhq/1/ckpt_31.pt` is Smiling): "ffhq" CelebA's 40, "places365" the 40 of transient scenes, "cub" the 109 heads of its
 * regressor of birds (eleven with names, the others "attribute 3"), "cub-312" all of CUB's, "isaac3d" nine factors, "mpi3d" seven.
 *
 * @throws CoreError for another data set
 */
export function attributeNames(dataset: AttributeList): string[] {
  checkChoice("attributeNames", "dataset", dataset, ATTRIBUTE_LISTS);
  return [...NAMES[dataset]()];
}
