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
import type { FindContext, NeededDirection } from "./method.js";

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
 * @returns makes one, as the direction is or along a line, for each of the `starts`; undefined where there is no such line, and for directions that
 * can't begin as one
 */
export async function beginnings(
  context: FindContext,
  direction: Direction,
  codes: LabelledCodes,
  starts: readonly TrainStart[],
): Promise<Readonly<Record<TrainStart, (() => Promise<Direction>) | undefined>>> {
  const bytes = await saveDirection(direction);
  const copy = async () => (await loadDirection(bytes)).direction;
  const along = async (start: "line" | "constant") => {
    if (!starts.includes(start) || !(direction instanceof NeuralOdeDirection)) return undefined;
    const line = await lineOf(context, codes, start);
    return line && (async () => alongLine(await copy(), line, start));
  };
  return { random: copy, line: await along("line"), constant: await along("constant") };
}

export type TrainStart = NonNullable<TrainConfig["start"]>;

/** By how much a flow's field along a line is faster than a constant's: a slow one is bent away at the first steps. */
const FAST = 8;

/** A flow that begins as a line. */
export function alongLine(direction: Direction, line: Float32Array, start: "line" | "constant"): Direction {
  if (direction instanceof NeuralOdeDirection)
    return startAlong(direction, line, (direction.depth === -1 ? 1 : FAST) * Math.sqrt(direction.latentDim));
  throw new ConfigError(
    `config: expected train.start to be "random" for a direction of kind ${direction.kind}, which has no straight line among its weights, got "${start}".`,
  );
}

/** The trained constant among what a method needs. */
export function constantOf({ needs }: Pick<FindContext, "needs">): NeededDirection | undefined {
  return needs.find(({ method }) => method.kind === "linear" && method.step === "train");
}

/** InterFaceGAN's line, or the trained constant's; undefined where the codes allow none, or where a method of one's own does not need the constant. */
export async function lineOf(
  context: FindContext,
  codes: LabelledCodes,
  start: "line" | "constant",
): Promise<Float32Array | undefined> {
  const needed = constantOf(context);
  if (start === "constant" && needed === undefined) return undefined;
  try {
    const direction =
      start === "constant"
        ? await context.direction(needed!)
        : (await interFaceGan.find({ ...context, codes: async () => codes })).direction;
    const vector = Float32Array.from(await direction.variables.at(-1)!.data<"float32">());
    direction.dispose();
    return vector;
  } catch (error) {
    if (error instanceof NoResult) return undefined;
    throw error;
  }
}
