import { checkChoice } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { checkInteger } from "../input/checks.js";
import { type CheckedLabels, checkLabels, type Labels, labelPath } from "../input/labels.js";

/**
 * Which of the two definitions of Control (equation 6) is meant.
 *
 * - `"target"`, the paper's: the predicted class at t equals the target class.
 * - `"changed"`, the released code's: the predicted class has differed from the one at t = 0 at some time up to t (cumulative, never falls).
 */
export type ControlDefinition = (typeof CONTROL_DEFINITIONS)[number];

export const CONTROL_DEFINITIONS = ["target", "changed"] as const;

/**
 * Control of every sample at every time, 0 or 1.
 *
 * @param target the class wanted; not used by `"changed"`
 * @returns [samples, times], row by row
 */
export function controlPerSample(
  labels: Labels,
  attributeIndex: number,
  definition: ControlDefinition,
  target?: number,
): Uint8Array {
  const checked = checkLabels("controlPerSample", labels);
  checkInteger("controlPerSample", "attributeIndex", attributeIndex, 0, checked.shape[1] - 1);
  checkChoice("controlPerSample", "definition", definition, CONTROL_DEFINITIONS, MetricsError);
  if (definition === "target") checkInteger("controlPerSample", "target", target, 0);
  return controlOf(checked, attributeIndex, definition, target);
}

/** The same for labels that have been checked. */
export function controlOf(
  labels: CheckedLabels,
  attributeIndex: number,
  definition: ControlDefinition,
  target: number | undefined,
): Uint8Array {
  const [samples, , times] = labels.shape;
  const control = new Uint8Array(samples * times);
  for (let i = 0; i < samples; i++) {
    const path = labelPath(labels, i, attributeIndex);
    let changed = false;
    for (let t = 0; t < times; t++) {
      changed ||= path[t] !== path[0];
      control[i * times + t] = Number(definition === "target" ? path[t] === target : changed);
    }
  }
  return control;
}
