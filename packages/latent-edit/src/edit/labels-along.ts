import {
  type AttributeModel,
  type DeclaredOptions,
  type GivenOptions,
  isFunction,
  isGiven,
  nextMacrotask,
  type OptionValues,
  readOptions,
  SIGNAL,
  throwIfAborted,
} from "@latentflow/core";
import { argMax, reshape, slice, type Tensor, tensor2d, tidy, tile } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import type { Direction } from "../directions/direction.js";
import { ROWS, type RowList, type RowRange } from "../directions/rows.js";
import { SOLVER } from "../directions/solver.js";
import { LatentEditError } from "../errors.js";
import { checkTimes, MODEL } from "../input/checks.js";
import { type Codes, type CodeTable, readCodes } from "../input/codes.js";
import { firstNotFinite } from "../tensors/finite.js";
import { owning } from "../tensors/owning.js";

const LABELS_ALONG = {
  model: MODEL,
  /** Start codes, [n, d] or [n, rowCount, d]. */
  codes: { is: isGiven<Codes>, expected: "codes" },
  /** Edit lengths; the first is usually 0. */
  times: { is: isGiven<readonly number[]>, expected: "numbers" },
  solver: { ...SOLVER, optional: true },
  /**
   * Rows of W+ codes that move, as a range [from, to] or a list { only } (default: the direction's own, else all). W codes are then repeated to as
   * many rows as the model takes.
   */
  rows: { ...ROWS, optional: true },
  /** The same of W codes with the number of rows, for models that don't say theirs. */
  wPlus: { optional: true, options: { rowCount: { min: 1, integer: true }, rows: ROWS } },
  /** Codes at once (default 100, as in the paper). Images asked of the model at once are this many too. */
  batchSize: { default: 100, min: 1, integer: true },
  onProgress: {
    optional: true,
    is: isFunction<(progress: { codes: number; total: number }) => void>,
    expected: "a function",
  },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface LabelsAlongOptions extends GivenOptions<typeof LABELS_ALONG> {}

/** Predicted classes along edits, as `@latentflow/metrics` reads them: data[(sample · attributes + attribute) · times + time]. */
export interface LabelsAlong {
  readonly data: Uint8Array | Int32Array;
  readonly shape: readonly [samples: number, attributes: number, times: number];
}

/** What the regressor predicts for many codes at many edit lengths. Images are made batch by batch and never kept. */
export async function labelsAlong(direction: Direction, options: LabelsAlongOptions): Promise<LabelsAlong> {
  const settings = readOptions("labelsAlong", LABELS_ALONG, options, LatentEditError);
  const { model, batchSize, onProgress, signal } = settings;
  checkDirection("labelsAlong", direction);
  const times = checkTimes("labelsAlong", "times", settings.times);
  const table = await readCodes("labelsAlong", settings.codes, direction.latentDim);
  const codes = table.codes;
  if (settings.wPlus !== undefined && (table.rowCount !== undefined || settings.rows !== undefined))
    throw new LatentEditError("labelsAlong: expected rows of W+ codes, or wPlus of W codes, got both; give rows alone.");
  const shape = pathShape(direction, table, settings);
  const attributes = model.attributes.length;
  const size = codes.rows * attributes * times.length;
  const data = model.attributes.every(({ classes }) => classes <= 256) ? new Uint8Array(size) : new Int32Array(size);

  for (let start = 0; start < codes.rows; start += batchSize) {
    const count = Math.min(batchSize, codes.rows - start);
    const values = codes.data.subarray(start * codes.columns, (start + count) * codes.columns);
    const paths = tidy(() => pathsOf(direction, values, count, times, shape, settings));
    try {
      for (let t = 0; t < times.length; t++) {
        throwIfAborted("labelsAlong", signal);
        await nextMacrotask();
        await owning(async (own) => {
          const logits = own(await model.logits(own(tidy(() => reshape(slice(paths, t, 1), paths.shape.slice(1))))));
          await checkLogits(logits, model, times[t]!);
          for (let j = 0; j < attributes; j++) {
            (await own(tidy(() => argMax(logits[j]!, 1))).data()).forEach((label: number, i: number) => {
              data[((start + i) * attributes + j) * times.length + t] = label;
            });
          }
        });
      }
    } finally {
      paths.dispose();
    }
    onProgress?.({ codes: start + count, total: codes.rows });
  }
  return { data, shape: [codes.rows, attributes, times.length] };
}

/** How codes go along the direction: as they are, or W codes repeated to W+, and which rows move. */
interface PathShape {
  readonly rowCount: number | undefined;
  readonly repeats: boolean;
  readonly rows: RowRange | RowList | undefined;
}

function pathShape(
  direction: Direction,
  table: CodeTable,
  { model, rows: given, wPlus }: OptionValues<typeof LABELS_ALONG>,
): PathShape {
  const { rowCount, codes, latentDim } = table;
  if (rowCount !== undefined && rowCount !== model.rowCount) {
    const takes = model.rowCount === undefined ? `[n, ${latentDim}]` : `[n, ${model.rowCount}, ${latentDim}]`;
    throw new LatentEditError(
      `labelsAlong: expected codes ${takes}, as the model takes them, got the shape [${codes.rows}, ${rowCount}, ${latentDim}].`,
    );
  }
  if (wPlus !== undefined) return { rowCount: wPlus.rowCount, repeats: true, rows: wPlus.rows };
  const rows = given ?? direction.rows;
  if (rowCount !== undefined || rows === undefined) return { rowCount, repeats: false, rows };
  if (model.rowCount !== undefined) return { rowCount: model.rowCount, repeats: true, rows };
  throw new LatentEditError(
    "labelsAlong: expected a model with a rowCount for rows of W codes, got one that takes W codes only; give W+ codes and their model.",
  );
}

/** [times, count, d], or [times, count, rowCount, d]. */
function pathsOf(
  direction: Direction,
  values: Float64Array,
  count: number,
  times: readonly number[],
  { rowCount, repeats, rows }: PathShape,
  { solver }: OptionValues<typeof LABELS_ALONG>,
): Tensor {
  const d = direction.latentDim;
  const flowOptions = { solver, rows };
  const w = tensor2d(Float32Array.from(values), [count, values.length / count]);
  if (rowCount === undefined) return direction.flow(w, times, flowOptions);
  const codes = repeats ? tile(reshape(w, [count, 1, d]), [1, rowCount, 1]) : reshape(w, [count, rowCount, d]);
  return direction.flow(codes, times, flowOptions);
}

/** The largest of NaNs would be class 0, and a curve of such labels would look like any other. */
async function checkLogits(logits: readonly Tensor[], { attributes }: AttributeModel, t: number): Promise<void> {
  if (logits.length !== attributes.length) {
    throw new LatentEditError(
      `labelsAlong: expected logits of ${attributes.length} attributes from the model, got ${logits.length}.`,
    );
  }
  const spoiled = await firstNotFinite(Object.fromEntries(attributes.map(({ name }, j) => [name, logits[j]!])));
  if (spoiled === undefined) return;
  throw new LatentEditError(
    `labelsAlong: expected finite logits from the model, got NaN or Infinity for attribute ${spoiled} at t = ${t}; take shorter times, or mend the model.`,
  );
}
