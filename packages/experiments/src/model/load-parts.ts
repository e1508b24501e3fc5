import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { readSafetensors } from "@latentflow/checkpoints";
import type { MatrixLike } from "@latentflow/latent-edit";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { loadPretrainedScenes } from "@latentflow/scenes";
import type { ModelChoice } from "../config/types.js";
import { asError, ConfigError } from "../errors.js";
import type { ModelParts, ModelSetup } from "./parts.js";

/**
 * Loads the networks of a configuration onto the current tfjs backend.
 *
 * @throws ConfigError that names the field and the file that could not be loaded, and why
 */
export async function loadParts(choice: ModelChoice): Promise<ModelParts> {
  if (choice.kind === "scenes") return scenes(choice.from);
  if (choice.kind === "module") return fromModule(choice.path);
  const generator = await loading("generator", choice.generator, () => readGenerator(choice.generator));
  const regressor = await loading("regressor", choice.regressor, () => readRegressor(choice)).catch((error) => {
    generator.dispose();
    throw error;
  });
  return styleGan2Parts(`StyleGAN2, ${generator.architecture.resolution} px`, generator, regressor);
}

async function scenes(from: string | null): Promise<ModelParts> {
  const options = from === null ? {} : { from: pathToFileURL(`${from}/`) };
  const loaded = await loading("from", from ?? "the scenes' networks", () => loadPretrainedScenes(options));
  loaded.codes.dispose();
  return styleGan2Parts("StyleGAN2 of the bundled scenes, 64 px", loaded.generator, loaded.regressor);
}

async function fromModule(path: string): Promise<ModelParts> {
  const module = await loading("path", path, () => import(/* @vite-ignore */ pathToFileURL(path).href));
  if (typeof module.default !== "function") {
    throw new ConfigError(`config: expected model.path ${path} to export a function that makes the model by default.`);
  }
  const parts = await loading("path", path, async () => (module.default as ModelSetup)());
  const needed = [parts?.generator?.synthesize, parts?.regressor?.logits, parts?.sampleCodes] as unknown[];
  if (needed.every((member) => typeof member === "function")) return parts;
  throw new ConfigError(`config: expected model.path ${path} to give { name, generator, regressor, sampleCodes }.`);
}

function readGenerator(path: string): Promise<StyleGan2Generator> {
  const type = extname(path);
  if (type === ".pkl") return StyleGan2Generator.fromNvlabs(path);
  if (type === ".safetensors") return StyleGan2Generator.fromSafetensors(path);
  if (type === ".pt" || type === ".pth") return StyleGan2Generator.fromRosinality(path);
  throw new ConfigError(`config: expected model.generator to end in .pkl, .pt, .pth or .safetensors, got ${path}.`);
}

function readRegressor({ regressor, attributes }: Extract<ModelChoice, { kind: "files" }>): Promise<FactorRegressor> {
  const type = extname(regressor);
  if (type === ".safetensors") return FactorRegressor.fromSafetensors(regressor, { attributes });
  if (type === ".pt" || type === ".pth") return FactorRegressor.fromTorch(regressor, { attributes });
  throw new ConfigError(`config: expected model.regressor to end in .pt, .pth or .safetensors, got ${regressor}.`);
}

async function styleGan2Parts(name: string, generator: StyleGan2Generator, regressor: FactorRegressor): Promise<ModelParts> {
  const mean = generator.latentAverage ?? generator.meanLatent();
  const meanLatent = Array.from(await mean.data());
  if (mean !== generator.latentAverage) mean.dispose();
  return {
    name,
    generator,
    regressor,
    meanLatent,
    async sampleCodes(count, seed) {
      const codes = generator.sample(count, { seed });
      const values = (await codes.data()) as Float32Array;
      codes.dispose();
      return values;
    },
    styleWeights: () => styleWeights(generator),
    dispose() {
      generator.dispose();
      regressor.dispose();
    },
  };
}

/** The affine maps from w to each convolution's style, without those to RGB: what SeFa decomposes. */
async function styleWeights(generator: StyleGan2Generator): Promise<MatrixLike[]> {
  const { tensors } = await readSafetensors(generator.toSafetensors());
  return [...tensors]
    .filter(([name]) => /^convs?\d*(\.\d+)?\.conv\.modulation\.weight$/.test(name))
    .map(([, { data, shape }]) => ({ data: data as Float32Array, shape: [shape[0]!, shape[1]!] }));
}

/** Says which field of the configuration, and which file, could not be loaded. */
async function loading<T>(field: string, path: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`config: could not load model.${field}, ${path}: ${asError(cause).message}`, { cause });
  }
}
