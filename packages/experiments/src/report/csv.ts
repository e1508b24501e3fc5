import type { AttributeResult, ExperimentResults, MethodResult } from "../results/experiment-results.js";
import { withDistinctNames } from "./distinct-names.js";

type Cell = string | number | null;

/** The numbers of the results as tables: file name → CSV (RFC 4180, a header line, nothing for numbers that do not exist). */
export function csvTables(results: ExperimentResults): Map<string, string> {
  const { attributes, sample, timings } = withDistinctNames(results);
  const perMethod = <T>(rows: (attribute: AttributeResult, method: MethodResult) => T[]) =>
    attributes.flatMap((attribute) => attribute.methods.flatMap((method) => rows(attribute, method)));
  return new Map([
    [
      "curves.csv",
      csv(
        [
          "attribute",
          "method",
          "t",
          "control",
          "control_lower",
          "control_upper",
          "disentanglement",
          "disentanglement_lower",
          "disentanglement_upper",
        ],
        perMethod(({ name }, { id, evaluation }) =>
          (evaluation?.times ?? []).map((t, i): Cell[] => {
            const { control, disentanglement, bands } = evaluation!;
            const limits = (band: { lower: readonly number[]; upper: readonly number[] }) => [band.lower[i]!, band.upper[i]!];
            return [name, id, t, control[i]!, ...limits(bands.control), disentanglement[i]!, ...limits(bands.disentanglement)];
          }),
        ),
      ),
    ],
    [
      "other-attributes.csv",
      csv(
        ["attribute", "method", "t", "other", "disentanglement"],
        perMethod(({ name }, { id, evaluation }) =>
          (evaluation?.perAttribute ?? []).flatMap((values, j) =>
            (values ?? []).map((value, i): Cell[] => [name, id, evaluation!.times[i]!, sample.attributes[j]?.name ?? j, value]),
          ),
        ),
      ),
    ],
    [
      "areas.csv",
      csv(
        [
          "attribute",
          "method",
          "control_low",
          "control_high",
          "area",
          "area_lower",
          "area_upper",
          "mean_disentanglement",
          "max_control",
          "t_for_half",
        ],
        attributes.flatMap(({ name, methods, comparison }) =>
          (comparison?.areas ?? []).map(({ method, area, interval, meanDisentanglement, maxControl }): Cell[] => {
            const half = methods.find(({ id }) => id === method)?.evaluation?.lengthForHalf ?? null;
            return [name, method, ...comparison!.range, area, ...limitsOf(interval), meanDisentanglement, maxControl, half];
          }),
        ),
      ),
    ],
    [
      "paired.csv",
      csv(
        [
          "attribute",
          "a",
          "b",
          "difference",
          "lower",
          "upper",
          "p",
          "control_difference",
          "control_lower",
          "control_upper",
          "undefined_resamples",
        ],
        attributes.flatMap(({ name, comparison }) =>
          (comparison?.paired ?? []).map((test): Cell[] => {
            const { a, b, difference, interval, pValue, controlDifference, controlInterval, undefinedResamples } = test;
            return [
              name,
              a,
              b,
              difference,
              ...limitsOf(interval),
              pValue,
              controlDifference,
              ...controlInterval,
              undefinedResamples,
            ];
          }),
        ),
      ),
    ],
    [
      "probes.csv",
      csv(
        ["attribute", "linear", "nonlinear", "baseline", "gap", "train_size", "test_size"],
        attributes.flatMap(({ name, probes: p }): Cell[][] =>
          p === null ? [] : [[name, p.linear, p.nonlinear, p.baseline, p.gap, p.trainSize, p.testSize]],
        ),
      ),
    ],
    [
      "flips.csv",
      csv(
        ["attribute", "method", "from_t", "to_t", "starts"],
        perMethod(({ name }, { id, analysis }) => {
          if (analysis === null) return [];
          const { edges, counts, never } = analysis.flipHistogram;
          return [
            ...counts.map((n, i): Cell[] => [name, id, edges[i]!, edges[i + 1]!, n]),
            [name, id, "never", "never", never] as Cell[],
          ];
        }),
      ),
    ],
    [
      "straightness.csv",
      csv(
        ["attribute", "method", "start", "chord_over_arc"],
        perMethod(({ name }, { id, analysis }) =>
          (analysis?.straightness.values ?? []).map((value, i): Cell[] => [name, id, i, value]),
        ),
      ),
    ],
    [
      "entropy.csv",
      csv(
        ["attribute", "method", "matrix", "entropy", "effective_dimension", "k"],
        perMethod(({ name }, { id, analysis }) =>
          (analysis?.singularEntropy ?? []).map((s): Cell[] => [name, id, s.matrix, s.entropy, s.effectiveDimension, s.k]),
        ),
      ),
    ],
    [
      "spectrum.csv",
      csv(
        ["attribute", "method", "real", "imaginary"],
        perMethod(({ name }, { id, analysis }) => {
          const spectrum = analysis?.eigenSpectrum;
          return (spectrum?.real ?? []).map((re, i): Cell[] => [name, id, re, spectrum!.imaginary[i]!]);
        }),
      ),
    ],
    [
      "training.csv",
      csv(
        ["attribute", "method", "iteration", "total", "attribute_loss", "preservation_loss", "accuracy"],
        perMethod(({ name }, { id, training }) => {
          const curve = training?.curve;
          return (curve?.iteration ?? []).map((iteration, i): Cell[] => {
            return [name, id, iteration, curve!.total[i]!, curve!.attribute[i]!, curve!.preservation[i]!, curve!.accuracy[i]!];
          });
        }),
      ),
    ],
    [
      "codes.csv",
      csv(
        ["attribute", "class", "codes"],
        sample.attributes.flatMap(({ name, counts }) => counts.map((n, i): Cell[] => [name, i, n])),
      ),
    ],
    [
      "association.csv",
      csv(
        ["a", "b", "cramers_v"],
        sample.association.flatMap((row, i) =>
          row.map((value, j): Cell[] => [sample.attributes[i]?.name ?? i, sample.attributes[j]?.name ?? j, value]),
        ),
      ),
    ],
    [
      "no-results.csv",
      csv(
        ["attribute", "method", "why", "text"],
        perMethod(({ name }, { id, none }) => (none ? [[name, id, none.why, none.text] as Cell[]] : [])),
      ),
    ],
    [
      "timings.csv",
      csv(
        ["job", "seconds", "images", "images_per_second"],
        timings.map(({ job, seconds, images, imagesPerSecond }): Cell[] => [job, seconds, images, imagesPerSecond]),
      ),
    ],
  ]);
}

/** One CSV file. */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(quote).join(",")}\r\n`).join("");
}

/**
 * A text that a spreadsheet would take for a formula is told apart by a leading apostrophe, which spreadsheets know as the sign of text
 * (OWASP, "CSV injection"). Numbers stay numbers, also negative ones.
 */
function quote(cell: Cell): string {
  if (cell === null) return "";
  const text = typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function limitsOf(interval: readonly [number, number] | null): readonly Cell[] {
  return interval ?? [null, null];
}
