import { checkChoice } from "@latentflow/core";
import type { EngineName } from "@latentflow/engine";
import { type Direction, type LabelsAlong, labelsAlong } from "@latentflow/latent-edit";
import { tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { Edit } from "../config/edits.js";
import { ConfigError, ExperimentsError } from "../errors.js";
import { engineOf } from "../model/engine-of.js";
import type { EditFrames } from "../results/index.js";
import { spaced } from "../results/numbers.js";
import { directionJob, readDirection } from "../steps/directions.js";
import { editFrames } from "../steps/frames.js";
import { captionsOf } from "../steps/pictures.js";
import type { NumberArray } from "../store/tensor-file.js";
import { openRun } from "./report-experiment.js";
import { Session } from "./session.js";

export interface EditRequest {
  /** Folder of the run whose direction is used. */
  readonly out: string;
  /** Its name, or its folder's where an attribute has several edits. Default: the run's first. */
  readonly attribute?: string | undefined;
  /** Default: the run's last. */
  readonly method?: string | undefined;
  /** Codes to edit, [n, d]; default: `count` new ones of a seed. */
  readonly codes?: NumberArray<Float32Array> | undefined;
  readonly count: number;
  readonly seed: number;
  /** Edit length (default: the run's evaluate.maxTime); below 0: the other way. */
  readonly t?: number | undefined;
  /** Pictures along the way, both ends included. */
  readonly frames: number;
  readonly engine: EngineName;
  readonly signal?: AbortSignal;
}

export interface EditedCodes {
  readonly frames: EditFrames;
  /** Edited codes, [n, d]. */
  readonly codes: { readonly data: Float32Array; readonly shape: readonly [number, number] };
  /** Classes of the edited attribute between which the direction was found. */
  readonly from: number;
  readonly to: number;
  /** The edited attribute's predicted class before and after, and how many of the other attributes changed. */
  readonly changes: readonly { readonly before: number; readonly after: number; readonly others: number }[];
}

/** All of them are held at once. */
const MOST_PICTURES = 100_000;

/** Edits codes with a direction that a run found. */
export async function editCodes(request: EditRequest): Promise<EditedCodes> {
  const { out, engine, signal } = request;
  const { folder, plan, atOnce } = await openRun("edit", out);
  const { config, networks, edits, methods } = plan.experiment;
  const edit = request.attribute === undefined ? edits[0]! : editNamed(edits, request.attribute);
  const { name } = edit;
  const ids = methods.map((one) => one.id);
  const id = request.method ?? ids.at(-1)!;
  checkChoice("edit", "--method", id, ids, ConfigError);
  const method = methods.find((one) => one.id === id)!;
  const job = directionJob(edit, method);
  if ((await folder.record(job, plan.inputsOf(job))) === null) {
    throw new ExperimentsError(
      `edit: expected ${name} by ${id} to be found with the settings of ${out}, got none yet. Run "latentflow run" with them first.`,
    );
  }
  const recorded = engine === "auto" ? engineOf(networks) : engine;
  const session = new Session({ config, folder, engine: recorded, backend: networks.environment.backend.name, signal });
  session.atOnce = atOnce ?? session.atOnce;
  const context = session.context(plan.experiment);
  let direction: Direction | undefined;
  try {
    const running = await context.model();
    direction = await readDirection(folder, edit, method);
    const d = networks.latentDim;
    const shape = request.codes?.shape ?? [request.count, d];
    if (shape.length !== 2 || shape[0]! < 1 || shape[1] !== d)
      throw new ConfigError(`edit: expected codes [n, ${d}], got [${shape.join(", ")}].`);
    if (shape[0]! * request.frames > MOST_PICTURES)
      throw new ConfigError(`edit: expected codes · frames to be at most ${MOST_PICTURES}, got ${shape[0]} · ${request.frames}.`);
    const data = request.codes?.data ?? (await (await context.parts()).sampleCodes(request.count, request.seed));
    const codes = { data, shape: [shape[0]!, d] as const };
    const t = request.t ?? config.evaluate.maxTime;
    const captions = captionsOf(edit, method);
    const times = spaced(t, request.frames);
    const frames = await editFrames({ model: running.model, direction, codes, times, captions, signal });
    const { batchSize } = config.evaluate;
    const labels = await labelsAlong(direction, {
      model: running.model,
      codes,
      times: [0, t],
      batchSize,
      ...(signal && { signal }),
    });
    const end = tidy(() => direction!.flow(tensor2d(data, [...codes.shape]), t));
    const edited = (await end.data<"float32">()).slice();
    end.dispose();
    const changes = Array.from({ length: codes.shape[0] }, (_, i) => changeOf(labels, i, edit.index));
    return { frames, codes: { data: edited, shape: codes.shape }, from: edit.from, to: edit.to, changes };
  } finally {
    direction?.dispose();
    await session.dispose();
  }
}

/** The edit of a name; further ones of one attribute have their folder's: "size" is the first, "size.1-0" another. */
function editNamed(edits: readonly Edit[], wanted: string): Edit {
  const isFirst = (edit: Edit) => edits.find(({ name }) => name === edit.name) === edit;
  const names = edits.map((edit) => (isFirst(edit) ? edit.name : edit.slug));
  checkChoice("edit", "--attribute", wanted, names, ConfigError);
  return edits[names.indexOf(wanted)]!;
}

/** What an edit did to a code's predicted classes, from time 0 to time 1 of the labels. */
function changeOf({ data, shape }: LabelsAlong, code: number, attribute: number): EditedCodes["changes"][number] {
  const attributes = shape[1];
  const at = (j: number, time: 0 | 1) => data[(code * attributes + j) * 2 + time]!;
  const changed = Array.from({ length: attributes }, (_, j) => j).filter((j) => at(j, 0) !== at(j, 1));
  return { before: at(attribute, 0), after: at(attribute, 1), others: changed.filter((j) => j !== attribute).length };
}
