/** The common names of all `@latentflow/*` packages; the packages themselves have more. */

export { defineExperiment, reportExperiment, runExperiment, verifyExperiment } from "@latentflow/experiments";
export * from "./browser.js";
