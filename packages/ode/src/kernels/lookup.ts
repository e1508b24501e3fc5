import { getBackend, getKernel } from "@tensorflow/tfjs-core";

export const LINEAR_COMBINATION = "LatentflowLinearCombination";
export const SCALED_NORM = "LatentflowScaledNorm";
export const ROW_COMBINATION = "LatentflowRowCombination";
export const SCALED_ROW_NORMS = "LatentflowScaledRowNorms";

/** Whether the active backend has one of our kernels; elsewhere the operation is composed of tfjs operations. */
export function hasKernel(name: string): boolean {
  return getKernel(name, getBackend()) !== undefined;
}
