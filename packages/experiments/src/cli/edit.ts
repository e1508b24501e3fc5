import { extname } from "node:path";
import { writeNpy } from "@latentflow/checkpoints";
import { writeFileAtomic } from "@latentflow/core/files";
import { Command } from "commander";
import { ConfigError } from "../errors.js";
import { encodePng } from "../pictures/index.js";
import { type EditedCodes, editCodes } from "../run/edit-codes.js";
import { checkOutput } from "../store/check-output.js";
import { type CommonOptions, editLength, integerOption, pathOption, seedNumber, stoppable, withCommonOptions } from "./common.js";
import { framesGrid } from "./edit-pictures.js";
import { readCodesFile } from "./read-codes.js";

/** Options of the commands that apply a run's direction. */
export interface EditOptions extends CommonOptions {
  readonly attribute?: string;
  readonly method?: string;
  readonly codes?: string;
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
  latentflow edit --out out/faces --attribute Smiling --codes my-codes.npy --save edited.npy`;

/** `latentflow edit` */
export function editCommand(): Command {
  return withEditOptions(new Command("edit"), "edit.png", 8)
    .description("apply a run's direction to new codes, and show the way in a picture")
    .option("--save <file.npy>", "write the edited codes, [n, d]", pathOption)
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
    .option("-a, --attribute <name>", "edited attribute (default: the run's first)")
    .option("-m, --method <id>", "interfacegan, projected, constant, ode-1, … (default: the run's last)")
    .option("--codes <file.npy>", "codes to edit, [n, d], in place of new ones", pathOption)
    .option("-n, --count <n>", "how many new codes", integerOption(1, 10_000), 4)
    .option("--seed <n>", "seed of the new codes", seedNumber, 1)
    .option("-t, --t <length>", "edit length; below 0 the other way (default: as far as the run measured)", editLength)
    .option("--frames <n>", "pictures along the way", integerOption(1, 10_000), frames)
    .option("-f, --file <file>", "where to write the picture", pathOption, file);
}

export async function applyEdit(options: EditOptions): Promise<EditedCodes> {
  const { codes: file, ...request } = options;
  const codes = file === undefined ? undefined : await readCodesFile(file);
  const { out, attribute, method, count, seed, t, engine } = request;
  const frames = Math.max(2, request.frames);
  return stoppable((signal) => editCodes({ out, attribute, method, codes, count, seed, t, frames, engine, signal }));
}

export function tellEdit({ frames, changes, from, to }: EditedCodes, { json, file }: EditOptions): void {
  if (json) {
    console.log(JSON.stringify({ type: "done", file, from, to, times: frames.times, changes }));
    return;
  }
  console.log(`${frames.attribute} by ${frames.label}, found for class ${from} → ${to}; to t = ${frames.times.at(-1)}`);
  changes.forEach(({ before, after, others }, i) => {
    const own = before === after ? `stays in class ${after}` : `class ${before} → ${after}`;
    console.log(`  code ${i + 1}: ${own}; ${others} other ${others === 1 ? "attribute" : "attributes"} changed`);
  });
  console.log(file);
}
