import { AbortError } from "@latentflow/core";
import { asError, ConfigError, isForUsers } from "../errors.js";
import { explainShortage } from "../explain-failure.js";

/** Exit codes of the command. Where Node itself finds no memory it ends with 134, SIGABRT. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Says what went wrong, on stderr and for `--json` as a line on stdout too, and gives the exit code. */
export function explainError(thrown: unknown, args: readonly string[]): number {
  const error = asError(thrown);
  const { name, message } = error;
  const shortage = explainShortage(error);
  const code = error instanceof AbortError ? EXIT.interrupted : error instanceof ConfigError ? EXIT.usage : EXIT.failed;
  tellPrograms(name, message, code, args);
  if (error instanceof AbortError) {
    console.error(`\nStopped. What was done is kept; go on with:\n  ${commandLine(args)}`);
  } else if (isForUsers(error) || shortage !== null) {
    console.error(`\n${message}`);
    if (shortage !== null) console.error(`${shortage} What was done is kept: the same command goes on.`);
  } else {
    // Not one of ours: a defect, so its place matters.
    console.error(error);
  }
  return code;
}

/** With `--json`, an error is a line on stdout, too. */
export function tellPrograms(name: string, message: string, exitCode: number, args: readonly string[]): void {
  if (args.includes("--json")) console.log(JSON.stringify({ type: "error", name, message, exitCode }));
}

/** The command as a shell takes it. */
function commandLine(args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w./:=,@%+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`));
  return ["latentflow", ...quoted].join(" ");
}

/** The command that makes the whole of what was given to a slice, from nothing. */
export function wholeCommand(name: string, args: readonly string[]): string {
  const isOfTheWhole = (arg: string, i: number) => !/^--(shard(=.*)?|replace)$/.test(arg) && args[i - 1] !== "--shard";
  const whole = args.filter(isOfTheWhole);
  return commandLine([name, ...whole]);
}
