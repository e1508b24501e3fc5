/** Reads the file named on the command line; prints {"outcome", "milliseconds" of processor time, "bytes" above what the process had before}. */
import { existsSync, readFileSync } from "node:fs";
import { outcomeOf } from "./fuzz.js";

const [path, warm] = process.argv.slice(2) as [string, string];
// The readers' own code, compiled and loaded.
await outcomeOf(warm, new Uint8Array(readFileSync(warm)));
const bytes = new Uint8Array(readFileSync(path));
globalThis.gc?.();

/** Most resident memory since the process began: Linux hands a parent's maxRSS on to its children, VmHWM is the process's own. */
function peak(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
}

const before = Math.max(process.memoryUsage().rss, peak());
const { error, milliseconds } = await outcomeOf(path, bytes);
const outcome = error === undefined ? "value" : `${(error as Error).name}: ${(error as Error).message}`;
console.log(JSON.stringify({ outcome: outcome.slice(0, 120), milliseconds, bytes: peak() - before }));
