export type { CheckpointStore, MatrixLike, Numbers } from "@latentflow/core";
export { type Direction, FlowDirection, type FlowOptions } from "./directions/direction.js";
export { type ImportOptions, importDirection } from "./directions/import.js";
export { describeDirection, registerDirection } from "./directions/index.js";
export type { FlowGradient } from "./directions/integrate.js";
export type { DirectionDescription, DirectionKind, SavedDirection } from "./directions/kind.js";
export { LinearDirection } from "./directions/linear-direction.js";
export { NeuralOdeDirection, type NeuralOdeOptions } from "./directions/neural-ode-direction.js";
export type { RowList, RowRange } from "./directions/rows.js";
export { type DirectionInfo, loadDirection, saveDirection } from "./directions/save.js";
export { type AdaptiveSolver, CONVERGED_SOLVER, type FixedSolver, type FlowSolver, PAPER_SOLVER } from "./directions/solver.js";
export { type SolverGap, solverGap } from "./directions/solver-gap.js";
export { startAlong } from "./directions/start-along.js";
export { importSeedFlow, toStateDict } from "./directions/state-dict.js";
export type { TrainSettings } from "./directions/train-settings.js";
export { type ComposedEdit, compose, type EditStep } from "./edit/compose.js";
export { type EditOptions, edit } from "./edit/edit.js";
export { type Arrived, type EditUntilOptions, type EditUntilResult, editUntil } from "./edit/edit-until.js";
export { type LabelsAlong, type LabelsAlongOptions, labelsAlong } from "./edit/labels-along.js";
export { LatentEditError } from "./errors.js";
export { classScores, fitInterFaceGan, type InterFaceGan, type InterFaceGanOptions } from "./fit/interfacegan.js";
export { ganSpace, type PrincipalDirections, seFa } from "./fit/principal-directions.js";
export { type ProjectedDirection, projectDirection } from "./fit/project-direction.js";
export { type LinearSvm, type LinearSvmOptions, linearSvm } from "./fit/svm/linear-svm.js";
export { type Codes, type TensorOf, toCodes } from "./input/codes.js";
export type { AttributeChoice, AttributeEnds, EditedAttribute } from "./model/attribute-choice.js";
export { type Fingerprint, fingerprint, logitsFingerprint, sameFingerprint } from "./model/fingerprint.js";
export { attributeLoss, identityLoss, preservationLoss } from "./model/losses.js";
export { type TfjsModelOptions, tfjsModel } from "./model/tfjs-model.js";
export { type Truncation, withTruncation } from "./model/truncation.js";
export { type DirectionLossOptions, directionLoss } from "./train/direction-loss.js";
export type { History, Score, TrainProgress, ValidationRecord } from "./train/history.js";
export { pullBack } from "./train/pull-back.js";
export type { LossFactory, TrainOptions } from "./train/settings.js";
export {
  type Candidate,
  type ChosenSnapshot,
  type Halving,
  plannedIterations,
  trainCandidates,
} from "./train/train-candidates.js";
export { trainDirection } from "./train/train-direction.js";
