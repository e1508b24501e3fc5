import { describeValue } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { checkArray, checkInteger, type Numbers, toIntegers } from "./checks.js";

/**
 * Predicted classes along many edits: `data[(sample · attributes + attribute) · times + time]`, with `shape` [samples, attributes, times].
 * Integers of any element type, int64 too. 2,000 samples × 40 attributes × 40 times take 3 MB as uint8, and no image is held.
 */
export interface Labels {
  readonly data: Numbers;
  readonly shape: readonly [samples: number, attributes: number, times: number];
}

/** Labels that have been checked, in arrays of which parts can be looked at without a copy. */
export interface CheckedLabels {
  readonly data: Uint8Array | Int32Array;
  readonly shape: Labels["shape"];
}

const LARGEST = 2 ** 31 - 1;

/** Throws unless the shape fits the data, and every entry is an integer from 0 on. Copies only what is neither uint8 nor int32. */
export function checkLabels(caller: string, labels: Labels): CheckedLabels {
  const { data, shape } = (labels ?? {}) as Partial<Labels>;
  const isShape = Array.isArray(shape) && shape.length === 3 && shape.every((x) => Number.isInteger(x));
  if (!isShape || typeof data !== "object" || data === null) {
    throw new MetricsError(
      `${caller}: expected labels as { data, shape: [samples, attributes, times] }, got ${describeValue(labels)}.`,
    );
  }
  checkArray(caller, "labels.data", data);
  const [samples, attributes, times] = shape;
  if (samples < 1 || attributes < 1 || times < 1 || data.length !== samples * attributes * times) {
    throw new MetricsError(
      `${caller}: expected labels.data to hold samples × attributes × times = [${shape.join(", ")}] numbers (each at least 1), got ${data.length}.`,
    );
  }
  if (data instanceof Uint8Array) return { data, shape };
  if (data instanceof Int32Array && data.every((label) => label >= 0)) return { data, shape };
  return { data: toIntegers(caller, "labels.data", data, 0, LARGEST), shape };
}

/** The same, with every label of attribute j in [0, classes[j]). */
export function checkClasses(caller: string, labels: Labels, classes: readonly number[]): CheckedLabels {
  const checked = checkLabels(caller, labels);
  const [, attributes] = checked.shape;
  checkArray(caller, "classes", classes);
  if (classes.length !== attributes) {
    throw new MetricsError(`${caller}: expected one class count for each of ${attributes} attributes, got ${classes.length}.`);
  }
  for (let j = 0; j < attributes; j++) {
    const count = classes[j]!;
    if (!Number.isInteger(count) || count < 2) {
      throw new MetricsError(`${caller}: expected attribute ${j} to have 2 classes or more, got ${describeValue(count)}.`);
    }
    checkAttributeClasses(caller, checked, j, count);
  }
  return checked;
}

/** Throws unless every label of one attribute lies in [0, count). */
export function checkAttributeClasses(
  caller: string,
  { data, shape: [samples, attributes, times] }: CheckedLabels,
  attributeIndex: number,
  count: number,
): void {
  for (let i = 0; i < samples; i++) {
    for (let t = 0; t < times; t++) {
      const label = data[(i * attributes + attributeIndex) * times + t]!;
      if (label < count) continue;
      throw new MetricsError(
        `${caller}: expected labels of attribute ${attributeIndex} in 0…${count - 1}, got ${label} (sample ${i}, time ${t}).`,
      );
    }
  }
}

/** The labels of one sample and attribute at all times, a view. */
export function labelPath(labels: CheckedLabels, sample: number, attributeIndex: number): Uint8Array | Int32Array {
  const [, attributes, times] = labels.shape;
  const start = (sample * attributes + attributeIndex) * times;
  return labels.data.subarray(start, start + times);
}

/** Only the samples whose index is listed, in that order (repeats allowed). */
export function selectSamples(labels: Labels, samples: ArrayLike<number>): CheckedLabels {
  const { data, shape } = checkLabels("selectSamples", labels);
  const [count, attributes, times] = shape;
  const rows = toIntegers("selectSamples", "sample indices", samples, 0, count - 1);
  const stride = attributes * times;
  const selected = data instanceof Uint8Array ? new Uint8Array(rows.length * stride) : new Int32Array(rows.length * stride);
  rows.forEach((row, i) => {
    selected.set(data.subarray(row * stride, (row + 1) * stride), i * stride);
  });
  return { data: selected, shape: [rows.length, attributes, times] };
}

/** Samples whose label of attribute `attributeIndex` at the first time is `label`: the paper starts edits only from codes labelled 0. */
export function samplesStartingAt(labels: Labels, attributeIndex: number, label: number): Uint32Array {
  const checked = checkLabels("samplesStartingAt", labels);
  const [samples, attributes] = checked.shape;
  checkInteger("samplesStartingAt", "attributeIndex", attributeIndex, 0, attributes - 1);
  checkInteger("samplesStartingAt", "label", label, 0);
  const kept: number[] = [];
  for (let i = 0; i < samples; i++) if (labelPath(checked, i, attributeIndex)[0] === label) kept.push(i);
  return Uint32Array.from(kept);
}
