export type { MatrixLike } from "@latentflow/core";
export { type AreaUnderCdCurve, areaUnderCdCurve, type ControlDisentanglement, editLengthForControl } from "./cd/area.js";
export {
  type Band,
  type BootstrapOptions,
  bootstrapAreas,
  bootstrapBands,
  type MethodCurves,
  type PairedComparison,
  pairedBootstrap,
} from "./cd/bootstrap.js";
export { type CdCurve, type CdCurveOptions, cdCurve } from "./cd/cd-curve.js";
export { type ControlDefinition, controlPerSample } from "./cd/control.js";
export { attributeCorrelation, directionCosines, labelAssociation } from "./disentanglement/attribute-correlation.js";
export { labelEntropy } from "./disentanglement/label-entropy.js";
export { type Rescoring, rescoring } from "./disentanglement/rescoring.js";
export { MetricsError } from "./errors.js";
export { type EigenSpectrum, eigenSpectrum, fastSubspaceDimension } from "./flow/eigen-spectrum.js";
export { type FirstFlips, firstFlips } from "./flow/first-flip.js";
export { type SingularEntropy, type SingularEntropyOptions, singularEntropy } from "./flow/singular-entropy.js";
export { type Paths, pathStraightness } from "./flow/straightness.js";
export { type Labels, samplesStartingAt, selectSamples } from "./input/labels.js";
export { type ProbeOptions, type ProbeResult, probeAttribute } from "./probes/probe-attribute.js";
export { type CodeRegion, type CodeRegionOptions, codeDistances, codeRegion } from "./realism/code-region.js";
export { type FrechetDistance, frechetDistance } from "./realism/frechet-distance.js";
export {
  type ResampledDistance,
  type ResampledRows,
  type ResampleOptions,
  resampleDistances,
} from "./realism/resample.js";
export { binomialTest, wilsonInterval } from "./statistics/binomial.js";
export { pearson, ranks, type Spearman, spearman } from "./statistics/correlation.js";
export { percentileInterval } from "./statistics/percentiles.js";
export { type Agreement, krippendorffAlpha, type Rating } from "./study/agreement.js";
export { type StudyQuestion, type StudyResponse, type StudyTally, tallyStudy } from "./study/human-study.js";
