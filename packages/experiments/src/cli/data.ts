import {
  checkDataset,
  DATASETS,
  type DatasetCheck,
  type DatasetName,
  DatasetsError,
  describeDataset,
} from "@latentflow/datasets";
import { Argument, Command } from "commander";
import { ConfigError, ExperimentsError } from "../errors.js";
import { pathOption, stoppable, withChange } from "./common.js";
import { FileBar } from "./file-bar.js";

const EXAMPLES = `
Examples:
  latentflow data check celeba                      what the folder must hold, and where its authors publish it
  latentflow data check celeba /data/celeba         looks at every file: minutes
  latentflow data check mpi3d c.npz --set variant=complex
  latentflow data check csv my-pictures             a folder of one's own, with labels.csv

A first check without a problem remembers checksums in the user's folder of caches; later ones compare. Nothing else is written.`;

interface DataCheckOptions {
  readonly partial: boolean;
  readonly quick: boolean;
  readonly cache: string | undefined;
  readonly set: readonly string[];
  readonly json: boolean;
}

/** `latentflow data check` */
export function dataCommand(): Command {
  const data = new Command("data").description("data sets on this machine");
  const check = new Command("check")
    .description("what a data set's folder holds, what is missing or damaged, and where to get it")
    .addArgument(new Argument("<name>", "which data set").choices(DATASETS))
    .argument("[path]", "its folder; of mpi3d the .npz file")
    .option("--partial", "a part of it is meant: count by its own lists, not as published", false)
    .option("--quick", "look for pictures without opening them; no checksums", false)
    .option("--cache <folder>", "where checksums are remembered (default: the user's folder of caches)", pathOption)
    .option(
      "--set <option=value>",
      "an option of the data set's reader; may be repeated",
      (value, all: string[]) => [...all, value],
      [],
    )
    .option("--json", "the answer as one JSON object, for programs", false)
    .addHelpText("after", EXAMPLES)
    .action(async (name: DatasetName, path: string | undefined, options: DataCheckOptions) => {
      if (path === undefined) return tellWhatItIs(name, options.json);
      const found = await lookAt(name, path, options);
      if (options.json) console.log(JSON.stringify({ type: "check", name, path, ...found }));
      else tell(name, path, found);
      const { length } = found.problems;
      if (length > 0) throw new ExperimentsError(`data check: ${length} problem${length === 1 ? "" : "s"} in ${path} (✗).`);
    });
  return data.addCommand(check);
}

async function lookAt(
  name: DatasetName,
  path: string,
  { partial, quick, cache, set, json }: DataCheckOptions,
): Promise<DatasetCheck> {
  const bar = new FileBar(json ? null : process.stderr);
  try {
    const dataset = set.reduce(withChange, {});
    return await stoppable((signal) =>
      checkDataset(name, path, { dataset, partial, quick, cacheFolder: cache, signal, onProgress: bar.show }),
    );
  } catch (cause) {
    if (!(cause instanceof DatasetsError)) throw cause;
    throw new ConfigError(cause.message.replace(/^checkDataset:/, "data check:"), { cause });
  } finally {
    bar.end();
  }
}

function tellWhatItIs(name: DatasetName, json: boolean): void {
  const about = describeDataset(name);
  if (json) console.log(JSON.stringify({ type: "dataset", name, ...about }));
  else console.log([about.title, ...needs(name)].join("\n"));
}

function needs(name: DatasetName): string[] {
  const { page, holds, size } = describeDataset(name);
  return [
    `  must hold  ${holds.join("\n             ")}`,
    `  takes      ${size}`,
    ...(page === undefined ? [] : [`  from       ${page}`]),
  ];
}

function tell(
  name: DatasetName,
  path: string,
  { about, pictures, splits, problems, checksums, checksumsFile }: DatasetCheck,
): void {
  console.log(`${about.title} in ${path}`);
  if (pictures !== null) {
    const parts = Object.entries(splits).map(([split, count]) => `${split} ${count.toLocaleString("en-US")}`);
    console.log(`  ${pictures.toLocaleString("en-US")} pictures (${parts.join(", ")})`);
  }
  for (const { message } of problems) console.log(`  ✗ ${message}`);
  if (problems.some(({ kind }) => kind === "structure" || kind === "missing")) console.log(needs(name).join("\n"));
  if (problems.length > 0) return;
  const told = { written: "checksums remembered in", compared: "the same files as at the first check, by", none: "" }[checksums];
  console.log(`  ✓ all there${checksumsFile === null ? "" : `; ${told} ${checksumsFile}`}`);
}
