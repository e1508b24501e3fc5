import type { AttributeResult, ExperimentResults, MethodResult, RealismAtLargest } from "../results/index.js";
import type { Cell, CsvTable } from "./csv.js";

type Table = CsvTable<ExperimentResults>;

/** A row or more of every method of every attribute. */
function perMethod<T>({ attributes }: ExperimentResults, rows: (attribute: AttributeResult, method: MethodResult) => T[]): T[] {
  return attributes.flatMap((attribute) => attribute.methods.flatMap((method) => rows(attribute, method)));
}

function limitsOf(interval: readonly [number, number] | null): readonly Cell[] {
  return interval ?? [null, null];
}

const curves: Table = {
  file: "curves.csv",
  about: "CD curves: Control and Disentanglement at each edit length, with their bands",
  columns: [
    ...["attribute", "method", "t", "control", "control_lower", "control_upper"],
    ...["disentanglement", "disentanglement_lower", "disentanglement_upper"],
  ],
  rows: (results) =>
    perMethod(results, ({ name }, { id, evaluation }) =>
      (evaluation?.times ?? []).map((t, i): Cell[] => {
        const { control, disentanglement, bands } = evaluation!;
        const limits = (band: { lower: readonly number[]; upper: readonly number[] }) => [band.lower[i]!, band.upper[i]!];
        return [name, id, t, control[i]!, ...limits(bands.control), disentanglement[i]!, ...limits(bands.disentanglement)];
      }),
    ),
};

const otherAttributes: Table = {
  file: "other-attributes.csv",
  about: "Disentanglement of each other attribute by itself",
  columns: ["attribute", "method", "t", "other", "disentanglement"],
  rows: (results) =>
    perMethod(results, ({ name }, { id, evaluation }) =>
      (evaluation?.perAttribute ?? []).flatMap((values, j) => {
        const other = results.sample.attributes[j]?.name ?? j;
        return (values ?? []).map((value, i): Cell[] => [name, id, evaluation!.times[i]!, other, value]);
      }),
    ),
};

const areas: Table = {
  file: "areas.csv",
  about: "areas under the CD curves over the common Control range, with intervals, and how far each method gets",
  columns: [
    ...["attribute", "method", "control_low", "control_high", "area", "area_lower", "area_upper"],
    ...["mean_disentanglement", "max_control", "t_for_half"],
  ],
  rows: ({ attributes }) =>
    attributes.flatMap(({ name, methods, comparison }) =>
      (comparison?.areas ?? []).map(({ method, area, interval, meanDisentanglement, maxControl }): Cell[] => {
        const half = methods.find(({ id }) => id === method)?.evaluation?.lengthForHalf ?? null;
        return [name, method, ...comparison!.range, area, ...limitsOf(interval), meanDisentanglement, maxControl, half];
      }),
    ),
};

const paired: Table = {
  file: "paired.csv",
  about: "every two methods compared on the same starts: a minus b",
  columns: [
    ...["attribute", "a", "b", "difference", "lower", "upper", "p"],
    ...["control_difference", "control_lower", "control_upper", "undefined_resamples"],
  ],
  rows: ({ attributes }) =>
    attributes.flatMap(({ name, comparison }) =>
      (comparison?.paired ?? []).map((test): Cell[] => {
        const { a, b, difference, interval, pValue, controlDifference, controlInterval, undefinedResamples } = test;
        const purity = [difference, ...limitsOf(interval), pValue];
        return [name, a, b, ...purity, controlDifference, ...controlInterval, undefinedResamples];
      }),
    ),
};

