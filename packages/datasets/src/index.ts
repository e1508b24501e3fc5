/** Labelled pictures on this machine's disk, for Node. */
export { type CheckOptions, checkDataset } from "./check/check-dataset.js";
export type { DatasetCheck, DatasetProblem } from "./check/report.js";
export { DatasetsError } from "./errors.js";
export type { DatasetDescription } from "./input/about.js";
export type { DatasetAttribute } from "./input/labels.js";
export type { Splits } from "./input/splits.js";
export { Dataset, type DatasetImage, type DatasetItem, type ItemsOptions } from "./loading/dataset.js";
export { type OpenDatasetOptions, openDataset } from "./open-dataset.js";
export { DATASETS, type DatasetName, describeDataset } from "./readers/index.js";
