import { readFile } from "node:fs/promises";
import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { AbortError } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";

/** Milliseconds of work that a killed process may lose. */
const EVERY = 3000;

/** What long work has done so far, in a file that outlives an interruption. A stop keeps all of it, a killed process all but the last seconds. */
export class KeptArrays {
  private last = performance.now();

  /**
   * @param file where it is kept
   * @param madeOf tells a file of the same work from others, which are no use
   */
  constructor(
    private readonly file: string,
    private readonly madeOf: string,
  ) {}

  /** What was kept; empty where the file is missing, damaged, or another work's: that work is done again, and no question. */
  async read(): Promise<ReadonlyMap<string, TensorData>> {
    try {
      const { tensors, metadata } = await readSafetensors(new Uint8Array(await readFile(this.file)));
      if (metadata.get("madeOf") === this.madeOf) return tensors;
    } catch {
      // As if there were none.
    }
    return new Map();
  }

  /**
   * Does the work step by step, and keeps its state now and then, and when it is stopped.
   *
   * @param steps does one step at each turn
   * @param state what is done after the last whole step
   */
  async during(steps: AsyncIterable<unknown>, state: () => Readonly<Record<string, TensorData>>): Promise<void> {
    try {
      for await (const _ of steps) {
        if (performance.now() - this.last < EVERY) continue;
        await this.keep(state());
      }
    } catch (error) {
      if (error instanceof AbortError) await this.keep(state());
      throw error;
    }
  }

  private async keep(state: Readonly<Record<string, TensorData>>): Promise<void> {
    await writeFileAtomic(this.file, writeSafetensors(new Map(Object.entries(state)), { madeOf: this.madeOf }));
    this.last = performance.now();
  }
}
