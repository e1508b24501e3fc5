import type { LoadedModel } from "@latentflow/engine";
import {
  classScores,
  type Direction,
  fitInterFaceGan,
  LinearDirection,
  labelsAlong,
  NeuralOdeDirection,
  startAlong,
  trainDirection,
} from "@latentflow/latent-edit";
import { type CdCurve, cdCurve } from "@latentflow/metrics";
import type { Candidate } from "./candidates.js";
import type { Codes } from "./codes.js";

/** What all cells share. */
export interface Setting {
  readonly iterations: number;
  readonly starts: number;
  readonly times: readonly number[];
}

/** One training, measured on validation starts. */
export interface Cell {
  readonly model: string;
  readonly factor: string;
  readonly candidate: string;
  readonly seed: number;
  readonly setting: Setting;
  /** Curves after these iterations. */
  readonly curves: readonly { readonly iteration: number; readonly control: number[]; readonly disentanglement: number[] }[];
  readonly seconds: number;
}

interface Problem {
  readonly model: LoadedModel;
  readonly training: Codes;
  readonly validation: Codes;
  readonly factor: string;
  readonly setting: Setting;
}

/** InterFaceGAN's line between the ends of a factor. */
export async function lineOf({ model, training, factor }: Problem): Promise<Float64Array> {
  const index = model.attributes.findIndex(({ name }) => name === factor);
  const { classes } = model.attributes[index]!;
  const scores = classScores(training.logitsOf(index), { from: 0, to: classes - 1 });
  return (await fitInterFaceGan(training.matrix, scores, { ratio: 0.05 })).direction;
}

export async function curveOf(direction: Direction, { model, validation, factor, setting }: Problem) {
  const index = model.attributes.findIndex(({ name }) => name === factor);
  const codes = validation.startingAt(index, 0, setting.starts);
  const labels = await labelsAlong(direction, { model, codes, times: setting.times, batchSize: 50 });
  const classes = model.attributes.map((attribute) => attribute.classes);
  const curve: CdCurve = cdCurve(labels, { attributeIndex: index, classes, times: setting.times });
  const rounded = (values: Float64Array) => Array.from(values, (x) => Number(x.toFixed(5)));
  return { control: rounded(curve.control), disentanglement: rounded(curve.disentanglement) };
}

/** Trains and measures one candidate. */
export async function runCell(problem: Problem, candidate: Candidate | undefined, seed: number): Promise<Cell["curves"]> {
  const { model, training, factor, setting } = problem;
  const { iterations } = setting;
  if (candidate === undefined) {
    const line = new LinearDirection(await lineOf(problem));
    const curve = await curveOf(line, problem).finally(() => line.dispose());
    return [{ iteration: 0, ...curve }];
  }
  const { depth, start, steps = 1 } = candidate;
  const direction = new NeuralOdeDirection({ latentDim: model.latentDim, depth, seed, solver: { method: "rk4", steps } });
  if (start !== "random") startAlong(direction, await lineOf(problem), start * Math.sqrt(model.latentDim));
  await trainDirection(direction, {
    ...{ model, attribute: factor, codes: training.matrix, labels: training.labels, seed, iterations },
    ...{ learningRate: (depth === -1 ? 2.5 : 1) * 0.02, decayEvery: iterations / 2 },
    ...candidate.train,
  });
  const curve = await curveOf(direction, problem);
  direction.dispose();
  return [{ iteration: iterations, ...curve }];
}
