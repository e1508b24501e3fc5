import { writeFileAtomic, writeJsonAtomic } from "@latentflow/core/files";
import { DATASETS, type DatasetName } from "@latentflow/datasets";
import { ModelsError } from "@latentflow/models";
import { Command, InvalidArgumentError, Option } from "commander";
import { ExperimentsError } from "../errors.js";
import { type TrainedOnData, type TrainOnDataOptions, trainOnData } from "../run/train-on-data.js";
import { checkOutput } from "../store/check-output.js";
import { integerOption, pathOption, seedNumber, stoppable, withChange } from "./common.js";
import { TrainingBar } from "./training-bar.js";

const EXAMPLES = `
Examples:
  latentflow train-regressor --data mpi3d=mpi3d_toy.npz --out mpi3d.safetensors
  latentflow train-regressor --data isaac3d=/data/isaac --out isaac.safetensors
  latentflow train-regressor --data celeba=/data/celeba --backbone resnet18-f37072fd.pth --out faces.safetensors
  latentflow train-regressor --data my-pictures --out mine.safetensors     a folder of one's own, with labels.csv

Beside the regressor: its report in .json (accuracies and confusion by attribute), and the state in .checkpoint, from which the same command goes on
after Ctrl-C. The split "test" is never looked at.`;

type TrainingChoices = Omit<TrainOnDataOptions, "name" | "path" | "dataset" | "attributes" | "signal" | "onProgress">;

interface TrainCommandOptions extends TrainingChoices {
  readonly data: { readonly name: DatasetName; readonly path: string };
  readonly attributes: string | undefined;
  readonly set: readonly string[];
  readonly json: boolean;
}

/** `latentflow train-regressor` */
export function trainRegressorCommand(): Command {
  return new Command("train-regressor")
    .description("train a regressor of attributes on labelled pictures, as the paper did")
    .requiredOption("-d, --data <name=path>", `a data set (${DATASETS.join(", ")}), or a folder with labels.csv`, dataOption)
    .option("-o, --out <file>", "the regressor's file", pathOption, "regressor.safetensors")
    .addOption(
      new Option("--network <name>", "default: the paper's for the data set").choices(["cnn", "resnet18-cifar", "frozen"]),
    )
    .option("--backbone <file>", "of frozen: an ImageNet ResNet as torchvision saves it (.pth)", pathOption)
    .option("--size <pixels>", "side of the pictures (default 64, 128 or 224 by network)", integerOption(16, 1024))
    .option("--attributes <names>", "some attributes, parted by commas (default: all)")
    .option("--limit <n>", "train on so many pictures at most", integerOption(2, 10_000_000))
    .option("--epochs <n>", "at most", integerOption(1, 10_000), 10)
    .option("--patience <n>", "epochs without a better accuracy on validation before it stops", integerOption(1, 10_000), 3)
    .option("--batch-size <n>", "pictures a step", integerOption(1, 4096), 64)
    .option("--learning-rate <x>", "of Adam", rate, 1e-3)
    .addOption(
      new Option("--class-weights <how>", "balanced: rare classes count more").choices(["none", "balanced"]).default("none"),
    )
    .option("--seed <n>", "seed of weights and order", seedNumber, 0)
    .addOption(
      new Option("--engine <name>", "what computes features of frozen").choices(["auto", "onnx", "tfjs"]).default("auto"),
    )
    .option(
      "--set <option=value>",
      "an option of the data set's reader; may be repeated",
      (value, all: string[]) => [...all, value],
      [],
    )
    .option("--json", "one JSON object on stdout, for programs", false)
    .addHelpText("after", EXAMPLES)
    .action(async ({ data, set, attributes, ...options }: TrainCommandOptions) => {
      const { out, json } = options;
      const report = `${out}.json`;
      for (const file of [out, report]) await checkOutput("--out", file);
      const bar = new TrainingBar(json ? null : process.stderr);
      const trained = await stoppable((signal) =>
        trainOnData({
          ...options,
          ...data,
          dataset: set.reduce(withChange, {}),
          attributes: attributes?.split(","),
          signal,
          onProgress: bar.show,
        }),
      )
        .catch(explain)
        .finally(() => bar.end());
      const { regressor, ...told } = trained;
      try {
        await writeFileAtomic(out, regressor.toSafetensors());
      } finally {
        regressor.dispose();
      }
      // JSON has no NaN: an attribute without a labelled picture has no accuracy.
      await writeJsonAtomic(report, JSON.parse(JSON.stringify(told)));
      if (json) console.log(JSON.stringify({ type: "done", out, ...told }));
      else tell(out, report, trained);
    });
}

function explain(cause: unknown): never {
  if (!(cause instanceof ModelsError)) throw cause;
  throw new ExperimentsError(cause.message.replace(/^trainRegressor:/, "train-regressor:"), { cause });
}

function tell(out: string, report: string, { network, pictures, epochs, bestEpoch, heads }: TrainedOnData): void {
  const percent = (share: number) => (Number.isNaN(share) ? "no label" : `${(100 * share).toFixed(2)} %`);
  console.log(
    `${network}, ${pictures.train} pictures, judged on ${pictures.validation}; epoch ${bestEpoch} of ${epochs.length} is the best`,
  );
  const width = Math.max(...heads.map(({ name }) => name.length));
  for (const { name, accuracy } of heads) console.log(`  ${name.padEnd(width)}  ${percent(accuracy).padStart(8)}`);
  for (const file of [out, report]) console.log(file);
}

function dataOption(text: string): { name: DatasetName; path: string } {
  const cut = text.indexOf("=");
  const name = DATASETS.find((known) => known === text.slice(0, cut));
  if (name !== undefined && cut + 1 < text.length) return { name, path: text.slice(cut + 1) };
  if (name === undefined && text !== "" && !/^[\w-]+=/.test(text)) return { name: "csv", path: text };
  throw new InvalidArgumentError(`Expected name=path with one of ${DATASETS.join(", ")}, or a folder.`);
}

function rate(text: string): number {
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Expected a number above 0, at most 1.");
}
