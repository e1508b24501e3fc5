import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import { Command } from "commander";
import { resolveConfig } from "../experiment/resolve-config.js";
import type { RunEvent } from "../run/events.js";
import { runExperiment } from "../run/run-experiment.js";
import { STEP_NAMES, type StepName } from "../steps/job.js";
import { readRunFile } from "../store/run-file.js";
import { RunFolder } from "../store/run-folder.js";
import {
  configOf,
  listener,
  pathOption,
  type RunningOptions,
  shardOf,
  stoppable,
  withChanges,
  withRunningOptions,
} from "./common.js";
import { wholeCommand } from "./exit.js";
import { datasetOption, type ReleasedOptions, readReleased, releasedLines, releasedOption } from "./released-option.js";
import { tellReport } from "./tell-report.js";

const ABOUT: Readonly<Record<StepName, string>> = {
  sample: "draw codes and let the regressor label their pictures",
  fit: "find straight edits without training: InterFaceGAN, projected, GANSpace, SeFa",
  train: "train edits: a constant direction, flows of Neural ODEs",
  evaluate: "measure edits on held-out codes: control, disentanglement, areas, paired tests",
  analyze: "look at the paths: singular entropy, eigenvalues, straightness, first flips, probes",
  pictures: "strips and movies",
};

/** The configuration that --released made: `latentflow run --config OUT/config.json` is the same run. */
const CONFIG_FILE = "config.json";

const EXAMPLES = `
Examples:
  latentflow run --config my.json --out out/faces
  latentflow run --set attributes=object_size,camera_height --set train.iterations=300
  latentflow run --config my.json --workers 1        # one thread; by default one a core
  latentflow run --released ~/nonlinear-image-editing --dataset ffhq --out out/ffhq   # the paper's own files
  sbatch --array=0-7 --wrap "latentflow run --config my.json --out /shared/faces"   # then: latentflow report --out /shared/faces

Settings (--set field=value, or a file): name, seed, model, truncation, attributes, methods, sample.*, fit.*, train.*, evaluate.*,
analyze.*, pictures.*; preset "paper" (default), "demo" or "quick" fills in the rest. A wrong field is named in the error.
Without --config and --set, a folder that holds a run goes on with its own settings.
A step's own with their defaults: latentflow train --help, and so on.`;

/** A step's settings as `--set` takes them, with the values of the preset that a configuration begins with. */
function settingsOf(step: StepName): string {
  const fields = Object.entries(resolveConfig()[step]).map(([field, value]) => `  --set ${step}.${field}=${value}`);
  return `\nIts settings, as they are by default (the README says what each does):\n${fields.join("\n")}`;
}

/** `run`, and one command for each step that stands for itself. */
export function runCommands(): Command[] {
  const run = experimentCommand("run", "all steps, from sampling codes to the report", STEP_NAMES).addHelpText("after", EXAMPLES);
  const steps = STEP_NAMES.filter((step) => step !== "pictures");
  return [run, ...steps.map((step) => experimentCommand(step, ABOUT[step], [step]).addHelpText("after", settingsOf(step)))];
}

function experimentCommand(name: string, about: string, steps: readonly StepName[]): Command {
  const command = new Command(name)
    .summary(about)
    .description(steps.length === 1 ? `${about}. Does what it needs first.` : about)
    .option("-c, --config <file>", "settings: .json, or a module that exports defineExperiment({ … }) by default", pathOption)
    .addOption(releasedOption())
    .addOption(datasetOption())
    .option("--set <field=value>", "one setting; may be given many times", (value, all: string[] = []) => [...all, value]);
  return withRunningOptions(command, "out/run").action(async (options: RunOptionsGiven) => {
    const { out, engine, workers } = options;
    const released = await readReleased(options, options.config);
    const isPlain = options.config === undefined && options.set === undefined && released === null;
    // Without settings a command goes on with the folder's own: the defaults would take their results' place.
    const begun = isPlain ? await readRunFile(new RunFolder(out)) : null;
    const changed = released && withChanges(released.options, options.set ?? []);
    const config = begun?.config ?? (changed ? resolveConfig(changed) : await configOf(options.config, options.set ?? []));
    if (released && !options.json) {
      const { released: folder, dataset } = options as Required<ReleasedOptions>;
      console.log(
        [...releasedLines({ released: folder, dataset }, released.files, out), JSON.stringify(changed, null, 2)].join("\n"),
      );
    }
    // Its own settings can be others than its results' only where it is half way from one to the other.
    const replace = options.replace || begun !== null;
    const shard = shardOf(options);
    const rerun = begun?.rerun ?? wholeCommand("run", process.argv.slice(3));
    const { onEvent: tell, end } = listener(options.json);
    let kept: Promise<void> | undefined;
    const onEvent = (event: RunEvent) => {
      // Not before: the folder may be another run's, which refuses.
      if (event.type === "begin" && changed) kept = writeJsonAtomic(join(out, CONFIG_FILE), changed);
      tell(event);
    };
    const result = await stoppable((signal) =>
      runExperiment(config, { out, engine, workers, replace, shard, steps, rerun, onEvent, signal }),
    ).finally(end);
    await kept;
    if (result) return tellReport(result, options.json);
    const what = shard === null ? `${name}: done` : `slice ${shard.index + 1} of ${shard.count}: done`;
    if (options.json) console.log(JSON.stringify({ type: "done", out, shard }));
    else console.log(`${what}, in ${out}. The report of all that is done: latentflow report --out ${out}`);
  });
}

interface RunOptionsGiven extends RunningOptions, ReleasedOptions {
  readonly config?: string;
  readonly set?: string[];
}
