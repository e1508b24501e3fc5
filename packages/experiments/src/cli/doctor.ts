import { Command } from "commander";
import { ExperimentsError } from "../errors.js";
import { examine, type Finding } from "../run/doctor.js";
import { examineRun } from "../run/verify-experiment.js";
import { pathOption, stoppable } from "./common.js";

const MARKS: Readonly<Record<Finding["state"], string>> = { good: "✓", note: "·", bad: "✗" };

/** `latentflow doctor` */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "what this machine has: backends, engines and their speed, files, room on the disk; or whether a run's files are as they were written",
    )
    .argument("[run]", "folder of a run: look at its files, not at the machine")
    .option("-o, --out <folder>", "where runs will be written", pathOption, "out/run")
    .option("--json", "one JSON object a line on stdout, for programs", false)
    .action(async (run: string | undefined, { out, json }: { out: string; json: boolean }) => {
      const bad = await stoppable(async (signal) => {
        let count = 0;
        for await (const finding of run === undefined ? examine(out, signal) : examineRun(run)) {
          const { what, state, text } = finding;
          console.log(json ? JSON.stringify({ type: "finding", ...finding }) : `${MARKS[state]} ${what.padEnd(18)}${text}`);
          if (state === "bad") count++;
        }
        return count;
      });
      if (bad > 0) throw new ExperimentsError(`doctor: ${bad} of these must be mended first (✗).`);
    });
}
