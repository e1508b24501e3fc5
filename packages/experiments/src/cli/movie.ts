import { extname } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import { Command } from "commander";
import { ConfigError } from "../errors.js";
import { encodeGif, encodeMp4 } from "../pictures/index.js";
import { checkOutput } from "../store/check-output.js";
import { applyEdit, type EditOptions, tellEdit, withEditOptions } from "./edit.js";
import { framesMovie } from "./edit-pictures.js";

const EXAMPLES = `
Examples:
  latentflow movie --out out/demo --attribute object_shape
  latentflow movie --out out/demo --attribute object_size --method constant --count 2 --file size.gif
  latentflow movie --direction log/ffhq/1/ckpt_4.pt --generator models/ffhq/generator.pth --truncation 0.7 --t 4 --frames 20 --file bald.mp4`;

/** `latentflow movie` */
export function movieCommand(): Command {
  return withEditOptions(new Command("movie"), "movie.mp4", 24)
    .description("apply a direction, a run's or a file's, to codes, and show the way there and back as a movie, .mp4 or .gif")
    .addHelpText("after", EXAMPLES)
    .action(async (options: EditOptions) => {
      const type = extname(options.file);
      if (type !== ".mp4" && type !== ".gif")
        throw new ConfigError(`--file: expected a name in .mp4 or .gif, got ${options.file}.`);
      await checkOutput("--file", options.file);
      const edited = await applyEdit(options);
      const frames = framesMovie(edited.frames);
      await writeFileAtomic(
        options.file,
        await (type === ".gif" ? encodeGif(frames, { framesPerSecond: 10 }) : encodeMp4(frames)),
      );
      tellEdit(edited, options);
    });
}
