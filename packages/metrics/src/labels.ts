import { MetricsError } from "./errors.js";

/**
 * Predicted classes along many edits: `data[(sample · attributes + attribute) · times + time]`, with `shape` [samples, attributes, times].
 * 2,000 samples × 40 attributes × 40 times take 3 MB, and no image is held.
 */
export interface Labels {
  readonly data: Uint8Array | Int32Array;
  readonly shape: readonly [samples: number, attributes: number, times: number];
}

/** Throws unless the shape fits the data and every label of attribute j lies in [0, classes[j]). */
export function checkLabels(caller: string, labels: Labels, classes: readonly number[]): void {
  const [samples, attributes, times] = labels.shape;
  if (samples < 1 || times < 1 || labels.data.length !== samples * attributes * times) {
    throw new MetricsError(
      `${caller}: expected labels.data to hold samples × attributes × times = [${labels.shape.join(", ")}] numbers (samples and times at least 1), got ${labels.data.length}.`,
    );
  }
  if (classes.length !== attributes) {
    throw new MetricsError(`${caller}: expected one class count for each of ${attributes} attributes, got ${classes.length}.`);
  }
  for (let j = 0; j < attributes; j++) {
    const count = classes[j]!;
    if (!Number.isInteger(count) || count < 2) {
      throw new MetricsError(`${caller}: expected attribute ${j} to have 2 classes or more, got ${count}.`);
    }
    for (let i = 0; i < samples; i++) {
      for (let t = 0; t < times; t++) {
        const label = labels.data[(i * attributes + j) * times + t]!;
        if (label >= 0 && label < count) continue;
        throw new MetricsError(
          `${caller}: expected labels of attribute ${j} in 0…${count - 1}, got ${label} (sample ${i}, time ${t}).`,
        );
      }
    }
  }
}

/** The labels of one sample and attribute at all times, a view. */
export function labelPath(labels: Labels, sample: number, attribute: number): Uint8Array | Int32Array {
  const [, attributes, times] = labels.shape;
  const start = (sample * attributes + attribute) * times;
  return labels.data.subarray(start, start + times);
}

/** Only the samples whose index is listed, in that order (repeats allowed). */
export function selectSamples(labels: Labels, samples: ArrayLike<number>): Labels {
  const [count, attributes, times] = labels.shape;
  const stride = attributes * times;
  const data =
    labels.data instanceof Uint8Array ? new Uint8Array(samples.length * stride) : new Int32Array(samples.length * stride);
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    if (!(Number.isInteger(sample) && sample >= 0 && sample < count)) {
      throw new MetricsError(`selectSamples: expected sample indices in 0…${count - 1}, got ${sample}.`);
    }
    data.set(labels.data.subarray(sample * stride, (sample + 1) * stride), i * stride);
  }
  return { data, shape: [samples.length, attributes, times] };
}

/** Samples whose label of `attribute` at the first time is `label`: the paper starts edits only from codes labelled 0. */
export function samplesStartingAt(labels: Labels, attribute: number, label: number): Uint32Array {
  const [samples] = labels.shape;
  const kept: number[] = [];
  for (let i = 0; i < samples; i++) if (labelPath(labels, i, attribute)[0] === label) kept.push(i);
  return Uint32Array.from(kept);
}
