import { type Direction, type LabelsAlong, labelsAlong, type RowList, type RowRange } from "@latentflow/latent-edit";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { ConfigError } from "../errors.js";
import type { EditFrames } from "../results/index.js";
import { spaced } from "../results/numbers.js";
import { editFrames } from "../steps/pictures/frames.js";
import type { NumberArray } from "../store/tensor-file.js";
import { type EditSetting, type EditWith, editSetting } from "./edit-setting.js";

export interface EditRequest extends EditWith {
  /** Codes to edit, [n, d] or W+ [n, rowCount, d]; default: `count` new ones of a seed. */
  readonly codes?: NumberArray<Float32Array> | undefined;
  /** Rows of W+ codes that move (default: the direction's own, else all); W codes are repeated to W+ codes. */
  readonly rows?: RowRange | RowList | "all" | undefined;
  readonly count: number;
  readonly seed: number;
  /** Edit length (default: the run's evaluate.maxTime; of a file, how far it was trained, else 6); below 0: the other way. */
  readonly t?: number | undefined;
  /** Pictures along the way, both ends included. */
  readonly frames: number;
}

export interface EditedCodes {
  readonly frames: EditFrames;
  /** Edited codes, [n, d] or [n, rowCount, d]. */
  readonly codes: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** Rows that moved; null: all. */
  readonly rows: RowRange | RowList | null;
  /** Classes of the edited attribute between which the direction was found; null where nothing says which attribute that is. */
  readonly from: number | null;
  readonly to: number | null;
  /**
   * The edited attribute's predicted class before and after (null where it is not known), and how many of the other attributes changed. None without a
   * regressor.
   */
  readonly changes: readonly Change[];
}

export interface Change {
  readonly before: number | null;
  readonly after: number | null;
  readonly others: number;
}

/** All of them are held at once. */
const MOST_PICTURES = 100_000;

/** Edits codes with a direction that a run found, or that a file holds. */
export async function editCodes(request: EditRequest): Promise<EditedCodes> {
  const setting = await editSetting(request);
  try {
    return await edited(setting, request);
  } finally {
    await setting.dispose();
  }
}

async function edited(setting: EditSetting, request: EditRequest): Promise<EditedCodes> {
  const { model, direction, captions, edit, batchSize } = setting;
  const { signal } = request;
  if (request.rows === "all") delete direction.rows;
  else if (request.rows !== undefined) direction.rows = request.rows;
  const codes = asMoved(await codesOf(setting, request), direction, model);
  const t = request.t ?? setting.maxTime;
  const frames = await editFrames({ model, direction, codes, times: spaced(t, request.frames), captions, signal });
  const along = { model, codes, times: [0, t], batchSize, ...(signal && { signal }) };
  const labels = setting.isLabelled ? await labelsAlong(direction, along) : null;
  const end = tidy(() => direction.flow(tensor(codes.data, [...codes.shape]), t));
  const data = (await end.data<"float32">()).slice();
  end.dispose();
  const changes = labels && Array.from({ length: codes.shape[0]! }, (_, i) => changeOf(labels, i, edit?.index ?? null));
  const { from, to } = edit ?? { from: null, to: null };
  return { frames, codes: { data, shape: codes.shape }, rows: direction.rows ?? null, from, to, changes: changes ?? [] };
}

/** The codes asked for, which must be the model's. */
async function codesOf({ model, parts }: EditSetting, request: EditRequest): Promise<NumberArray<Float32Array>> {
  const { latentDim: d, rowCount } = model;
  const sampled = parts.codes?.rowCount === undefined ? [d] : [parts.codes.rowCount, d];
  const shape = request.codes?.shape ?? [request.count, ...sampled];
  const fits = (shape.length === 2 || (shape.length === 3 && shape[1] === rowCount)) && shape[0]! > 0 && shape.at(-1) === d;
  if (!fits) {
    const plus = rowCount === undefined ? "" : ` or [n, ${rowCount}, ${d}]`;
    throw new ConfigError(`edit: expected codes [n, ${d}]${plus}, got [${shape.join(", ")}].`);
  }
  if (shape[0]! * request.frames > MOST_PICTURES)
    throw new ConfigError(`edit: expected codes · frames to be at most ${MOST_PICTURES}, got ${shape[0]} · ${request.frames}.`);
  return { data: request.codes?.data ?? (await parts.sampleCodes(request.count, request.seed)), shape };
}

/** W codes as W+ codes of equal rows, where some rows move. */
function asMoved(codes: NumberArray<Float32Array>, direction: Direction, { rowCount }: EditSetting["model"]) {
  if (direction.rows === undefined || codes.shape.length === 3) return codes;
  if (rowCount === undefined)
    throw new ConfigError("--rows: expected a generator of W+ codes for rows to move, got one of W codes; leave it out.");
  const [n, d] = codes.shape as [number, number];
  const data = new Float32Array(n * rowCount * d);
  for (let i = 0; i < n * rowCount; i++) {
    const start = Math.floor(i / rowCount) * d;
    data.set(codes.data.subarray(start, start + d), i * d);
  }
  return { data, shape: [n, rowCount, d] };
}

/** What an edit did to a code's predicted classes, from time 0 to time 1 of the labels. */
function changeOf({ data, shape }: LabelsAlong, code: number, attribute: number | null): Change {
  const attributes = shape[1];
  const at = (j: number, time: 0 | 1) => data[(code * attributes + j) * 2 + time]!;
  const changed = Array.from({ length: attributes }, (_, j) => j).filter((j) => at(j, 0) !== at(j, 1));
  const [before, after] = attribute === null ? [null, null] : [at(attribute, 0), at(attribute, 1)];
  return { before, after, others: changed.filter((j) => j !== attribute).length };
}
