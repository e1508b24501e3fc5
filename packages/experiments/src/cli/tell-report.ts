import type { RunResult } from "../run-experiment.js";

/** What a run found, in a few lines; the report's path last. */
export function tellReport({ results, report }: RunResult, json: boolean): void {
  if (json) {
    const { missing } = results;
    console.log(JSON.stringify({ type: "done", report, missing, results: report.replace(/report\.html$/, "results.json") }));
    return;
  }
  for (const { name, methods, comparison } of results.attributes) {
    const entries = methods.map(({ id, label, evaluation }) => {
      const mean = comparison?.areas.find(({ method }) => method === id)?.meanDisentanglement;
      const control = evaluation ? `reaches ${Math.round(100 * evaluation.maxControl)} %` : "not measured";
      return `  ${label.padEnd(26)}${control.padEnd(15)}${mean == null ? "" : `mean D at equal control ${mean.toFixed(4)}`}`;
    });
    console.log([name, ...entries].join("\n"));
  }
  if (results.missing.length > 0) console.log(`${results.missing.length} jobs are not done yet: the report shows the others.`);
  console.log(`Report: ${report}`);
}
