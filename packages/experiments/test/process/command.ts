import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ExperimentResults, RunEvent } from "../../src/index.js";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command may do less than usual. */
export interface CommandLimits {
  /** File descriptor that takes stdout; default: it is read. */
  readonly stdout?: number;
  /** How many files it may have open. */
  readonly files?: number;
}

/** Runs the bundled command. `onLine` sees every line of stdout while it runs. */
export function command(
  folder: URL,
  args: readonly string[],
  onLine: (line: string, child: ChildProcess) => void = () => undefined,
  { stdout: sink, files }: CommandLimits = {},
): Promise<Ended> {
  const whole = [process.execPath, fileURLToPath(new URL("cli.js", folder)), ...args];
  const limited = files === undefined ? whole : ["/bin/sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh", ...whole];
  const child = spawn(limited[0]!, limited.slice(1), { stdio: ["ignore", sink ?? "pipe", "pipe"] });
  let [stdout, stderr, rest] = ["", "", ""];
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line, child);
  });
  child.stderr!.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Sends a signal when an event of `--json` answers to `when`. */
export function signalAt(signal: NodeJS.Signals, when: (event: RunEvent) => boolean) {
  let sent = false;
  return (line: string, child: ChildProcess) => {
    if (sent || !when(JSON.parse(line) as RunEvent)) return;
    sent = true;
    child.kill(signal);
  };
}

/** A run's results without what differs from run to run: how long it took, and the command given. */
export async function numbersOf(out: string): Promise<unknown> {
  const { timings: _, rerun: __, ...numbers } = JSON.parse(await readFile(`${out}/results.json`, "utf8")) as ExperimentResults;
  return numbers;
}
