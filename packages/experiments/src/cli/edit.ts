import { extname } from "node:path";
import { writeNpy } from "@latentflow/checkpoints";
import { ATTRIBUTE_LISTS, type AttributeList, attributeNames } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import type { RowList, RowRange } from "@latentflow/latent-edit";
import { Command, InvalidArgumentError } from "commander";
import { ConfigError } from "../errors.js";
import { encodePng } from "../pictures/index.js";
import { type Change, type EditedCodes, editCodes } from "../run/edit-codes.js";
import type { EditNetworks } from "../run/edit-setting.js";
import { checkOutput } from "../store/check-output.js";
import { type CommonOptions, editLength, integerOption, pathOption, seedNumber, stoppable, withCommonOptions } from "./common.js";
import { framesGrid } from "./edit-pictures.js";
import { readCodesFile } from "./read-codes.js";
import { rowsOption, rowsText } from "./rows-option.js";

/** Options of the commands that apply a direction. */
export interface EditOptions extends CommonOptions {
  readonly attribute?: string;
  readonly method?: string;
  readonly direction?: string;
  readonly generator?: string;
  readonly regressor?: string;
  readonly attributes?: string[];
  readonly truncation?: number;
  readonly codes?: string;
  readonly rows?: RowRange | RowList | "all";
  readonly count: number;
  readonly seed: number;
  readonly t?: number;
  readonly frames: number;
  readonly file: string;
}

const EXAMPLES = `
Examples:
  latentflow edit --out out/demo --attribute object_size --t 4 --file larger.png
  latentflow edit --out out/demo --attribute object_size --method interfacegan --seed 7
  latentflow edit --out out/faces --attribute Smiling --codes my-codes.npy --save edited.npy

Without a run's folder, such as with the paper's files:
  latentflow edit --direction log/ffhq/1/ckpt_31.pt --generator models/ffhq/generator.pth --truncation 0.7 \\
    --codes inverses/actors.pt --rows 0:6 --t 6`;

/** `latentflow edit` */
export function editCommand(): Command {
  return withEditOptions(new Command("edit"), "edit.png", 8)
    .description("apply a direction, a run's or a file's, to codes, and show the way in a picture")
    .option("--save <file.npy>", "write the edited codes, [n, d] or [n, rowCount, d]", pathOption)
    .addHelpText("after", EXAMPLES)
    .action(async (options: EditOptions & { save?: string }) => {
      if (extname(options.file) !== ".png") throw new ConfigError(`--file: expected a name in .png, got ${options.file}.`);
      await checkOutput("--file", options.file);
      if (options.save !== undefined) await checkOutput("--save", options.save);
      const edited = await applyEdit(options);
      await writeFileAtomic(options.file, encodePng(framesGrid(edited.frames)));
      if (options.save !== undefined) {
        const { data, shape } = edited.codes;
        await writeFileAtomic(options.save, writeNpy({ shape: [...shape], dtype: "float32", data: Float32Array.from(data) }));
      }
      tellEdit(edited, options);
    });
}

export function withEditOptions(command: Command, file: string, frames: number): Command {
  return withCommonOptions(command, "out/demo")
    .option("-a, --attribute <name>", "edited attribute (default: the run's first; of a file, the one it says)")
    .option("-m, --method <id>", "interfacegan, projected, constant, ode-1, … (default: the run's last)")
    .option(
      "--direction <file>",
      "a direction's file in place of the run's: .safetensors of ours, the paper's .pt, .npy of a vector",
      pathOption,
    )
    .option("--generator <file>", "a generator in place of the run's: no run is needed then", pathOption)
    .option("--regressor <file>", "with --generator: reads the attributes", pathOption)
    .option(
      "--attributes <names>",
      `with --regressor: its attributes, parted by commas, or one of ${ATTRIBUTE_LISTS.join(", ")}`,
      attributesOption,
    )
    .option("--truncation <psi>", "with --generator: ψ around the mean latent, after the edit (default: 1)", psiOption)
    .option(
      "--codes <file>",
      "codes to edit, [n, d] or W+ [n, rowCount, d] as .npy, .pt or .safetensors, in place of new ones",
      pathOption,
    )
    .option("--rows <a:b>", "rows of W+ codes to move, from a up to but not including b, or a list such as 0,2,5", rowsOption)
    .option("-n, --count <n>", "how many new codes", integerOption(1, 10_000), 4)
    .option("--seed <n>", "seed of the new codes", seedNumber, 1)
    .option(
      "-t, --t <length>",
      "edit length; below 0 the other way (default: as far as the run measured, or the file was trained, or 6)",
      editLength,
    )
    .option("--frames <n>", "pictures along the way", integerOption(1, 10_000), frames)
    .option("-f, --file <file>", "where to write the picture", pathOption, file);
}

export async function applyEdit(options: EditOptions): Promise<EditedCodes> {
  const { codes: file, ...request } = options;
  const networks = networksOf(options);
  const codes = file === undefined ? undefined : await readCodesFile(file);
  const { out, attribute, method, direction, rows, count, seed, t, engine } = request;
  const frames = Math.max(2, request.frames);
  return stoppable((signal) =>
    editCodes({ out, attribute, method, direction, networks, codes, rows, count, seed, t, frames, engine, signal }),
  );
}

/** Networks of --generator; undefined where the run's are meant. */
function networksOf({ generator, regressor, attributes, truncation }: EditOptions): EditNetworks | undefined {
  if (generator !== undefined) return { generator, regressor, attributes, truncation };
  const lonely = Object.entries({ regressor, attributes, truncation }).find(([, value]) => value !== undefined);
  if (lonely === undefined) return undefined;
  throw new ConfigError(`--${lonely[0]}: expected --generator beside it, got none; a run has networks of its own.`);
}

function attributesOption(text: string): string[] {
  const isList = (ATTRIBUTE_LISTS as readonly string[]).includes(text);
  return isList ? attributeNames(text as AttributeList) : text.split(",");
}

function psiOption(text: string): number {
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Expected a number above 0 and at most 1.");
}

export function tellEdit({ frames, changes, from, to, rows }: EditedCodes, { json, file }: EditOptions): void {
  if (json) {
    console.log(JSON.stringify({ type: "done", file, from, to, rows, times: frames.times, changes }));
    return;
  }
  const found = from === null ? "" : `, found for class ${from} → ${to}`;
  const moved = rows === null ? "" : `; ${rowsText(rows)}`;
  console.log(`${frames.attribute} by ${frames.label}${found}${moved}; to t = ${frames.times.at(-1)}`);
  changes.forEach((change, i) => {
    console.log(`  code ${i + 1}: ${told(change)}`);
  });
  console.log(file);
}

function told({ before, after, others }: Change): string {
  const [which, changed] = before === null ? ["", "attribute"] : ["other ", "attribute"];
  const rest = `${others} ${which}${changed}${others === 1 ? "" : "s"} changed`;
  if (before === null) return rest;
  return `${before === after ? `stays in class ${after}` : `class ${before} → ${after}`}; ${rest}`;
}
