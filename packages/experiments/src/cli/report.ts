import { Command } from "commander";
import { ExperimentsError } from "../errors.js";
import { reportExperiment } from "../run/report-experiment.js";
import { adviceFor, verifyExperiment } from "../run/verify-experiment.js";
import { listener, pathOption, stoppable } from "./common.js";
import { tellReport } from "./tell-report.js";

/** Damaged files that are named in one error. */
const NAMED = 20;

/** `latentflow report` */
export function reportCommand(): Command {
  return new Command("report")
    .description("bring together what a run's folder holds, from one machine or many, and write its report")
    .option("-o, --out <folder>", "folder of the run", pathOption, "out/run")
    .option("--to <folder>", "write the report there: of a run whose folder can't be written", pathOption)
    .option("--verify", "first compare every file of the run with the hash that was written down for it", false)
    .option("--json", "one JSON object a line on stdout, for programs", false)
    .action(async ({ out, to, verify, json }: ReportCommandOptions) => {
      if (verify) await verifyAll(out, json);
      const { onEvent, end } = listener(json);
      const report = (signal: AbortSignal) => reportExperiment(out, { ...(to !== undefined && { to }), onEvent, signal });
      tellReport(await stoppable(report).finally(end), json);
    });
}

interface ReportCommandOptions {
  readonly out: string;
  readonly to?: string;
  readonly verify: boolean;
  readonly json: boolean;
}

async function verifyAll(out: string, json: boolean): Promise<void> {
  const { files, jobs, damages } = await verifyExperiment(out);
  if (json) console.log(JSON.stringify({ type: "verified", files, jobs, damages }));
  if (damages.length > 0) {
    const named = damages.slice(0, NAMED).map(({ file, fault }) => `  ${file} ${fault}`);
    const more = damages.length > NAMED ? [`  and ${damages.length - NAMED} more`] : [];
    const head = `report: expected the files of ${out} as they were written, got ${damages.length} damaged of ${files}:`;
    throw new ExperimentsError([head, ...named, ...more, adviceFor(damages)].join("\n"));
  }
  if (!json) console.log(`${files} files of ${jobs} jobs are as they were written.`);
}
