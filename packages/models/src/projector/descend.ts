import { nextMacrotask, SeededRandom, throwIfAborted } from "@latentflow/core";
import { type AdamState, adam, disposeAdamState } from "@latentflow/core/optim";
import {
  add,
  addN,
  dispose,
  mul,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { normalized, regularization, startingMaps } from "./noise-maps.js";
import type { Objective } from "./objective.js";
import { codeNoiseAt, learningRateAt } from "./schedule.js";
import { startingCode } from "./starting-code.js";

export interface DescentSettings {
  readonly steps: number;
  readonly learningRate: number;
  readonly rampUp: number;
  readonly rampDown: number;
  readonly codeNoise: number;
  readonly codeNoiseRamp: number;
  readonly noiseRegularization: number;
  readonly seed: number;
  /** Mean code, [d], and how far codes lie from it. */
  readonly mean: Tensor1D;
  readonly deviation: number;
  /** Codes to look at for a start, [m, d]. */
  readonly candidates: Tensor2D;
  readonly images: number;
  /** Rows of a code in W+; undefined: one code for all. */
  readonly rows: number | undefined;
  readonly start: Tensor | undefined;
  readonly noiseSides: readonly number[];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: { step: number; steps: number; distances: readonly number[] }) => void) | undefined;
}

export interface DescentResult {
  readonly codes: Tensor;
  readonly images: Tensor4D;
  readonly noise: readonly Tensor[];
  readonly distances: readonly number[];
  readonly startDistances: readonly number[];
}

/** Adam down the distance, from the mean code; what is kept are the codes that were nearest. */
export async function descend(objective: Objective, settings: DescentSettings): Promise<DescentResult> {
  const { steps, noiseSides, images, seed, signal, onProgress } = settings;
  const random = new SeededRandom(seed);
  const optimizer = adam({ learningRate: settings.learningRate });
  const mapSeed = random.integer(0, 2 ** 31);
  const start = await startingCode(objective, settings, mapSeed);
  let parameters: Tensor[] = [start.code, ...startingMaps(noiseSides, images, mapSeed)];
  let state: AdamState = optimizer.init(parameters);
  const best = new Best();
  try {
    // Without noise on the code, so that nothing worse than the start is ever handed out.
    const first = await objective.evaluate(start.code, parameters.slice(1));
    dispose([first.gradient, ...first.noiseGradients]);
    checkFinite(first.distances, 0);
    best.keep(first.distances, parameters);
    const startDistances = start.startDistances ?? Array.from(first.distances);
    for (let step = 0; step < steps; step++) {
      throwIfAborted("project", signal);
      const t = step / steps;
      const [w, ...maps] = parameters as [Tensor, ...Tensor[]];
      const tried = withNoise(w, random, settings.deviation * codeNoiseAt(t, settings));
      const gradients: Tensor[] = [];
      try {
        const { distances, gradient, noiseGradients } = await objective.evaluate(tried, maps);
        gradients.push(gradient, ...noiseGradients);
        checkFinite(distances, step);
        best.keep(distances, [tried, ...maps]);
        if (maps.length > 0 && settings.noiseRegularization > 0) regularize(gradients, maps, settings.noiseRegularization);
        const next = optimizer.update(parameters, gradients, state, learningRateAt(t, settings));
        dispose(parameters);
        disposeAdamState(state);
        state = next.state;
        const [code, ...nextMaps] = next.parameters as [Tensor, ...Tensor[]];
        parameters = [code, ...normalized(nextMaps)];
      } finally {
        dispose([tried, ...gradients]);
      }
      onProgress?.({ step: step + 1, steps, distances: best.distances });
      await nextMacrotask();
    }
    const [codes, ...noise] = best.take() as [Tensor, ...Tensor[]];
    const found = await objective.synthesize(codes, noise);
    return { codes, noise, images: found, distances: best.distances, startDistances };
  } finally {
    best.dispose();
    dispose(parameters);
    disposeAdamState(state);
  }
}

/** The same noise on each image's code, so that a code does not depend on its place in the batch. */
function withNoise(w: Tensor, random: SeededRandom, deviation: number): Tensor {
  const [, ...shape] = w.shape;
  return tidy(() => {
    const noise = random.normalTensor([1, ...shape] as never);
    return deviation === 0 ? w.clone() : add(w, mul(noise, deviation));
  });
}

function regularize(gradients: Tensor[], maps: readonly Tensor[], weight: number): void {
  regularization(maps, weight).forEach((term, i) => {
    const own = gradients[i + 1]!;
    gradients[i + 1] = addN([own, term]);
    dispose([own, term]);
  });
}

/** For each image the tensors of the least distance so far. */
class Best {
  distances: number[] = [];
  private kept: Tensor[] = [];

  keep(distances: Float32Array, tensors: readonly Tensor[]): void {
    if (this.kept.length === 0) {
      this.kept = tensors.map((tensor) => tensor.clone());
      this.distances = Array.from(distances);
      return;
    }
    const isBetter = Array.from(distances, (distance, i) => distance < this.distances[i]!);
    if (!isBetter.includes(true)) return;
    this.distances = Array.from(distances, (distance, i) => Math.min(distance, this.distances[i]!));
    const better = tensor1d(isBetter, "bool");
    const before = this.kept;
    this.kept = tensors.map((tensor, k) =>
      tidy(() => where(reshape(better, [-1, ...Array<number>(tensor.rank - 1).fill(1)]), tensor, before[k]!)),
    );
    dispose([better, ...before]);
  }

  /** Hands the tensors over. */
  take(): Tensor[] {
    const kept = this.kept;
    this.kept = [];
    return kept;
  }

  dispose(): void {
    dispose(this.kept);
  }
}

function checkFinite(distances: Float32Array, step: number): void {
  const wrong = distances.findIndex((distance) => !Number.isFinite(distance));
  if (wrong < 0) return;
  throw new ModelsError(
    `project: expected finite distances, got ${distances[wrong]} for image ${wrong} at step ${step}; is the image in [-1, 1], the learning rate too large?`,
  );
}
