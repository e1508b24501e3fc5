import {
  type AttributeModel,
  argmax,
  type DeclaredOptions,
  type GivenOptions,
  isGiven,
  nextMacrotask,
  type OptionValues,
  readOptions,
  SIGNAL,
  throwIfAborted,
} from "@latentflow/core";
import { gather, type Tensor, type Tensor2D, tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import { type AttributeChoice, attributeEnds, resolveAttribute } from "../model/attribute-choice.js";
import "@latentflow/backend/gradients";
import type { Direction } from "../directions/direction.js";
import { LatentEditError } from "../errors.js";
import { MODEL } from "../input/checks.js";
import { type Codes, type TensorOf, toCodes } from "../input/codes.js";
import { owning } from "../tensors/owning.js";
import { EDIT } from "./edit.js";

/** When a code has arrived: the logits of one code, one array an attribute, to a decision. */
export type Arrived = (logits: readonly Float32Array[]) => boolean;

const EDIT_UNTIL = {
  model: MODEL,
  /** An attribute's class that the regressor should predict (default its last), or a rule of one's own. */
  until: { is: isGiven<AttributeChoice | Arrived>, expected: "an attribute, or a function of its logits" },
  /** Longest edit; its sign is the way to go. */
  maxTime: {},
  /** Largest error of the stopping time, in units of t (default 0.01). */
  tolerance: { default: 0.01, above: 0 },
  /** Points looked at along the path before refining (default 24). A visit to the target shorter than maxTime / steps can be missed. */
  steps: { default: 24, min: 1, integer: true },
  ...EDIT,
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface EditUntilOptions extends GivenOptions<typeof EDIT_UNTIL> {}

export interface EditUntilResult<W> {
  /** Codes where they arrived, or at maxTime where they did not. The caller disposes it. */
  w: W;
  /** Edit length of each code. */
  t: Float64Array;
  /** Whether the target was met. */
  reached: boolean[];
}

/**
 * Moves each code along its path until the regressor's decision reaches the target, and no further. The arrival is bracketed between points of
 * the path and located by bisection; the returned code is on the target's side.
 */
export async function editUntil<C extends Codes>(
  w: C,
  direction: Direction,
  options: EditUntilOptions,
): Promise<EditUntilResult<TensorOf<C>>> {
  const settings = readOptions("editUntil", EDIT_UNTIL, options, LatentEditError);
  checkDirection("editUntil", direction);
  const arrived = rule(settings.model, settings.until);
  const codes = toCodes("editUntil", w, direction.latentDim);
  try {
    return (await arrive(codes, direction, settings, arrived)) as EditUntilResult<TensorOf<C>>;
  } finally {
    if (!Object.is(codes, w)) codes.dispose();
  }
}

async function arrive(
  w: Tensor,
  direction: Direction,
  { model, maxTime, signal, tolerance, steps, rows, solver }: OptionValues<typeof EDIT_UNTIL>,
  arrived: Arrived,
): Promise<EditUntilResult<Tensor>> {
  // The codes that the model judged, kept as they were: an adaptive solver's steps depend on what else is in its batch, so the same time asked
  // for again could end on the other side.
  const size = w.size / w.shape[0]!;
  const ends = new Float32Array(w.size);

  /** Which of the listed codes have arrived at their times. */
  const decide = (codes: readonly number[], times: readonly number[]): Promise<boolean[]> =>
    owning(async (own) => {
      throwIfAborted("editUntil", signal);
      // On a backend that answers at once nothing else would let a timer or a button fire the signal.
      await nextMacrotask();
      const points = own(tidy(() => direction.flowEach(gather(w, tensor1d([...codes], "int32")), times, { rows, solver })));
      const decisions = await decisionsOf(own(await model.logits(points)), arrived);
      const values = await points.data<"float32">();
      codes.forEach((code, i) => {
        if (decisions[i] || times[i] === maxTime) ends.set(values.subarray(i * size, (i + 1) * size), code * size);
      });
      return decisions;
    });

  const n = w.shape[0]!;
  const low = new Float64Array(n);
  const high = new Float64Array(n).fill(Number.NaN);
  let travelling = Array.from({ length: n }, (_, i) => i);
  for (let step = 0; step <= steps && travelling.length > 0; step++) {
    const t = step === steps ? maxTime : (maxTime * step) / steps;
    const decisions = await decide(
      travelling,
      travelling.map(() => t),
    );
    travelling.forEach((code, i) => {
      if (decisions[i]) high[code] = t;
      else low[code] = t;
    });
    travelling = travelling.filter((_, i) => !decisions[i]);
  }
  for (;;) {
    const half = (i: number) => (low[i]! + high[i]!) / 2;
    // A tolerance below the spacing of numbers ends where no number lies between the two.
    const open = [...low.keys()].filter(
      (i) => Math.abs(high[i]! - low[i]!) > tolerance && half(i) !== low[i] && half(i) !== high[i],
    );
    if (open.length === 0) break;
    const middle = open.map(half);
    const decisions = await decide(open, middle);
    open.forEach((code, i) => {
      if (decisions[i]) high[code] = middle[i]!;
      else low[code] = middle[i]!;
    });
  }
  const reached = Array.from(high, (t) => !Number.isNaN(t));
  const t = high.map((x) => (Number.isNaN(x) ? maxTime : x));
  return { w: tensor(ends, w.shape), t, reached };
}

function rule(model: AttributeModel, wanted: AttributeChoice | Arrived): Arrived {
  if (typeof wanted === "function") return wanted;
  const until = attributeEnds("editUntil", "until", wanted);
  const classes = model.attributes[until.index ?? model.attributes.findIndex(({ name }) => name === until.name)]?.classes ?? 2;
  const to = until.to ?? classes - 1;
  const { index } = resolveAttribute("editUntil", model, { ...until, from: until.from ?? (to === 0 ? 1 : 0), to });
  return (logits) => argmax(logits[index]!) === to;
}

async function decisionsOf(logits: readonly Tensor2D[], arrived: Arrived): Promise<boolean[]> {
  const values = await Promise.all(logits.map((x) => x.data<"float32">()));
  if (!values.every((data) => data.every(Number.isFinite))) {
    throw new LatentEditError(
      "editUntil: expected finite logits from the model, got NaN or Infinity; a decision would be about nothing. Shorten maxTime, or mend the model.",
    );
  }
  const n = logits[0]!.shape[0];
  return Array.from({ length: n }, (_, i) =>
    arrived(
      values.map((data, j) => {
        const classes = logits[j]!.shape[1];
        return data.slice(i * classes, (i + 1) * classes);
      }),
    ),
  );
}
