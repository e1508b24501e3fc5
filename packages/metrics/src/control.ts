import { checkInteger } from "./checks.js";
import { MetricsError } from "./errors.js";
import { type Labels, labelPath } from "./labels.js";

/**
 * Which of the two definitions of Control (equation 6) is meant.
 *
 * - `"target"`, the paper's: the predicted class at t equals the target class.
 * - `"changed"`, the released code's: the predicted class has differed from the one at t = 0 at some time up to t (cumulative, never falls).
 */
export type ControlDefinition = "target" | "changed";

/**
 * Control of every sample at every time, 0 or 1.
 *
 * @returns [samples, times], row by row
 */
export function controlPerSample(labels: Labels, attribute: number, definition: ControlDefinition, target: number): Uint8Array {
  const [samples, attributes, times] = labels.shape;
  checkInteger("controlPerSample", "attribute", attribute, 0, attributes - 1);
  if (definition !== "target" && definition !== "changed") {
    throw new MetricsError(`controlPerSample: expected "target" or "changed", got ${JSON.stringify(definition)}.`);
  }
  const control = new Uint8Array(samples * times);
  for (let i = 0; i < samples; i++) {
    const path = labelPath(labels, i, attribute);
    let changed = false;
    for (let t = 0; t < times; t++) {
      changed ||= path[t] !== path[0];
      control[i * times + t] = Number(definition === "target" ? path[t] === target : changed);
    }
  }
  return control;
}
