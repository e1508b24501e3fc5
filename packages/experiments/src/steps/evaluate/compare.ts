import { join } from "node:path";
import { nextMacrotask, throwIfAborted } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import {
  areaUnderCdCurve,
  type BootstrapOptions,
  bootstrapAreas,
  type CdCurve,
  type MethodCurves,
  pairedBootstrap,
} from "@latentflow/metrics";
import type { Edit } from "../../config/edits.js";
import type { EvaluateConfig } from "../../config/types.js";
import type { Experiment } from "../../experiment/experiment.js";
import { trainingsOf } from "../../experiment/trainings.js";
import type { Method } from "../../methods/method.js";
import { type Comparison, LEAST_CONTROL, type PairedTest, type SeedNumbers } from "../../results/index.js";
import { finiteOrNull, intervalOrNull, mean } from "../../results/numbers.js";
import { thoseThatAre } from "../../store/no-result.js";
import type { Job, StepContext } from "../job.js";
import { compareRealism, pairedRealism, type RealismOfMethod, realismOfMethod } from "./compare-realism.js";
import { curveOf, evaluateJob, readLabels } from "./evaluate.js";
import { realismJob } from "./realism.js";

export const COMPARISON_FILE = "comparison.json";

export const comparisonJobId = (edit: Edit) => `evaluate/${edit.slug}/comparison`;

/** All methods of one edit against each other. */
export function comparisonJob({ config, methods, networks }: Experiment, edit: Edit): Job {
  const { evaluate } = config;
  const pairs = (methods.length * (methods.length - 1)) / 2;
  const trainings = methods.flatMap((method) => trainingsOf(method, config));
  const isJudged = networks.environment.judge !== undefined;
  return {
    id: comparisonJobId(edit),
    step: "evaluate",
    needs: trainings.flatMap(({ method }) => [evaluateJob(edit, method), ...(isJudged ? [realismJob(edit, method)] : [])]),
    settings: { leastControl: LEAST_CONTROL, revision: 2 },
    images: 0,
    operations: 20 * pairs * evaluate.resamples * evaluate.starts * evaluate.times,
    run: (context, { folder }) => compare(context, folder, edit),
  };
}

/** A method with the curves of its trainings. */
interface MeasuredMethod {
  readonly method: Method;
  readonly seeds: readonly number[];
  readonly curves: readonly CdCurve[];
  /** Null where nobody looked. */
  readonly realism: RealismOfMethod | null;
}

async function compare(context: StepContext, folder: string, edit: Edit) {
  const { config, methods, signal, networks } = context;
  const { evaluate, seed } = config;
  const { confidence, resamples } = evaluate;
  const measured = await thoseThatAre(methods.map((method) => read(context, edit, method)));
  const { range, areas } = areasOf(
    measured.map(({ curves }) => curves),
    evaluate,
    seed,
  );
  const options = { resamples, confidence, seed };
  const isJudged = networks.environment.judge !== undefined;
  const moving = measured.filter((_, i) => areas[i]!.maxControl >= LEAST_CONTROL);
  const levels = isJudged
    ? compareRealism(
        measured.map(({ realism }) => realism),
        moving.map(({ realism }) => realism),
        options,
      )
    : null;
  const paired: PairedTest[] = [];
  for (let i = 0; i < measured.length; i++) {
    for (let j = i + 1; j < measured.length; j++) {
      throwIfAborted("evaluate", signal);
      await nextMacrotask();
      // The later method first: configurations name the simple ones first, and below 0 then reads "the new one is better".
      const [a, b] = [measured[j]!, measured[i]!];
      const test = pairedTest(a.curves, b.curves, options);
      const realism = isJudged ? { realism: pairedRealism(a.realism, b.realism, options) } : {};
      paired.push({ a: a.method.id, b: b.method.id, ...test, ...realism });
    }
  }
  const comparison: Comparison = {
    confidence,
    range,
    areas: measured.map(({ method, seeds }, i) => {
      const { trainings, ...area } = areas[i]!;
      return {
        ...{ method: method.id, ...area },
        ...(trainings && { seeds: { seeds, ...trainings } }),
        ...(levels && { realism: levels[i]! }),
      };
    }),
    paired,
  };
  await writeJsonAtomic(join(folder, COMPARISON_FILE), comparison);
}

