import { availableParallelism, freemem, platform, totalmem } from "node:os";
import type { EngineInfo } from "@latentflow/engine";
import type { ExperimentConfig } from "../config/types.js";
import type { Cost, TrialCost } from "../model/try-out.js";

/** What a run will about take. */
export interface Estimate {
  readonly seconds: number;
  /** Bytes that the process takes at its peak, and those there are for it. */
  readonly memory: number;
  readonly available: number;
  /** Workers that it runs on: as many as were asked for, where they fit. */
  readonly workers: number;
  /** Images asked of the networks at once at most; null: whole batches. */
  readonly imagesAtOnce: number | null;
}

export interface MemoryNeeds {
  readonly tried: TrialCost;
  /** Bytes by which this thread's networks have made the process grow; they stay when workers load their own. */
  readonly grown: number;
  /** Bytes that the process may still take. */
  readonly available: number;
  /** Bytes that the networks of one worker may take, however much memory there is. */
  readonly perWorker: number;
  /** Workers asked for, at most one a job. */
  readonly workers: number;
  /** Images of the largest batch; with their gradient, null where there are none. */
  readonly forward: number;
  readonly gradient: number | null;
  /** Bytes of codes and labels that each worker holds. */
  readonly data: number;
  /** Images at once at most, whatever the memory. */
  readonly most: number;
}

/** Room for what was not seen: runtimes take memory in steps, and more for larger batches. */
const SAFETY = 1.5;
/** Share of the memory that a run may take. */
const SHARE = 0.9;
/** WebAssembly counts its memory in 32 bits. */
const WASM_MEMORY = 2 ** 32;
/** Below so many images at once each costs more: rather one worker less. */
const LEAST = 4;

/**
 * How many workers, and images at once, fit the memory; the numbers asked for where they do. One worker with one image at once is what was tried
 * already, so it goes.
 *
 * @returns with the bytes that the run then adds to the process as it was before its networks were loaded
 */
export function fitMemory(needs: MemoryNeeds): { workers: number; most: number; memory: number } {
  const { workers, grown, available } = needs;
  const whole = Math.min(needs.most, Math.max(needs.forward, needs.gradient ?? 1));
  const sizes = [whole];
  for (let size = 2 ** Math.ceil(Math.log2(whole) - 1); size >= 1 && whole > 1; size /= 2) sizes.push(size);
  for (let count = workers; count >= 1; count--) {
    for (const size of sizes) {
      if (count > 1 && size < Math.min(LEAST, whole)) break;
      const more = count === 1 ? moreHere(needs, size) : count * workerMemory(needs, size);
      const own = count === 1 ? grown + more : more / count;
      if (more <= SHARE * available && own <= SHARE * needs.perWorker)
        return { workers: count, most: size === whole ? needs.most : size, memory: grown + more };
    }
  }
  return { workers: 1, most: 1, memory: grown + moreHere(needs, 1) };
}

/** What a worker with networks of its own takes. */
function workerMemory({ tried, forward, gradient, data }: MemoryNeeds, atOnce: number): number {
  const of = ({ first, further }: Cost, count: number) => first + SAFETY * further * (Math.min(count, atOnce) - 1);
  return of(tried.forward, forward) + (tried.gradient && gradient ? of(tried.gradient, gradient) : 0) + data;
}

/** What this thread takes for larger batches than those that were tried. */
function moreHere({ tried, forward, gradient, data }: MemoryNeeds, atOnce: number): number {
  const of = ({ count, further }: Cost, wanted: number) => SAFETY * further * Math.max(0, Math.min(wanted, atOnce) - count);
  return of(tried.forward, forward) + (tried.gradient && gradient ? of(tried.gradient, gradient) : 0) + data;
}

/** Bytes that one worker's networks may take on this engine. */
export function memoryPerWorker(engine: EngineInfo["name"], backend: string): number {
  return engine === "tfjs" && backend === "wasm" ? WASM_MEMORY : Number.POSITIVE_INFINITY;
}

/** Memory that this process may still take, in bytes. */
export function availableMemory(): number {
  const free = process.availableMemory?.() ?? freemem();
  // macOS calls free only what nobody ever used; it makes room when it is asked.
  return platform() === "darwin" ? Math.max(free, totalmem() / 2) : free;
}

/** Bytes of codes, logits and labels that a worker holds, some of them twice while they are read. */
export function dataMemory(
  { sample, evaluate }: ExperimentConfig,
  latentDim: number,
  width: number,
  attributes: number,
  features = 0,
): number {
  const codes = 3 * 4 * (sample.codes + sample.heldOut) * (latentDim + width);
  const starts = Math.min(evaluate.starts, sample.heldOut);
  const paths = 2 * 4 * evaluate.times * Math.min(evaluate.batchSize, starts) * latentDim;
  // Of the edited pictures, the unedited and the generator's own, and their covariances' factors in float64.
  const judged = features * (3 * 4 * starts + 6 * 8 * Math.max(starts, features));
  return codes + paths + judged + 5 * starts * evaluate.times * attributes;
}

/** How many workers' worth of images are made in the time in which the networks, tried on `threads` threads, made one's. */
export function speedUp(engine: EngineInfo["name"], workers: number, threads: number): number {
  const cores = availableParallelism();
  if (engine === "tfjs") return Math.min(workers, cores);
  return Math.max(1, Math.min(cores, workers * Math.max(1, Math.floor(cores / workers))) / Math.min(threads, cores));
}

/** Multiplications a second of plain JavaScript. */
export function operationsPerSecond(): number {
  const size = 160;
  const [a, b, c] = [new Float64Array(size * size).fill(0.5), new Float64Array(size * size).fill(0.25), new Float64Array(size)];
  const started = performance.now();
  for (let i = 0; i < size; i++) {
    c.fill(0);
    for (let k = 0; k < size; k++) {
      const x = a[i * size + k]!;
      for (let j = 0; j < size; j++) c[j]! += x * b[k * size + j]!;
    }
  }
  return (size ** 3 * 1000) / Math.max(0.1, performance.now() - started);
}
