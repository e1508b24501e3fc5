import type { CheckpointSource } from "@latentflow/checkpoints";
import { checkOptions, checkRequired } from "@latentflow/core";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { EngineError } from "../errors.js";
import type { ModelParts } from "../parts.js";
import { type FileType, openNetwork } from "./file-type.js";
import { styleGan2Parts } from "./stylegan2-parts.js";

/** Files of a generator and of a regressor: in Node paths, everywhere addresses to fetch, Files, Responses or bytes. */
export interface NetworkFiles {
  /** StyleGAN2: NVlabs' `.pkl`, rosinality's `.pt` or `.pth`, ours as `.safetensors`. */
  readonly generator: CheckpointSource;
  /** The paper's CNN regressor: `.pt`, `.pth` or `.safetensors`. */
  readonly regressor: CheckpointSource;
  /** A second regressor, in a file of the same kind, trained from another seed: judges edited pictures, and nothing else. */
  readonly judge?: CheckpointSource;
  /** Names of the regressor's attributes, one a head, in order. Default: "attribute 0", "attribute 1", … */
  readonly attributes?: readonly string[];
}

/** Readers by the file's type; one is one line. */
const GENERATORS: Partial<Record<FileType, (source: CheckpointSource) => Promise<StyleGan2Generator>>> = {
  pickle: (source) => StyleGan2Generator.fromNvlabs(source),
  torch: (source) => StyleGan2Generator.fromRosinality(source),
  safetensors: (source) => StyleGan2Generator.fromSafetensors(source),
};
const REGRESSORS: Partial<
  Record<FileType, (source: CheckpointSource, options: { attributes?: readonly string[] }) => Promise<FactorRegressor>>
> = {
  torch: (source, options) => FactorRegressor.fromTorch(source, options),
  safetensors: (source, options) => FactorRegressor.fromSafetensors(source, options),
};

/**
 * Reads a generator and a regressor onto the current tfjs backend. What a file holds is told by its name's ending, or by its first bytes where it has
 * no name.
 *
 * @throws EngineError that names the network and its file, and why it could not be read
 */
export async function readNetworks(files: NetworkFiles): Promise<ModelParts> {
  checkRequired("readNetworks", files, ["generator", "regressor"], EngineError);
  checkOptions("readNetworks", files, ["generator", "regressor", "judge", "attributes"], EngineError);
  const { attributes } = files;
  const options = attributes === undefined ? {} : { attributes };
  const opened: { dispose(): void }[] = [];
  const open = async <Network extends { dispose(): void }>(network: Promise<Network>): Promise<Network> => {
    opened.push(await network);
    return network;
  };
  try {
    const generator = await open(openNetwork("generator", files.generator, GENERATORS, (read, source) => read(source)));
    const regressorOf = (part: string, file: CheckpointSource) =>
      open(openNetwork(part, file, REGRESSORS, (read, source) => read(source, options)));
    const regressor = await regressorOf("regressor", files.regressor);
    const judge = files.judge === undefined ? undefined : await regressorOf("judge", files.judge);
    return await styleGan2Parts(`StyleGAN2, ${generator.architecture.resolution} px`, { generator, regressor, judge });
  } catch (error) {
    for (const network of opened) network.dispose();
    throw error;
  }
}
