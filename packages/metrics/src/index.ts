export { type AreaUnderCdCurve, areaUnderCdCurve, type ControlDisentanglement, editLengthForControl } from "./area.js";
export { attributeCorrelation, directionCosines, labelAssociation } from "./attribute-correlation.js";
export { binomialTest, wilsonInterval } from "./binomial.js";
export {
  type Band,
  type BootstrapOptions,
  bootstrapAreas,
  bootstrapBands,
  type PairedComparison,
  pairedBootstrap,
} from "./bootstrap.js";
export { type CdCurve, type CdCurveOptions, cdCurve } from "./cd-curve.js";
export { type ControlDefinition, controlPerSample } from "./control.js";
export { pearson, ranks, type Spearman, spearman } from "./correlation.js";
export { labelEntropy } from "./disentanglement.js";
export { type EigenSpectrum, eigenSpectrum, fastSubspaceDimension } from "./eigen-spectrum.js";
export { MetricsError } from "./errors.js";
export { type FirstFlips, firstFlips } from "./first-flip.js";
export { type StudyQuestion, type StudyResponse, type StudyTally, tallyStudy } from "./human-study.js";
export { type Labels, samplesStartingAt, selectSamples } from "./labels.js";
export type { MatrixLike } from "./matrix.js";
export { type ProbeOptions, type ProbeResult, probeAttribute } from "./probes.js";
export { type Rescoring, rescoring } from "./rescoring.js";
export { type SingularEntropy, type SingularEntropyOptions, singularEntropy } from "./singular-entropy.js";
export { type Paths, pathStraightness } from "./straightness.js";
