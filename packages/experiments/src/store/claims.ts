import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { isAlive } from "./is-alive.js";
import { makeFolder } from "./make-folder.js";
import type { RunFolder } from "./run-folder.js";

/** Milliseconds between two signs of life. */
const SIGN = 20_000;
/** Milliseconds without one after which a claim is nobody's: longer than a batch takes, during which there may be none. */
const ABANDONED = 10 * 60_000;
/** The same for one without an owner's name, which takes a moment to write. */
const NAMELESS = 10_000;

/** A claim's file, beside the folder of its job. */
export function claimFile(job: string, inputs: string): string {
  return `${dirname(job)}/.${basename(job)}.${inputs.slice(0, 12)}.claim`;
}

/**
 * Which jobs other processes are at, so that several at one folder share its jobs out. A claim is a courtesy: where none can be written, or where
 * one is taken for abandoned that is not, a job is done twice, to the same result.
 */
export class Claims {
  private readonly own = new Set<string>();
  /** When a claim of another machine was first seen in the state in which it still is: clocks of machines differ, so only changes count. */
  private readonly seen = new Map<string, { mtime: number; at: number }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly folder: RunFolder) {}

  /** Claims a job; false while another process is at it. */
  async take(job: string, inputs: string): Promise<boolean> {
    const file = this.folder.file(claimFile(job, inputs));
    if (await this.isTaken(file)) return false;
    const written = await write(file);
    if (written !== "written") return written === "not writable";
    this.own.add(file);
    this.timer ??= setInterval(() => this.signal(), SIGN).unref();
    return true;
  }

  async release(job: string, inputs: string): Promise<void> {
    const file = this.folder.file(claimFile(job, inputs));
    if (!this.own.delete(file)) return;
    if (this.own.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    await rm(file, { force: true }).catch(() => undefined);
  }

  private signal(): void {
    const now = new Date();
    for (const file of this.own) utimes(file, now, now).catch(() => undefined);
  }

  /** Whether a living process has the claim; removes what a dead one left. */
  private async isTaken(file: string): Promise<boolean> {
    const about = await stat(file).catch(() => null);
    if (about === null) return false;
    const known = this.seen.get(file);
    if (known?.mtime !== about.mtimeMs) this.seen.set(file, { mtime: about.mtimeMs, at: performance.now() });
    const owner = await ownerOf(file);
    const silence = performance.now() - this.seen.get(file)!.at;
    if (silence > (owner === null ? NAMELESS : ABANDONED)) return this.remove(file);
    return owner !== null && owner.host === hostname() && !isAlive(owner.pid) ? this.remove(file) : true;
  }

  private async remove(file: string): Promise<false> {
    this.seen.delete(file);
    await rm(file, { force: true });
    return false;
  }
}

/** Another may be a moment faster; where nothing can be written, the job itself will say so. */
async function write(file: string): Promise<"written" | "taken" | "not writable"> {
  try {
    await makeFolder(dirname(file));
  } catch {
    return "not writable";
  }
  const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => error);
  if (handle instanceof Error) return handle.code === "EEXIST" ? "taken" : "not writable";
  try {
    await handle.writeFile(JSON.stringify({ host: hostname(), pid: process.pid })).finally(() => handle.close());
    return "written";
  } catch {
    // As on a full disk.
    await rm(file, { force: true }).catch(() => undefined);
    return "not writable";
  }
}

async function ownerOf(file: string): Promise<{ host: string; pid: number } | null> {
  try {
    const { host, pid } = JSON.parse(await readFile(file, "utf8")) as { host?: unknown; pid?: unknown };
    return typeof host === "string" && typeof pid === "number" ? { host, pid } : null;
  } catch {
    // Being written, or gone.
    return null;
  }
}
