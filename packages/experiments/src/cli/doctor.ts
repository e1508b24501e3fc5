import { Command } from "commander";
import { examine, type Finding } from "../doctor.js";
import { ExperimentsError } from "../errors.js";
import { stoppable } from "./common.js";

const MARKS: Readonly<Record<Finding["state"], string>> = { good: "✓", note: "·", bad: "✗" };

/** `latentflow doctor` */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("what this machine has: backends, engines and their speed, files, room on the disk")
    .option("-o, --out <folder>", "where runs will be written", "out/run")
    .option("--json", "one JSON object a line on stdout, for programs", false)
    .action(async ({ out, json }: { out: string; json: boolean }) => {
      const bad = await stoppable(async (signal) => {
        let count = 0;
        for await (const finding of examine(out, signal)) {
          const { what, state, text } = finding;
          console.log(json ? JSON.stringify({ type: "finding", ...finding }) : `${MARKS[state]} ${what.padEnd(18)}${text}`);
          if (state === "bad") count++;
        }
        return count;
      });
      if (bad > 0) throw new ExperimentsError(`doctor: ${bad} of these must be mended first (✗).`);
    });
}
