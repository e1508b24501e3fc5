import { Command } from "commander";
import { DEMO_TRAINING } from "../config/presets.js";
import { resolveConfig } from "../experiment/resolve-config.js";
import { runExperiment } from "../run/run-experiment.js";
import { listener, type RunningOptions, seedNumber, stoppable, withRunningOptions } from "./common.js";
import { wholeCommand } from "./exit.js";
import { tellReport } from "./tell-report.js";

/** One attribute that is almost linear in latent space, and one that is not. */
const ATTRIBUTES = ["wall_color", "object_shape"];

/** `latentflow demo` */
export function demoCommand(): Command {
  const command = new Command("demo")
    .summary("a whole experiment in minutes, without a file of yours or the network")
    .description(
      "a whole experiment in minutes: edits of rendered scenes by four methods, measured, with a report. Needs no file and no network.",
    )
    .option("--quick", "under a minute, with fewer codes and iterations", false)
    .option("--seed <n>", "seed of everything random", seedNumber, 0);
  return withRunningOptions(command, "out/demo").action(async (options: DemoOptions) => {
    const { out, engine, workers, replace, quick, seed } = options;
    const preset = quick ? { preset: "quick" as const } : { preset: "demo" as const, train: DEMO_TRAINING };
    const config = resolveConfig({ ...preset, model: "studio", attributes: ATTRIBUTES, seed });
    const { onEvent, end } = listener(options.json);
    const rerun = wholeCommand("demo", process.argv.slice(3));
    const result = await stoppable((signal) =>
      runExperiment(config, { out, engine, workers, replace, shard: options.shard ?? null, rerun, onEvent, signal }),
    ).finally(end);
    if (result) return tellReport(result, options.json);
    if (options.json) console.log(JSON.stringify({ type: "done", out, shard: options.shard }));
    else console.log(`slice: done, in ${out}. The report of all that is done: latentflow report --out ${out}`);
  });
}

interface DemoOptions extends RunningOptions {
  readonly quick: boolean;
  readonly seed: number;
}
