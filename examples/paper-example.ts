/** What the examples of the paper's data sets share: from the released files in the layout of the paper's code to the report. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { useBackend } from "@latentflow/backend";
import {
  type ExperimentOptions,
  type ReleasedName,
  releasedExperiment,
  runCommand,
  runExperiment,
} from "@latentflow/experiments";
import { writeReleased } from "../tools/made-up-released/index.js";

export interface PaperExample {
  readonly dataset: ReleasedName;
  /** What differs from the configuration that the files make. */
  readonly changes?: ExperimentOptions;
  /** After the report. */
  readonly after?: (setting: ExampleSetting) => Promise<void>;
}

export interface ExampleSetting {
  /** Folder of the paper's code. */
  readonly released: string;
  /** Folder of the run. */
  readonly out: string;
  /** A command of `latentflow`. */
  command(...args: string[]): Promise<void>;
}

/** Enough to go through every step. */
const SMOKE: ExperimentOptions = {
  fit: { ratio: 0.2 },
  train: { iterations: 3, batchSize: 4 },
  evaluate: { starts: 6, times: 3, resamples: 20, batchSize: 10 },
  analyze: { probeCodes: 40, paths: 4, bins: 3 },
  pictures: { samples: 1, frames: 3 },
};

/**
 * Runs an example: `--released FOLDER` of the paper's code with its downloads, or `--smoke` on tiny files of the same layout, which are written first; `--out FOLDER` of the run.
 *
 * @returns the report's path
 */
export async function paperExample({ dataset, changes = {}, after }: PaperExample, args: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...args],
    options: { smoke: { type: "boolean", default: false }, released: { type: "string" }, out: { type: "string" } },
  });
  const { smoke, out = join("out", smoke ? `${dataset}-smoke` : dataset) } = values;
  const released = smoke ? join(out, "released") : values.released;
  if (released === undefined)
    throw new Error(`${dataset}: expected --released FOLDER, or --smoke. README.md says what to download.`);
  await useBackend("wasm");
  if (smoke) await writeReleased(released, dataset);
  const found = await releasedExperiment(released, dataset);
  const config = { ...found, ...changes, ...(smoke && SMOKE) };
  const result = await runExperiment(config, { out: join(out, "run"), workers: 1, onEvent: tell });
  const command = async (...words: string[]) => {
    const code = await runCommand(words);
    if (code !== 0) throw new Error(`latentflow ${words.join(" ")}: ended with ${code}.`);
  };
  await after?.({ released, out, command });
  console.log(result!.report);
  return result!.report;
}

/** One line a finished job. */
function tell(event: { readonly type: string; readonly job?: string }): void {
  if (event.type === "end") console.error(`  ${event.job}`);
}

/** Runs an example when its file is what was started, and not imported. */
export async function whenStarted(file: string, run: (args: readonly string[]) => Promise<unknown>): Promise<void> {
  if (process.argv[1] !== undefined && file.endsWith(process.argv[1].split(/[\\/]/).slice(-2).join("/")))
    await run(process.argv.slice(2));
}
