import { type CheckpointSource, readSafetensors } from "@latentflow/checkpoints";
import { type Attribute, checkBackend, describeValue, readOptions } from "@latentflow/core";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { CODE_COUNT, CODE_SEED } from "./codes.js";
import { type DataFile, fileOf, LOAD, type LoadOptions, readFile } from "./data-files.js";
import { SCENE_SETS, type SceneSetName, scenesDataset } from "./dataset.js";
import { ScenesError } from "./errors.js";

/** A benchmark's networks, ready to edit with. `dispose` frees them and the codes. */
export interface PretrainedScenes {
  /** StyleGAN2 trained on the scenes: 64 px, latent dimension d = 64 (tabletop) or 96 (studio). Without truncation. */
  readonly generator: StyleGan2Generator;
  /** Reads the factors off a picture. Trained on rendered scenes alone. */
  readonly regressor: FactorRegressor;
  readonly attributes: readonly Attribute[];
  /** Mean of w over the codes, [d]. Belongs to the generator. */
  readonly meanLatent: Tensor1D;
  /** Codes w, [20000, d]. */
  readonly codes: Tensor2D;
  /** The regressor's classes of the codes' pictures: row-major [20000, factors]. */
  readonly labels: { readonly data: Uint8Array; readonly shape: readonly [number, number] };
  dispose(): void;
}

/**
 * Loads a benchmark's generator, regressor and labelled codes onto the current tfjs backend. Nothing is downloaded in Node; in browsers the files
 * are fetched from beside the module, or from the folder `from`.
 *
 * @param name default "tabletop"
 * @throws ScenesError if there is no benchmark of that name, a file is missing or cannot be read, or no backend has started
 */
export async function loadPretrainedScenes(
  name: SceneSetName = "tabletop",
  options: LoadOptions = {},
): Promise<PretrainedScenes> {
  const load = loader("loadPretrainedScenes", name, options);
  const { attributes } = scenesDataset(name);
  const labels = await load("codes", (file) => readLabels(file, attributes.length));
  const generator = await load("generator", readGenerator);
  const regressor = await load("regressor", (file) => readRegressor(file, name)).catch((error) => {
    generator.dispose();
    throw error;
  });
  const codes = generator.sample(CODE_COUNT, { seed: CODE_SEED });
  return {
    generator,
    regressor,
    attributes: regressor.attributes,
    meanLatent: generator.meanLatent as Tensor1D,
    codes,
    labels: { data: labels, shape: [CODE_COUNT, attributes.length] },
    dispose() {
      generator.dispose();
      regressor.dispose();
      codes.dispose();
    },
  };
}

/**
 * Loads a benchmark's generator alone, with its mean latent. The caller disposes it.
 *
 * @param name default "tabletop"
 * @throws ScenesError if there is no benchmark of that name, its file is missing or cannot be read, or no backend has started
 */
export async function loadSceneGenerator(
  name: SceneSetName = "tabletop",
  options: LoadOptions = {},
): Promise<StyleGan2Generator> {
  return loader("loadSceneGenerator", name, options)("generator", readGenerator);
}

/**
 * Loads a benchmark's attribute regressor alone: a head a factor, in the order of the data set's `attributes`. The caller disposes it.
 *
 * @param name default "tabletop"
 * @throws ScenesError if there is no benchmark of that name, its file is missing or cannot be read, or no backend has started
 */
export async function loadSceneRegressor(name: SceneSetName = "tabletop", options: LoadOptions = {}): Promise<FactorRegressor> {
  return loader("loadSceneRegressor", name, options)("regressor", (file) => readRegressor(file, name));
}

/**
 * Loads a benchmark's judge: a second regressor of the same factors, trained from another seed, for measures that must not use the network which
 * edits are trained with. The caller disposes it.
 *
 * @param name default "tabletop"
 * @throws ScenesError if there is no benchmark of that name, its file is missing or cannot be read, or no backend has started
 */
export async function loadSceneJudge(name: SceneSetName = "tabletop", options: LoadOptions = {}): Promise<FactorRegressor> {
  return loader("loadSceneJudge", name, options)("judge", (file) => readRegressor(file, name));
}

/** Checks what was asked for; gives what reads one of that benchmark's files. */
function loader(caller: string, name: SceneSetName, options: LoadOptions) {
  if (!SCENE_SETS.includes(name)) {
    throw new ScenesError(`${caller}: expected one of ${SCENE_SETS.join(", ")}, got ${describeValue(name)}`);
  }
  const { from } = readOptions(caller, LOAD, options, ScenesError);
  checkBackend(caller, ScenesError);
  return <T>(file: DataFile, read: (source: CheckpointSource) => Promise<T>): Promise<T> =>
    readFile(caller, fileOf(name, file, from), read);
}

async function readGenerator(file: CheckpointSource): Promise<StyleGan2Generator> {
  const generator = await StyleGan2Generator.fromSafetensors(file);
  if (generator.meanLatent) return generator;
  generator.dispose();
  throw new ScenesError("expected a generator with its mean latent, latent_avg, got one without");
}

function readRegressor(file: CheckpointSource, name: SceneSetName): Promise<FactorRegressor> {
  return FactorRegressor.fromSafetensors(file, { attributes: scenesDataset(name).attributes.map((factor) => factor.name) });
}

async function readLabels(file: CheckpointSource, factors: number): Promise<Uint8Array> {
  const labels = (await readSafetensors(file)).tensors.get("labels");
  if (labels?.data instanceof Uint8Array && labels.shape.join() === `${CODE_COUNT},${factors}`) return labels.data;
  throw new ScenesError(`expected uint8 labels [${CODE_COUNT}, ${factors}], got ${labels?.shape.join(", ") ?? "none"}`);
}
