import {
  type Direction,
  labelsAlong,
  loadDirection,
  NeuralOdeDirection,
  saveDirection,
  startAlong,
} from "@latentflow/latent-edit";
import { areaUnderCdCurve, cdCurve } from "@latentflow/metrics";
import type { TrainConfig } from "../config/types.js";
import { ConfigError } from "../errors.js";
import type { LabelledCodes } from "../model/labelled-codes.js";
import { spaced } from "../results/numbers.js";
import { NoResult } from "../store/no-result.js";
import { interFaceGan } from "./interfacegan.js";
import type { FindContext } from "./method.js";

/** Edit lengths at which a candidate is measured, 0 and `train.maxTime` included. */
export const TIMES = 13;

/** A candidate's CD curve on the validation starts. */
export interface CandidateCurve {
  readonly t: readonly number[];
  readonly control: readonly number[];
  readonly disentanglement: readonly number[];
}

/**
 * Codes to train on, and starts to choose by: the last codes of the start's class are kept apart, at most a third of them.
 *
 * @param starts how many; 0: none
 */
export function withValidation({ edit }: FindContext, codes: LabelledCodes, starts: number) {
  const all = codes.startingAt(edit.index, edit.from, Number.POSITIVE_INFINITY);
  const count = Math.min(starts, Math.floor(all.length / 3));
  const apart = new Set(count === 0 ? [] : all.slice(-count));
  return { training: apart.size === 0 ? codes : codes.without(apart), validation: codes.select([...apart]) };
}

/** How a direction does on the validation starts. */
export async function curveOn(
  direction: Direction,
  { edit, networks, model, signal, config }: FindContext,
  codes: ReturnType<LabelledCodes["select"]>,
): Promise<CandidateCurve> {
  const times = spaced(config.train.maxTime, TIMES);
  const { batchSize } = config.evaluate;
  const options = { model: (await model()).model, codes, times, batchSize, ...(signal && { signal }) };
  const classes = networks.attributes.map((attribute) => attribute.classes);
  const { control, disentanglement } = cdCurve(await labelsAlong(direction, options), {
    ...{ attributeIndex: edit.index, classes, target: edit.to, times },
  });
  return { t: times, control: Array.from(control), disentanglement: Array.from(disentanglement) };
}

/**
 * The area above a CD curve, up to the largest Control: ∫ (1 − D) dC. It grows with reach and with purity, and of two curves one above the other
 * the better one has more.
 */
export function areaAbove({ t, control, disentanglement }: CandidateCurve): number {
  const { range, areas } = areaUnderCdCurve([{ t, control, disentanglement }]);
  return range[1] - range[0] - areas[0]!;
}

/**
 * Copies of a direction as its training begins.
 *
 * @returns makes one: as the direction is, or along InterFaceGAN's line
 */
export async function beginnings(
  context: FindContext,
  direction: Direction,
  codes: LabelledCodes,
  starts: readonly TrainStart[],
): Promise<Readonly<Record<TrainStart, (() => Promise<Direction>) | undefined>>> {
  const bytes = await saveDirection(direction);
  const copy = async () => (await loadDirection(bytes)).direction;
  if (!starts.includes("line")) return { random: copy, line: undefined };
  const line = await lineOf(context, codes);
  const along = line && (async () => alongLine(await copy(), line));
  return { random: copy, line: along };
}

export type TrainStart = NonNullable<TrainConfig["start"]>;

/** By how much a flow's field along a line is faster than a constant's: a slow one is bent away at the first steps. */
const FAST = 8;

/** A flow that begins as a line. */
export function alongLine(direction: Direction, line: Float32Array): Direction {
  if (direction instanceof NeuralOdeDirection)
    return startAlong(direction, line, (direction.depth === -1 ? 1 : FAST) * Math.sqrt(direction.latentDim));
  throw new ConfigError(
    `config: expected train.start to be "random" for a direction of kind ${direction.kind}, which has no straight line among its weights, got "line".`,
  );
}

/** InterFaceGAN's line; undefined where the codes allow none. */
export async function lineOf(context: FindContext, codes: LabelledCodes): Promise<Float32Array | undefined> {
  try {
    const { direction } = await interFaceGan.find({ ...context, codes: async () => codes });
    const vector = Float32Array.from(await direction.variables[0]!.data<"float32">());
    direction.dispose();
    return vector;
  } catch (error) {
    if (error instanceof NoResult) return undefined;
    throw error;
  }
}
