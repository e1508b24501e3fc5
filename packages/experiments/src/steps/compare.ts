import { join } from "node:path";
import { nextMacrotask, SeededRandom, throwIfAborted } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { areaUnderCdCurve, type CdCurve, type ControlDisentanglement, pairedBootstrap } from "@latentflow/metrics";
import type { EvaluateConfig } from "../config/types.js";
import type { Job, JobContext } from "../jobs/job.js";
import type { Method } from "../methods.js";
import { finiteOrNull, intervalOrNull, percentiles } from "../numbers.js";
import { type Comparison, LEAST_CONTROL, type PairedTest } from "../results.js";
import type { Edit } from "../world.js";
import { curveOf, evaluateJob, readLabels } from "./evaluate.js";

export const COMPARISON_FILE = "comparison.json";

export const comparisonJobId = (edit: Edit) => `evaluate/${edit.slug}/comparison`;

/** All methods of an attribute against each other. */
export function comparisonJob(edit: Edit, methods: readonly Method[]): Job {
  return {
    id: comparisonJobId(edit),
    step: "evaluate",
    needs: methods.map((method) => evaluateJob(edit, method)),
    settings: {},
    images: 0,
    run: (context, { folder }) => compare(context, folder, edit, methods),
  };
}

async function compare(
  { config, world, folder: run, signal }: JobContext,
  folder: string,
  edit: Edit,
  methods: readonly Method[],
) {
  const { evaluate, seed } = config;
  const { confidence, resamples } = evaluate;
  const curves = await Promise.all(
    methods.map(async (method) => curveOf(await readLabels(run, edit, method), edit, config, world)),
  );
  const { range, areas } = areasOf(curves, evaluate, seed);
  const paired: PairedTest[] = [];
  for (let i = 0; i < methods.length; i++) {
    for (let j = i + 1; j < methods.length; j++) {
      throwIfAborted("evaluate", signal);
      await nextMacrotask();
      // The later method first: configurations name the simple ones first, and below 0 then reads "the new one is better".
      const test = pairedBootstrap(curves[j]!, curves[i]!, { resamples, confidence, seed });
      const difference = finiteOrNull(test.difference);
      paired.push({
        a: methods[j]!.id,
        b: methods[i]!.id,
        difference,
        interval: intervalOrNull(test.interval),
        pValue: difference === null ? null : test.pValue,
        controlDifference: test.controlDifference,
        controlInterval: test.controlInterval,
        undefinedResamples: test.undefinedResamples,
      });
    }
  }
  const comparison: Comparison = {
    confidence,
    range,
    areas: methods.map(({ id }, i) => ({ method: id, ...areas[i]! })),
    paired,
  };
  await writeJsonAtomic(join(folder, COMPARISON_FILE), comparison);
}

interface Areas {
  readonly range: Comparison["range"];
  readonly areas: readonly Omit<Comparison["areas"][number], "method">[];
}

/** Areas of all curves with bootstrap intervals: the same starts drawn for all methods, their common Control range found anew each time. */
export function areasOf(
  curves: readonly CdCurve[],
  { resamples, confidence }: Pick<EvaluateConfig, "resamples" | "confidence">,
  seed: number,
): Areas {
  const maxControl = curves.map(({ control }) => Math.max(...control));
  // A method that gets nowhere would leave no range to compare the others over.
  const moving = curves.filter((_, i) => maxControl[i]! >= LEAST_CONTROL);
  const none = maxControl.map((most) => ({ area: null, interval: null, meanDisentanglement: null, maxControl: most }));
  if (moving.length === 0) return { range: [0, 0], areas: none };
  const { range, areas, meanDisentanglement } = areaUnderCdCurve(moving);
  const random = new SeededRandom(seed);
  const samples = moving[0]!.samples;
  const drawn = Array.from({ length: resamples }, () => {
    const rows = random.sample(samples, samples, true);
    return areaUnderCdCurve(moving.map((curve) => resampled(curve, rows))).areas;
  });
  const all = curves.map((curve, i) => {
    const place = moving.indexOf(curve);
    if (place < 0) return none[i]!;
    const draws = drawn.map((one) => one[place]!);
    return {
      area: areas[place]!,
      interval: range[1] > range[0] ? intervalOrNull(percentiles(draws, confidence)) : null,
      meanDisentanglement: finiteOrNull(meanDisentanglement[place]!),
      maxControl: maxControl[i]!,
    };
  });
  return { range, areas: all };
}

function resampled(curve: CdCurve, rows: Int32Array): ControlDisentanglement {
  const times = curve.t.length;
  const mean = (values: ArrayLike<number>) => {
    const sums = new Float64Array(times);
    for (const row of rows) for (let t = 0; t < times; t++) sums[t]! += values[row * times + t]! / rows.length;
    return sums;
  };
  return { t: curve.t, control: mean(curve.sampleControl), disentanglement: mean(curve.sampleDisentanglement) };
}
