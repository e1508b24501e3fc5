import { CoreError } from "@latentflow/core";
import { serveJobs } from "@latentflow/core/workers";

/** Multiplies; some words make it misbehave. */
serveJobs<{ factor: number }, string, number, number>(async ({ factor }) => {
  if (factor === 0) throw new CoreError("start: expected a factor.");
  return async (job, { progress, signal }) => {
    progress(0.5);
    if (job === "refuse") throw new CoreError("job: expected a number.");
    if (job === "throw") throw new TypeError("a defect");
    if (job === "text") throw "no error";
    if (job === "exit") process.exit(7);
    if (job === "exit soon") setTimeout(() => process.exit(3), 50);
    if (job === "wait") return new Promise((resolve) => signal.addEventListener("abort", () => resolve(-1)));
    return factor * (Number(job) || 0);
  };
});
