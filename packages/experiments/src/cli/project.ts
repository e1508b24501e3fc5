import { extname, join } from "node:path";
import { writeNpy, writeSafetensors } from "@latentflow/checkpoints";
import { writeFileAtomic } from "@latentflow/core/files";
import type { EngineName } from "@latentflow/engine";
import { Command, Option } from "commander";
import { ConfigError } from "../errors.js";
import { encodePng, enlarge, grid } from "../pictures/index.js";
import { type ProjectedPhotos, projectPhotos } from "../run/project-photos.js";
import { checkOutput } from "../store/check-output.js";
import { integerOption, pathOption, pathsArgument, seedNumber, stoppable, withCommonOptions } from "./common.js";
import { StepBar } from "./step-bar.js";

interface ProjectCommandOptions {
  readonly out: string;
  readonly engine: EngineName;
  readonly json: boolean;
  readonly generator?: string;
  readonly space?: "w" | "w+";
  readonly steps: number;
  readonly seed: number;
  readonly crop: "square" | "face";
  readonly lpips?: string;
  readonly lpipsLinear?: string;
  readonly vgg16?: string;
  readonly codes: string;
}

const EXAMPLES = `
Examples:
  latentflow project table.jpg --out out/table
  latentflow project me.jpg you.jpg --generator ffhq.pkl --crop face --space w+ --codes codes.safetensors
  latentflow project me.jpg --generator ffhq.pkl --lpips vgg16-397923af.pth --lpips-linear vgg.pth

Writes into the folder: the codes, pairs.png with each photo beside what was found, distances.json. Then, with a run of the same generator:
  latentflow edit --codes out/table/codes.npy --out out/my-run --attribute object_size

Faces are found by the networks of an optional package: npm install @vladmandic/face-api`;

/** Small pictures are enlarged to about this width, in pixels. */
const CELL = 256;

/** `latentflow project` */
export function projectCommand(): Command {
  return withCommonOptions(new Command("project"), "out/project")
    .description("find a generator's codes for photos: the StyleGAN2 projector")
    .argument("<photos...>", "JPEG, PNG, WebP, TIFF or AVIF files", pathsArgument)
    .option(
      "-g, --generator <file>",
      "a StyleGAN2 in .pkl, .pt, .pth or .safetensors, or any generator in .onnx (default: the bundled scenes')",
      pathOption,
    )
    .addOption(
      new Option("--space <space>", "one code a photo, or one a layer (default: w+ where the generator takes it)").choices([
        "w",
        "w+",
      ]),
    )
    .option("--steps <n>", "steps of the search", integerOption(1, 100_000), 1000)
    .option("--seed <n>", "seed of the noise that the search adds", seedNumber, 0)
    .addOption(
      new Option("--crop <how>", "the middle square, or a face turned upright as in FFHQ")
        .choices(["square", "face"])
        .default("square"),
    )
    .option("--lpips <file>", "torchvision's AlexNet or VGG16: measure by LPIPS", pathOption)
    .option("--lpips-linear <file>", "LPIPS's linear layers, where the other file has none", pathOption)
    .option("--vgg16 <file>", "torchvision's VGG16: measure by its activations", pathOption)
    .option("--codes <file>", "name of the codes' file, .npy or .safetensors", pathOption, "codes.npy")
    .addHelpText("after", EXAMPLES)
    .action(async (photos: string[], options: ProjectCommandOptions) => {
      const { out, json } = options;
      checkTogether(options);
      const files = { codes: join(out, options.codes), pairs: join(out, "pairs.png"), distances: join(out, "distances.json") };
      for (const file of Object.values(files)) await checkOutput("--out", file);
      const bar = new StepBar(json ? null : process.stderr);
      const { generator, space, lpips, lpipsLinear, vgg16 } = options;
      const found = await stoppable((signal) =>
        projectPhotos({ ...options, photos, generator, space, lpips, lpipsLinear, vgg16, signal, onProgress: bar.show }),
      ).finally(() => bar.end());
      await writeFileAtomic(files.codes, codesFile(files.codes, found));
      await writeFileAtomic(files.pairs, encodePng(pairsPicture(found)));
      await writeFileAtomic(files.distances, `${JSON.stringify(record(photos, found), null, 1)}\n`);
      tell(photos, found, files, json);
    });
}

function checkTogether({ codes, lpips, lpipsLinear, vgg16 }: ProjectCommandOptions): void {
  if (![".npy", ".safetensors"].includes(extname(codes)))
    throw new ConfigError(`--codes: expected a name in .npy or .safetensors, got ${codes}.`);
  if (lpips !== undefined && vgg16 !== undefined)
    throw new ConfigError("--vgg16: expected one distance, got --lpips, too; leave one of them out.");
  if (lpipsLinear !== undefined && lpips === undefined)
    throw new ConfigError("--lpips-linear: expected the network that it belongs to, got none; name it with --lpips.");
}

function codesFile(file: string, { codes }: ProjectedPhotos): Uint8Array {
  const tensor = { shape: [...codes.shape], dtype: "float32", data: Float32Array.from(codes.data) } as const;
  return extname(file) === ".npy" ? writeNpy(tensor) : writeSafetensors(new Map([["codes", tensor]]));
}

/** Rows: photos; columns: the photo, and what was found. */
function pairsPicture({ pairs }: ProjectedPhotos) {
  const cells = pairs.flat().map((picture) => enlarge(picture, { factor: Math.max(1, Math.round(CELL / picture.width)) }));
  return grid(cells, { columns: 2, gap: 4 });
}

function record(photos: readonly string[], found: ProjectedPhotos) {
  const { distance, generator, engine, distances, startDistances } = found;
  const each = photos.map((photo, i) => ({ photo, distance: distances[i], start: startDistances[i] }));
  return { generator, engine, distance, photos: each };
}

function tell(photos: readonly string[], found: ProjectedPhotos, files: Readonly<Record<string, string>>, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ type: "done", files, ...record(photos, found) }));
    return;
  }
  console.log(`${found.generator}; ${found.distance}`);
  for (const [i, photo] of photos.entries()) {
    const [now, start] = [found.distances[i]!, found.startDistances[i]!];
    console.log(`  ${photo}: distance ${now.toPrecision(3)}, ${((100 * now) / start).toPrecision(2)} % of the mean code's`);
  }
  for (const file of Object.values(files)) console.log(file);
}
