import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import {
  type DeclaredOptions,
  type GivenOptions,
  isFunction,
  type OptionValues,
  readOptions,
  SIGNAL,
  throwIfAborted,
} from "@latentflow/core";
import { checkIndices, SCENE_SETS, type SceneSetName, scenesDataset } from "./dataset.js";
import { ScenesError } from "./errors.js";

export const RENDER = {
  /** Which benchmark's scenes; by default `"tabletop"`. */
  scenes: { default: "tabletop", choices: SCENE_SETS },
  /** Worker threads; by default one a core. */
  workers: { optional: true, integer: true, min: 1 },
  /** Told after every block of pictures how many are done. */
  onProgress: { optional: true, is: isFunction<(done: number, total: number) => void>, expected: "a function" },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface RenderOptions extends GivenOptions<typeof RENDER> {}

/** Pictures a message: large enough to make messages cheap, small enough to share work evenly. */
const BLOCK = 64;

/**
 * Renders many scenes on all cores: [n, 64, 64, 3], 8-bit RGB, in the order of `indices`.
 *
 * @throws ScenesError if an index is out of range or a worker fails; AbortError if `signal` aborts
 */
export async function renderScenes(indices: ArrayLike<number>, options: RenderOptions = {}): Promise<Uint8Array> {
  const settings = readOptions("renderScenes", RENDER, options, ScenesError);
  const { size } = scenesDataset(settings.scenes);
  checkIndices("renderScenes", indices, size * size * 3);
  const pixels = new Uint8Array(indices.length * size * size * 3);
  let offset = 0;
  for await (const block of renderBlocks("renderScenes", indices, settings)) {
    pixels.set(block, offset);
    offset += block.length;
  }
  return pixels;
}

type Rendering = Partial<OptionValues<typeof RENDER>> & Pick<OptionValues<typeof RENDER>, "scenes">;

/** The same in blocks, in order. Workers stay at most two blocks ahead, so memory stays small however many scenes there are. */
export async function* renderBlocks(
  caller: string,
  indices: ArrayLike<number>,
  { scenes, workers = availableParallelism(), onProgress, signal }: Rendering,
): AsyncGenerator<Uint8Array> {
  const dataset = scenesDataset(scenes);
  for (let i = 0; i < indices.length; i++) dataset.factors(indices[i] as number);
  throwIfAborted(caller, signal);
  const blocks = Math.ceil(indices.length / BLOCK);
  const pool = Array.from({ length: Math.min(workers, blocks) }, () => new RenderWorker(scenes));
  const pending: Promise<Uint8Array>[] = [];
  try {
    for (let done = 0, submitted = 0; done < blocks; done++) {
      for (; submitted < blocks && submitted < done + 2 * pool.length; submitted++) {
        const block = Array.from({ length: BLOCK }, (_, i) => indices[submitted * BLOCK + i]).filter(
          (index) => index !== undefined,
        );
        pending.push((pool[submitted % pool.length] as RenderWorker).render(block));
      }
      yield await (pending.shift() as Promise<Uint8Array>);
      onProgress?.(Math.min(indices.length, (done + 1) * BLOCK), indices.length);
      throwIfAborted(caller, signal);
    }
  } finally {
    await Promise.all(pool.map((worker) => worker.close()));
  }
}

/** One thread. It answers in the order in which it was asked. */
class RenderWorker {
  private readonly worker: Worker;
  private readonly waiting: { resolve(pixels: Uint8Array): void; reject(error: Error): void }[] = [];

  constructor(scenes: SceneSetName) {
    this.worker = startWorker(scenes);
    this.worker.on("message", (pixels: Uint8Array) => this.waiting.shift()?.resolve(pixels));
    const fail = (reason: string): void => {
      for (const { reject } of this.waiting.splice(0)) {
        reject(new ScenesError(`renderScenes: expected the render worker to answer, got ${reason}`));
      }
    };
    this.worker.on("error", (error) => fail(String(error)));
    this.worker.on("exit", (code) => fail(`its exit with code ${code}`));
  }

  render(indices: readonly number[]): Promise<Uint8Array> {
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      this.waiting.push({ resolve, reject });
    });
    // Nobody may be left to hear that a block failed once an earlier one has.
    answer.catch(() => undefined);
    this.worker.postMessage(indices);
    return answer;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

function startWorker(workerData: SceneSetName): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./render-worker.js", import.meta.url), { workerData });
  // Run from sources (tests, scripts), the worker is TypeScript as well: tsx, a development dependency, has to load it.
  const file = JSON.stringify(new URL("./render-worker.ts", import.meta.url).href);
  return new Worker(`import("tsx/esm/api").then((tsx) => { tsx.register(); return import(${file}); });`, {
    eval: true,
    workerData,
  });
}
