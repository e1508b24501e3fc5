import { Command } from "commander";
import { reportExperiment } from "../run-experiment.js";
import { listener, stoppable } from "./common.js";
import { tellReport } from "./tell-report.js";

/** `latentflow report` */
export function reportCommand(): Command {
  return new Command("report")
    .description("bring together what a run's folder holds, from one machine or many, and write its report")
    .option("-o, --out <folder>", "folder of the run", "out/run")
    .option("--json", "one JSON object a line on stdout, for programs", false)
    .action(async ({ out, json }: { out: string; json: boolean }) => {
      const { onEvent, end } = listener(json);
      tellReport(await stoppable((signal) => reportExperiment(out, { onEvent, signal })).finally(end), json);
    });
}
