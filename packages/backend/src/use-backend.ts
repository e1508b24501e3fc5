import { describeValue, readOptions } from "@latentflow/core";
import { engine, getBackend, setBackend } from "@tensorflow/tfjs-core";
import type { BackendEntry } from "./backend-entry.js";
import { backends } from "./backends/index.js";
import { pageAddress } from "./backends/wasm-files.js";
import { BackendError } from "./errors.js";
import "./gradients.js";
import { BACKEND_OPTIONS, type BackendAvailability, type BackendInfo, type BackendName, type BackendOptions } from "./types.js";

const PLANNED = ["node", "node-gpu", "webgpu", "webgl"];

let current: BackendInfo | undefined;

/**
 * Starts a tfjs backend, registers all gradients, and puts our faster kernels in place. Call it once, before any tensor is made.
 *
 * @param name a backend, or "auto" (default): the fastest that starts here
 * @returns what was started, on which device, and why faster ones were passed over
 * @throws BackendError for an unknown name or option, a backend that is not installed or does not start (the message says how to get it)
 */
export function useBackend(name: BackendName = "auto", options: BackendOptions = {}): Promise<BackendInfo> {
  // One start after the other: tfjs has one current backend, and two starts at once would each undo the other's.
  const start = lastStart.then(() => startBackend(name, options));
  lastStart = start.catch(() => undefined);
  return start;
}

let lastStart: Promise<unknown> = Promise.resolve();

async function startBackend(name: BackendName, options: BackendOptions): Promise<BackendInfo> {
  const { timeoutMs } = readOptions("useBackend", BACKEND_OPTIONS, options, BackendError);

  const candidates = name === "auto" ? backends : [findEntry(name)];
  if (name !== "auto") refuseForeignOptions(candidates[0]!, options);
  const passedOver: { name: string; reason: string }[] = [];
  for (const entry of candidates) {
    const failure = (await entry.obstacle()) ?? (await startWithin(entry, options, timeoutMs));
    if (typeof failure !== "string") {
      const reason = name === "auto" ? "the fastest backend that starts here" : "it was asked for";
      current = { name: entry.name, ...failure, reason, passedOver };
      warnOfFallback(current);
      return current;
    }
    passedOver.push({ name: entry.name, reason: failure });
  }
  const reasons =
    name === "auto" ? passedOver.map((entry) => `${entry.name}: ${entry.reason}`) : passedOver.map(({ reason }) => reason);
  throw new BackendError(
    `useBackend: expected ${name === "auto" ? "some backend" : `"${name}"`} to start, but ${reasons.join("; ")}.`,
  );
}

/** Every backend of this version, fastest first, and whether it can run here. Starts nothing. */
export async function availableBackends(): Promise<BackendAvailability[]> {
  return Promise.all(
    backends.map(async (entry) => {
      const reason = await entry.obstacle();
      return { name: entry.name, available: reason === undefined, ...(reason === undefined ? {} : { reason }) };
    }),
  );
}

/**
 * What the last `useBackend` started.
 * @throws BackendError before the first `useBackend`, or when another backend was made current behind its back
 */
export function currentBackend(): BackendInfo {
  if (current === undefined)
    throw new BackendError("currentBackend: expected a started backend, got none. Call `await useBackend()` first.");
  if (getBackend() !== current.name) {
    throw new BackendError(
      `currentBackend: expected tfjs to be on "${current.name}", got "${getBackend()}": tf.setBackend was called. Call \`await useBackend("…")\` instead.`,
    );
  }
  return current;
}

function findEntry(name: string): BackendEntry {
  const entry = backends.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  const known = backends.map((candidate) => candidate.name).join(", ");
  if (PLANNED.includes(name))
    throw new BackendError(
      `useBackend: expected a backend of this version (${known}), got "${name}", which a later one will bring.`,
    );
  throw new BackendError(`useBackend: expected "auto" or one of ${known}, got ${describeValue(name)}.`);
}

function refuseForeignOptions(entry: BackendEntry, options: BackendOptions): void {
  for (const key of Object.keys(BACKEND_OPTIONS) as (keyof BackendOptions)[]) {
    if (key !== "timeoutMs" && options[key] !== undefined && !entry.options.includes(key)) {
      throw new BackendError(`useBackend: the option "${key}" does not apply to the ${entry.name} backend. Leave it out.`);
    }
  }
}

let warned = false;

/** In a page nobody looks at what `useBackend` returns, and all that is seen of plain JavaScript is that the page freezes: said once. */
function warnOfFallback({ device, passedOver: [first] }: BackendInfo): void {
  if (warned || first === undefined || pageAddress() === undefined) return;
  warned = true;
  console.warn(
    `useBackend: ${device} computes here, many times slower than ${first.name}, which did not start: ${first.reason}. ` +
      "The README of @latentflow/backend has the lines for Vite, webpack and esbuild.",
  );
}

/** tfjs (4.22) lets no other backend compute while one is still starting: a start that took too long is no longer waited for, and has no effect. */
function giveUpPendingStart(): void {
  const state = engine() as unknown as { pendingBackendInit: Promise<boolean> | null; pendingBackendInitId: number };
  state.pendingBackendInitId++;
  state.pendingBackendInit = null;
}

/** The entry's answer, or why it did not start: never a hang. */
async function startWithin(entry: BackendEntry, options: BackendOptions, timeoutMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = entry.start(options);
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      giveUpPendingStart();
      resolve(`it did not start within ${timeoutMs} ms`);
      // If it does after all, it must not take the place of the one that was started instead.
      start.then(() => current && current.name !== getBackend() && setBackend(current.name)).catch(() => undefined);
    }, timeoutMs);
  });
  try {
    return await Promise.race([start, timeout]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