/** The trainings that have a result; none of a method's is none. */
async function read(context: StepContext, edit: Edit, method: Method): Promise<MeasuredMethod> {
  const { config, folder, networks } = context;
  const trainings = await thoseThatAre(
    trainingsOf(method, config).map(async (training) => {
      const curve = curveOf(await readLabels(folder, edit, training.method), edit, context);
      return { ...training, curve };
    }),
  );
  const jobs = trainings.map((training) => realismJob(edit, training.method));
  return {
    method,
    seeds: trainings.map(({ seed }) => seed),
    curves: trainings.map(({ curve }) => curve),
    realism: networks.environment.judge === undefined ? null : await realismOfMethod(folder, jobs),
  };
}

/** Two methods on the same starts, each with its curve, or those of its trainings. */
export function pairedTest(a: MethodCurves, b: MethodCurves, options: BootstrapOptions): Omit<PairedTest, "a" | "b"> {
  const [all, moving] = [[a, b].map(listOf), [a, b].map((curves) => listOf(curves).filter(moves))];
  const test = pairedBootstrap(all[0]!, all[1]!, options);
  // How pure the first few starts are that a method gets anywhere says nothing of it: then reach alone tells.
  const isComparable = moving.every(({ length }) => length > 0);
  const isWhole = moving.every(({ length }, i) => length === all[i]!.length);
  const purity = !isComparable || isWhole ? test : pairedBootstrap(moving[0]!, moving[1]!, options);
  const difference = isComparable ? finiteOrNull(purity.difference) : null;
  return {
    difference,
    interval: difference === null ? null : intervalOrNull(purity.interval),
    pValue: difference === null ? null : purity.pValue,
    controlDifference: test.controlDifference,
    controlInterval: test.controlInterval,
    undefinedResamples: purity.undefinedResamples,
  };
}

const listOf = (curves: MethodCurves) => (Array.isArray(curves) ? curves : [curves]) as readonly CdCurve[];
const most = ({ control }: CdCurve) => Math.max(...control);
const moves = (curve: CdCurve) => most(curve) >= LEAST_CONTROL;

interface Areas {
  readonly range: Comparison["range"];
  readonly areas: readonly Area[];
}

type Area = Omit<Comparison["areas"][number], "method" | "seeds" | "realism"> & {
  /** Of several trainings. */
  readonly trainings?: Omit<SeedNumbers, "seeds">;
};

/**
 * Areas of all methods with bootstrap intervals: the same starts drawn for all, their common Control range found anew each time. Of several trainings
 * they are means over those that move; how far a method gets is the mean over all of them.
 */
export function areasOf(
  methods: readonly MethodCurves[],
  { resamples, confidence }: Pick<EvaluateConfig, "resamples" | "confidence">,
  seed: number,
): Areas {
  const all = methods.map(listOf);
  // A method that gets nowhere would leave no range to compare the others over.
  const moving = all.map((curves) => curves.filter(moves));
  const flat = moving.flat();
  const { range, meanDisentanglement, areas } =
    flat.length > 0 ? areaUnderCdCurve(flat) : { range: [0, 0] as const, meanDisentanglement: [], areas: [] };
  const those = moving.filter(({ length }) => length > 0);
  const intervals = those.length > 0 ? bootstrapAreas(those, { resamples, confidence, seed }) : [];
  const found = all.map((curves, i): Area => {
    const places = moving[i]!.map((curve) => flat.indexOf(curve));
    const purities = curves.map((curve) =>
      flat.includes(curve) ? finiteOrNull(meanDisentanglement[flat.indexOf(curve)]!) : null,
    );
    const known = purities.filter((x) => x !== null);
    const interval = intervals[those.indexOf(moving[i]!)];
    return {
      area: places.length > 0 ? mean(places.map((place) => areas[place]!)) : null,
      interval: interval !== undefined && range[1] > range[0] ? intervalOrNull(interval) : null,
      meanDisentanglement: known.length > 0 ? mean(known) : null,
      maxControl: mean(curves.map(most)),
      ...(curves.length > 1 && { trainings: { maxControl: curves.map(most), meanDisentanglement: purities } }),
    };
  });
  return { range, areas: found };
}
