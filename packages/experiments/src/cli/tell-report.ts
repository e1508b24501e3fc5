import type { RunResult } from "../run/report-experiment.js";

/** What a run found, in a few lines; the report's path last. */
export function tellReport({ results, report }: RunResult, json: boolean): void {
  if (json) {
    const { missing } = results;
    console.log(JSON.stringify({ type: "done", report, missing, results: report.replace(/report\.html$/, "results.json") }));
    return;
  }
  let compared = false;
  for (const { name, from, to, methods, comparison } of results.attributes) {
    const entries = methods.map(({ id, label, evaluation, none }) => {
      const mean = comparison?.areas.find(({ method }) => method === id)?.meanDisentanglement ?? null;
      compared ||= mean !== null;
      const control = evaluation ? `reaches ${Math.round(100 * evaluation.maxControl)} %` : (none?.why ?? "not measured");
      return `  ${label.padEnd(26)}${control.padEnd(15)}${mean === null ? "" : `D ${mean.toFixed(4)}`}`.trimEnd();
    });
    console.log([`${name}, class ${from} → ${to}`, ...entries].join("\n"));
  }
  if (compared)
    console.log("Reaches: share of held-out starts, at best. D: how much else changes at equal reach; lower is better.");
  tellMissing(results);
  console.log(`Report: ${report}`);
}

/** Some of the jobs that have no result, and what does them. */
function tellMissing({ missing, rerun }: RunResult["results"]): void {
  if (missing.length === 0) return;
  const [count, are] = missing.length === 1 ? ["1 job", "is"] : [`${missing.length} jobs`, "are"];
  const named = `${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ", …" : ""}`;
  console.log(
    `${count} ${are} not done yet (${named}): the report shows the others.${rerun === "" ? "" : ` Go on with: ${rerun}`}`,
  );
}
