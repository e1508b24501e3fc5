import { join } from "node:path";
import { nextMacrotask, throwIfAborted } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { areaUnderCdCurve, type BootstrapOptions, bootstrapAreas, type CdCurve, pairedBootstrap } from "@latentflow/metrics";
import type { Edit } from "../config/edits.js";
import type { EvaluateConfig } from "../config/types.js";
import type { Experiment } from "../experiment/experiment.js";
import { type Comparison, LEAST_CONTROL, type PairedTest } from "../results/index.js";
import { finiteOrNull, intervalOrNull } from "../results/numbers.js";
import { thoseThatAre } from "../store/no-result.js";
import { curveOf, evaluateJob, readLabels } from "./evaluate.js";
import type { Job, StepContext } from "./job.js";

export const COMPARISON_FILE = "comparison.json";

export const comparisonJobId = (edit: Edit) => `evaluate/${edit.slug}/comparison`;

/** All methods of one edit against each other. */
export function comparisonJob({ config: { evaluate }, methods }: Experiment, edit: Edit): Job {
  const pairs = (methods.length * (methods.length - 1)) / 2;
  return {
    id: comparisonJobId(edit),
    step: "evaluate",
    needs: methods.map((method) => evaluateJob(edit, method)),
    settings: { leastControl: LEAST_CONTROL, revision: 2 },
    images: 0,
    operations: 20 * pairs * evaluate.resamples * evaluate.starts * evaluate.times,
    run: (context, { folder }) => compare(context, folder, edit),
  };
}

async function compare(context: StepContext, folder: string, edit: Edit) {
  const { config, methods, folder: run, signal } = context;
  const { evaluate, seed } = config;
  const { confidence, resamples } = evaluate;
  const measured = await thoseThatAre(
    methods.map(async (method) => ({ method, curve: curveOf(await readLabels(run, edit, method), edit, context) })),
  );
  const curves = measured.map(({ curve }) => curve);
  const { range, areas } = areasOf(curves, evaluate, seed);
  const paired: PairedTest[] = [];
  for (let i = 0; i < measured.length; i++) {
    for (let j = i + 1; j < measured.length; j++) {
      throwIfAborted("evaluate", signal);
      await nextMacrotask();
      // The later method first: configurations name the simple ones first, and below 0 then reads "the new one is better".
      const test = pairedTest(curves[j]!, curves[i]!, { resamples, confidence, seed });
      paired.push({ a: measured[j]!.method.id, b: measured[i]!.method.id, ...test });
    }
  }
  const comparison: Comparison = {
    confidence,
    range,
    areas: measured.map(({ method }, i) => ({ method: method.id, ...areas[i]! })),
    paired,
  };
  await writeJsonAtomic(join(folder, COMPARISON_FILE), comparison);
}

/** Two methods on the same starts. */
export function pairedTest(a: CdCurve, b: CdCurve, options: BootstrapOptions): Omit<PairedTest, "a" | "b"> {
  const test = pairedBootstrap(a, b, options);
  // How pure the first few starts are that a method gets anywhere says nothing of it: then reach alone tells.
  const isComparable = [a, b].every(({ control }) => Math.max(...control) >= LEAST_CONTROL);
  const difference = isComparable ? finiteOrNull(test.difference) : null;
  return {
    difference,
    interval: difference === null ? null : intervalOrNull(test.interval),
    pValue: difference === null ? null : test.pValue,
    controlDifference: test.controlDifference,
    controlInterval: test.controlInterval,
    undefinedResamples: test.undefinedResamples,
  };
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
  const intervals = bootstrapAreas(moving, { resamples, confidence, seed });
  const all = curves.map((curve, i) => {
    const place = moving.indexOf(curve);
    if (place < 0) return none[i]!;
    return {
      area: areas[place]!,
      interval: range[1] > range[0] ? intervalOrNull(intervals[place]!) : null,
      meanDisentanglement: finiteOrNull(meanDisentanglement[place]!),
      maxControl: maxControl[i]!,
    };
  });
  return { range, areas: all };
}
