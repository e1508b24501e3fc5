import type { DeclaredOptions } from "@latentflow/core";

/** Declared options of the schedule; the defaults are those of StyleGAN2's projector. */
export const SCHEDULE = {
  /** Steps of Adam. Default 1000. */
  steps: { default: 1000, min: 1, integer: true },
  /** Largest learning rate. Default 0.1. */
  learningRate: { default: 0.1, above: 0 },
  /** Part of the steps over which the rate rises from 0. Default 0.05. */
  rampUp: { default: 0.05, min: 0, max: 1 },
  /** Part of the steps over which it falls to 0 at the end, as a cosine. Default 0.25. */
  rampDown: { default: 0.25, min: 0, max: 1 },
  /** Noise added to the code at the start, in deviations of the generator's codes. Default 0.05. */
  codeNoise: { default: 0.05, min: 0 },
  /** Part of the steps after which none is added any more. Default 0.75. */
  codeNoiseRamp: { default: 0.75, min: 0, max: 1 },
} as const satisfies DeclaredOptions;

interface Ramps {
  readonly learningRate: number;
  readonly rampUp: number;
  readonly rampDown: number;
}

/** Learning rate after the part `t` of all steps. */
export function learningRateAt(t: number, { learningRate, rampUp, rampDown }: Ramps): number {
  const falling = rampDown === 0 ? 1 : Math.min(1, (1 - t) / rampDown);
  const rising = rampUp === 0 ? 1 : Math.min(1, t / rampUp);
  return learningRate * (0.5 - 0.5 * Math.cos(falling * Math.PI)) * rising;
}

/** Deviation of the noise on the code after the part `t` of all steps, in deviations of the codes. */
export function codeNoiseAt(t: number, { codeNoise, codeNoiseRamp }: { codeNoise: number; codeNoiseRamp: number }): number {
  return codeNoiseRamp === 0 ? 0 : codeNoise * Math.max(0, 1 - t / codeNoiseRamp) ** 2;
}
