import { checkNumber } from "@latentflow/core";
import { ConfigError } from "../errors.js";
import type { ExperimentConfig } from "./types.js";

/** Between which values a number makes sense. Beyond `most` no machine of today gets, or no number is left of what is computed. */
export interface Limits {
  readonly min?: number;
  readonly above?: number;
  readonly integer?: boolean;
  readonly most: number;
}

const count = (min: number, most: number): Limits => ({ min, integer: true, most });
const positive = (most: number): Limits => ({ above: 0, most });

/** Codes, starts, … */
const MANY = 10_000_000;
const BATCH = count(1, 10_000);
/** Above it, "never". */
const EVERY = count(1, 1e12);
const LENGTH = positive(1e6);

type Numbers<T> = { [K in keyof T as T[K] extends number ? K : never]: Limits };

/** All settings that are numbers. */
export const LIMITS: {
  readonly [S in "sample" | "fit" | "train" | "evaluate" | "analyze" | "pictures"]: Numbers<ExperimentConfig[S]>;
} = {
  sample: { codes: count(4, MANY), heldOut: count(2, MANY), chunk: count(1, MANY), batchSize: BATCH },
  fit: { ratio: positive(MANY), C: positive(1e9), components: count(1, 100_000) },
  train: {
    iterations: count(1, 100_000_000),
    batchSize: BATCH,
    maxTime: LENGTH,
    learningRate: positive(1000),
    constantRate: positive(1e6),
    decayEvery: EVERY,
    decayFactor: positive(1000),
    temperature: positive(1e6),
    preservation: { min: 0, most: 1e6 },
    solverSteps: count(1, 10_000),
    checkpointEvery: EVERY,
  },
  evaluate: {
    starts: count(2, MANY),
    times: count(2, 10_000),
    maxTime: LENGTH,
    resamples: count(1, 1_000_000),
    confidence: { above: 0, most: 0.999 },
    batchSize: BATCH,
  },
  analyze: { probeCodes: count(10, MANY), paths: count(1, 1_000_000), bins: count(1, 1_000_000) },
  pictures: { samples: count(0, 1000), frames: count(2, 10_000) },
};

/** Of `analyze.k`. */
export const SINGULAR_VALUES = count(1, 100_000);

/** A configuration's number, checked. */
export function limited(field: string, value: unknown, { most, ...limits }: Limits): number {
  const number = checkNumber("config", field, value, limits, ConfigError);
  if (number <= most) return number;
  throw new ConfigError(`config: expected ${field} to be at most ${most}, got ${number}. Give a smaller number.`);
}

/** Jobs of one run, and bytes of one list of numbers: what a folder, and Node, still bear. */
const [MOST_CHUNKS, MOST_PICTURES, MOST_LABELS] = [100_000, 100_000, 2 ** 31];

/** Numbers that are fine by themselves and absurd together. */
export function checkTogether({ sample, fit, evaluate, pictures, methods }: ExperimentConfig): void {
  const refuse = (fields: string, what: string, got: number, most: number) => {
    throw new ConfigError(`config: expected ${fields} to make at most ${most} ${what}, got ${got}. Give smaller numbers.`);
  };
  const chunks = Math.ceil((sample.codes + sample.heldOut) / sample.chunk);
  if (chunks > MOST_CHUNKS) refuse("sample.codes and sample.heldOut over sample.chunk", "chunks", chunks, MOST_CHUNKS);
  const isFitted = methods.some((id) => id === "interfacegan" || id === "projected");
  if (isFitted && fit.ratio <= 1 && fit.ratio * sample.codes < 1) {
    throw new ConfigError(
      `config: expected fit.ratio to take one of the ${sample.codes} sample.codes or more, got ${fit.ratio}. Give a larger one.`,
    );
  }
  const labels = evaluate.starts * evaluate.times;
  if (labels > MOST_LABELS) refuse("evaluate.starts · evaluate.times", "labels", labels, MOST_LABELS);
  const shown = pictures.samples * pictures.frames;
  if (shown > MOST_PICTURES) refuse("pictures.samples · pictures.frames", "pictures", shown, MOST_PICTURES);
}
