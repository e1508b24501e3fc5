#!/usr/bin/env node
import { writeSync } from "node:fs";

/** As `EXIT.failed`: what defines it may be what can't be loaded. */
const FAILED = 1;

// Whoever reads the output may leave before its end, as "head" does: that needs no word. A device without room does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") say(`latentflow: could not write its output: ${reasonOf(error)}. What was done is kept.`);
    process.exit(FAILED);
  });
}

let explain: (error: unknown) => number = (error) => {
  say(`latentflow: could not start: ${reasonOf(error)}.`);
  return FAILED;
};

// Before any library listens: Emscripten's code throws what it hears of, and Node then ends with a number of its own.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error: unknown) => process.exit(explain(error)));
}

try {
  const [{ runCommand }, { explainError }] = await Promise.all([import("./cli/run-command.js"), import("./cli/exit.js")]);
  const args = process.argv.slice(2);
  explain = (error) => explainError(error, args);
  process.exitCode = await runCommand(args);
} catch (error) {
  process.exitCode = explain(error);
}

function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === "ENOSPC") return "the device is full";
  const files = "too many files are open; raise the limit (ulimit -n 1024)";
  if (code === "EMFILE" || code === "ENFILE") return files;
  // Node takes what it can't open for what is not there.
  if (code === "ERR_MODULE_NOT_FOUND") return `${message}; install it again, or where it is there, ${files}`;
  return message ?? String(error);
}

/** On stderr, at once: the streams themselves may be what fails. */
function say(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Nowhere to say it: the exit code must do.
  }
}
