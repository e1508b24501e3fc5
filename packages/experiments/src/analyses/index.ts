import type { Analysis, MethodAnalysis } from "./analysis.js";
import { eigenSpectrum } from "./eigen-spectrum.js";
import { flipHistogram } from "./flip-histogram.js";
import { probes } from "./probes.js";
import { singularEntropy } from "./singular-entropy.js";
import { straightness } from "./straightness.js";

/** Those whose values lie in one file, `analysis.json`, as in version 0.1.0. Each other has a job of its own, so that a new one leaves finished runs be. */
export const TOGETHER: readonly MethodAnalysis[] = [flipHistogram, singularEntropy, straightness, eigenSpectrum];

/** The analyses that come along, in the report's order: a new one is a file and a line here. Those from outside join them (`Extensions`). */
export const ANALYSES: readonly Analysis[] = [probes, ...TOGETHER];
