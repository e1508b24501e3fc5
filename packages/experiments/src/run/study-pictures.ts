import type { SeededRandom } from "@latentflow/core";
import { editLengthForControl } from "@latentflow/metrics";
import type { Edit } from "../config/edits.js";
import type { Method } from "../methods/method.js";
import { frameAt } from "../pictures/edit-frames.js";
import { encodePng, enlarge } from "../pictures/index.js";
import { type EditFrames, LEAST_CONTROL } from "../results/index.js";
import { curveOf, readLabels, readStarts } from "../steps/evaluate/evaluate.js";
import { readDirection } from "../steps/find/directions.js";
import type { StepContext } from "../steps/job.js";
import { editFrames } from "../steps/pictures/frames.js";
import { captionsOf } from "../steps/pictures/pictures.js";
import { hashOf } from "../store/hash.js";
import { NoResult } from "../store/no-result.js";
import type { StudyAttribute, Triple } from "../study/study.js";

/** Pictures are enlarged to about this width, in pixels. */
const WIDTH = 256;

/** The largest Control that both methods reach, and how far each goes for it; or why there is none. */
export async function atEqualControl(
  context: StepContext,
  edit: Edit,
  pair: readonly [Method, Method],
): Promise<Pick<StudyAttribute, "control" | "lengths"> | string> {
  try {
    const curves = await Promise.all(
      pair.map(async (method) => curveOf(await readLabels(context.folder, edit, method), edit, context)),
    );
    const most = curves.map((curve) => Math.max(...curve.control));
    const control = Math.min(...most);
    if (control < LEAST_CONTROL) {
      const weaker = pair[most.indexOf(control)]!;
      return `${weaker.id} brings only ${(100 * control).toFixed(1)} % of the starts to the target`;
    }
    const [first, second] = curves.map((curve) => editLengthForControl(curve, control)!) as [number, number];
    return { control, lengths: [first, second] };
  } catch (error) {
    if (error instanceof NoResult) return error.message;
    throw error;
  }
}

interface TriplesRequest {
  readonly edit: Edit;
  readonly id: string;
  readonly pair: readonly [Method, Method];
  readonly lengths: readonly [number, number];
  readonly starts: number;
  readonly random: SeededRandom;
  /** Gets the files, by their hashes. */
  readonly pictures: Map<string, Uint8Array>;
}

/** Some of the starts that the run measured, whether the edits succeed there or not. */
export async function triplesOf(context: StepContext, request: TriplesRequest): Promise<Triple[]> {
  const { edit, id, pair, lengths, starts, random, pictures } = request;
  const measured = await readStarts(context.folder, edit, pair[0]);
  const rows = Array.from(random.sample(Math.min(starts, measured.length), measured.length), (place) => measured[place]!);
  const { model } = await context.model();
  const codes = (await context.sample()).heldOut.select(rows);
  const frames: EditFrames[] = [];
  for (const [k, method] of pair.entries()) {
    const direction = await readDirection(context.folder, edit, method);
    try {
      const times = [0, lengths[k]!];
      frames.push(
        await editFrames({ model, direction, codes, times, captions: captionsOf(edit, method), signal: context.signal }),
      );
    } finally {
      direction.dispose();
    }
  }
  const keep = (which: 0 | 1, sample: number, time: 0 | 1) => {
    const picture = frameAt(frames[which]!, sample, time);
    const png = encodePng(enlarge(picture, { factor: Math.max(1, Math.round(WIDTH / picture.width)) }));
    const hash = hashOf(png);
    pictures.set(hash, png);
    return hash;
  };
  return rows.map((row, sample) => {
    const by = random.integer(0, 1) === 0 ? ([0, 1] as const) : ([1, 0] as const);
    const edits = [keep(by[0], sample, 1), keep(by[1], sample, 1)] as const;
    return { attribute: id, row, original: keep(0, sample, 0), edits, by };
  });
}
