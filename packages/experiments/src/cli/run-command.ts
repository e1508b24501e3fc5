import { Command, CommanderError } from "commander";
import { checkList, checkText } from "../checks.js";
import { VERSION } from "../version.js";
import { dataCommand } from "./data.js";
import { demoCommand } from "./demo.js";
import { doctorCommand } from "./doctor.js";
import { editCommand } from "./edit.js";
import { EXIT, explainError, tellPrograms } from "./exit.js";
import { inspectCommand } from "./inspect.js";
import { movieCommand } from "./movie.js";
import { projectCommand } from "./project.js";
import { reportCommand } from "./report.js";
import { runCommands } from "./run.js";
import { schemaCommand } from "./schema.js";
import { studyCommand } from "./study.js";
import { trainRegressorCommand } from "./train-regressor.js";

const OVERVIEW = `
A first look, without a file of your own:
  latentflow demo                     two attributes, four methods, minutes; prints the report's path
  latentflow doctor                   what this machine has, and how fast it is
  latentflow inspect g.pt             what a network's file holds, and what it would be loaded as

An experiment of your own:
  latentflow run --config my.json     all steps, from sampling codes to the report
  latentflow report --out out/run     the report of what is done so far
  latentflow data check celeba DIR    whether a data set was downloaded as a whole
  latentflow train-regressor --data isaac3d=DIR
                                      a regressor of its attributes, as the paper trained them
  latentflow project photo.jpg        codes of photos, for edit --codes
  latentflow study build out/run --against interfacegan    a page that asks people; then: latentflow study tally
  latentflow schema                   what my.json may hold, as JSON Schema for editors

A run is a folder. Stop it whenever you like (Ctrl-C, or the power): the same command goes on where it was.
The steps one by one: sample, fit, train, evaluate, analyze. Each does what it needs first.

Exit codes: 0 done, 1 failed (also for want of disk, memory or open files, or when nobody takes the output: what was done is
kept), 2 wrong command line or configuration, 130 stopped by Ctrl-C, 134 Node itself found no memory.`;

/**
 * The `latentflow` command: does what its arguments say, and tells what went wrong on stderr.
 *
 * @param args without Node's own: `process.argv.slice(2)`
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line or configuration, 130 stopped
 * @throws ConfigError for what are no arguments
 */
export async function runCommand(args: readonly string[]): Promise<number> {
  checkList("runCommand", "args", args);
  for (const arg of args) if (typeof arg !== "string") checkText("runCommand", "args", arg, "a list of texts");
  const program = new Command("latentflow")
    .description("Trains and measures edits of a generator's latent codes, straight ones and flows of Neural ODEs.")
    .version(VERSION)
    .addHelpText("after", OVERVIEW)
    .showHelpAfterError("Add --help to see what there is.")
    .exitOverride();
  const commands = [
    demoCommand(),
    ...runCommands(),
    reportCommand(),
    editCommand(),
    movieCommand(),
    projectCommand(),
    studyCommand(),
    doctorCommand(),
    dataCommand(),
    trainRegressorCommand(),
    inspectCommand(),
    schemaCommand(),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
    for (const inner of command.commands) inner.copyInheritedSettings(program);
  }
  if (args.length === 0) {
    program.outputHelp();
    return EXIT.usage;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof CommanderError)) return explainError(error, args);
    // Help and version were printed as asked for; other errors of the command line were explained.
    if (error.exitCode === 0) return EXIT.done;
    tellPrograms(error.name, error.message, EXIT.usage, args);
    return EXIT.usage;
  }
}