const realism: Table = {
  file: "realism.csv",
  about:
    "edited pictures against the generator's own at some Controls, the largest last: Fréchet distance, share of codes outside 99 % of codes",
  columns: [
    ...["attribute", "method", "seed", "control", "t", "pictures", "distance", "distance_lower", "distance_upper"],
    ...["outside", "outside_lower", "outside_upper", "distance_before", "change_lower", "change_upper"],
  ],
  rows: (results) =>
    perMethod(results, ({ name }, { id, realism, trainings = [] }) =>
      [{ seed: results.config.seed, realism }, ...trainings].flatMap(({ seed, realism }) =>
        [...(realism?.levels ?? []), ...(realism?.largest ? [realism.largest] : [])].map((at): Cell[] => {
          const { control, t, pictures, distance, interval, outside, outsideInterval } = at;
          const { starts = null, change = null } = at as Partial<RealismAtLargest>;
          const distances = [distance, ...limitsOf(interval)];
          return [name, id, seed, control, t, pictures, ...distances, outside, ...outsideInterval, starts, ...limitsOf(change)];
        }),
      ),
    ),
};

const pairedRealism: Table = {
  file: "realism-paired.csv",
  about: "every two methods' edited pictures at the largest Control looked at that both reach: a minus b",
  columns: [
    "attribute",
    "a",
    "b",
    "control",
    "distance",
    "distance_lower",
    "distance_upper",
    "outside",
    "outside_lower",
    "outside_upper",
  ],
  rows: ({ attributes }) =>
    attributes.flatMap(({ name, comparison }) =>
      (comparison?.paired ?? []).flatMap(({ a, b, realism }): Cell[][] => {
        if (!realism) return [];
        const { control, distance, interval, outside, outsideInterval } = realism;
        return [[name, a, b, control, distance, ...limitsOf(interval), outside, ...outsideInterval]];
      }),
    ),
};

const seeds: Table = {
  file: "seeds.csv",
  about: "each training of a method that was trained from several seeds",
  columns: ["attribute", "method", "seed", "max_control", "mean_disentanglement"],
  rows: ({ attributes }) =>
    attributes.flatMap(({ name, comparison }) =>
      (comparison?.areas ?? []).flatMap(({ method, seeds }) =>
        (seeds?.seeds ?? []).map((seed, k): Cell[] => [
          name,
          method,
          seed,
          seeds!.maxControl[k]!,
          seeds!.meanDisentanglement[k]!,
        ]),
      ),
    ),
};

const training: Table = {
  file: "training.csv",
  about: "losses and accuracy over the iterations",
  columns: ["attribute", "method", "iteration", "total", "attribute_loss", "preservation_loss", "accuracy"],
  rows: (results) =>
    perMethod(results, ({ name }, { id, training }) => {
      const curve = training?.curve;
      return (curve?.iteration ?? []).map((iteration, i): Cell[] => {
        return [name, id, iteration, curve!.total[i]!, curve!.attribute[i]!, curve!.preservation[i]!, curve!.accuracy[i]!];
      });
    }),
};

const codes: Table = {
  file: "codes.csv",
  about: "sampled codes in each class",
  columns: ["attribute", "class", "codes"],
  rows: ({ sample }) => sample.attributes.flatMap(({ name, counts }) => counts.map((n, i): Cell[] => [name, i, n])),
};

const association: Table = {
  file: "association.csv",
  about: "Cramér's V of every pair of attributes",
  columns: ["a", "b", "cramers_v"],
  rows: ({ sample }) =>
    sample.association.flatMap((row, i) =>
      row.map((value, j): Cell[] => [sample.attributes[i]?.name ?? i, sample.attributes[j]?.name ?? j, value]),
    ),
};

const noResults: Table = {
  file: "no-results.csv",
  about: "methods without a result, and why: no starts, no direction",
  columns: ["attribute", "method", "why", "text"],
  rows: (results) => perMethod(results, ({ name }, { id, none }) => (none ? [[name, id, none.why, none.text] as Cell[]] : [])),
};

const timings: Table = {
  file: "timings.csv",
  about: "seconds and images of each job",
  columns: ["job", "seconds", "images", "images_per_second"],
  rows: (results) =>
    results.timings.map(({ job, seconds, images, imagesPerSecond }): Cell[] => [job, seconds, images, imagesPerSecond]),
};

/** What stands before the analyses' tables, and after them. */
export const TABLES_BEFORE: readonly Table[] = [curves, otherAttributes, areas, paired, realism, pairedRealism, seeds];
export const TABLES_AFTER: readonly Table[] = [training, codes, association, noResults, timings];
