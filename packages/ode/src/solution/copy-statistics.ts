import type { Statistics } from "../status.js";

/** A copy that a solve which counts on does not change. */
export function copyStatistics(statistics: Statistics): Statistics {
  const { stepsBy } = statistics;
  return { ...statistics, ...(stepsBy && { stepsBy: { ...stepsBy } }) };
}
