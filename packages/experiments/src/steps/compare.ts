import { join } from "node:path";
import { nextMacrotask, SeededRandom, throwIfAborted } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { areaUnderCdCurve, type CdCurve, type ControlDisentanglement, pairedBootstrap } from "@latentflow/metrics";
import type { EvaluateConfig } from "../config/types.js";
import type { Job, JobContext } from "../jobs/job.js";
import type { Method } from "../methods.js";
import { finiteOrNull, intervalOrNull, percentiles } from "../numbers.js";
import type { Comparison, PairedTest } from "../results.js";
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
  const { range, areas, meanDisentanglement, maxControl } = areaUnderCdCurve(curves);
  const intervals = areaIntervals(curves, evaluate, seed);
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
    areas: methods.map(({ id }, i) => ({
      method: id,
      area: areas[i]!,
      interval: range[1] > range[0] ? intervalOrNull(intervals[i]!) : null,
      meanDisentanglement: finiteOrNull(meanDisentanglement[i]!),
      maxControl: maxControl[i]!,
    })),
    paired,
  };
  await writeJsonAtomic(join(folder, COMPARISON_FILE), comparison);
}

/** Bootstrap intervals of the areas: the same starts drawn for all methods, their common Control range found anew each time. */
function areaIntervals(curves: readonly CdCurve[], { resamples, confidence }: EvaluateConfig, seed: number): [number, number][] {
  const random = new SeededRandom(seed);
  const samples = curves[0]!.samples;
  const drawn = Array.from({ length: resamples }, () => {
    const rows = random.sample(samples, samples, true);
    return areaUnderCdCurve(curves.map((curve) => resampled(curve, rows))).areas;
  });
  return curves.map((_, i) =>
    percentiles(
      drawn.map((areas) => areas[i]!),
      confidence,
    ),
  );
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
