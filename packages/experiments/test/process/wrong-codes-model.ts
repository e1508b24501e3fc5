import type { ModelParts } from "@latentflow/engine";
import tinyModel, { D } from "./tiny-model.js";

/** The tiny networks with codes that a user's module might give by mistake: "short", "doubles" or "nan". */
export default function wrongCodesModel(): ModelParts {
  const wrong = process.env.LATENTFLOW_TEST_CODES;
  const sampleCodes = async (count: number) => {
    if (wrong === "short") return new Float32Array(count);
    if (wrong === "doubles") return new Float64Array(count * D) as unknown as Float32Array;
    return new Float32Array(count * D).fill(Number.NaN);
  };
  return { ...tinyModel(), sampleCodes };
}
