import { type CheckpointSource, readSafetensors } from "@latentflow/checkpoints";
import { type Attribute, checkBackend, checkOptions, describeValue } from "@latentflow/core";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { CODE_COUNT, CODE_SEED } from "./codes.js";
import { ScenesError } from "./errors.js";
import { SCENE_FACTORS } from "./tabletop/factors.js";

/** The scenes' networks, ready to edit with. `dispose` frees them and the codes. */
export interface PretrainedScenes {
  /** StyleGAN2 trained on the scenes: 64 px, latent dimension 64. Without truncation. */
  readonly generator: StyleGan2Generator;
  /** Reads the seven factors off a picture. Trained on rendered scenes alone. */
  readonly regressor: FactorRegressor;
  readonly attributes: readonly Attribute[];
  /** Mean of w over the codes, [64]. Belongs to the generator. */
  readonly meanLatent: Tensor1D;
  /** Codes w, [20000, 64]. */
  readonly codes: Tensor2D;
  /** The regressor's classes of the codes' pictures: row-major [20000, 7]. */
  readonly labels: { readonly data: Uint8Array; readonly shape: readonly [number, number] };
  dispose(): void;
}

export interface LoadOptions {
  /**
   * Folder that holds the package's data files, for builds that don't take them along (esbuild): an address, in a page also one relative to it, such
   * as "/scenes/". Default: the package's own, beside its modules.
   */
  readonly from?: URL | string;
}

/**
 * Loads generator, regressor and labelled codes onto the current tfjs backend. Nothing is downloaded in Node; in browsers the files are
 * fetched from beside the module, or from the folder `from`.
 *
 * @throws ScenesError if a file is missing or cannot be read, or no backend has started
 */
export async function loadPretrainedScenes(options: LoadOptions = {}): Promise<PretrainedScenes> {
  checkOptions("loadPretrainedScenes", options, ["from"], ScenesError);
  checkBackend("loadPretrainedScenes", ScenesError);
  const files = filesOf("loadPretrainedScenes", options.from);
  const labels = await load("loadPretrainedScenes", files.codes, readLabels);
  const generator = await load("loadPretrainedScenes", files.generator, readGenerator);
  const regressor = await load("loadPretrainedScenes", files.regressor, readRegressor).catch((error) => {
    generator.dispose();
    throw error;
  });
  const codes = generator.sample(CODE_COUNT, { seed: CODE_SEED });
  return {
    generator,
    regressor,
    attributes: regressor.attributes,
    meanLatent: generator.latentAverage as Tensor1D,
    codes,
    labels: { data: labels, shape: [CODE_COUNT, SCENE_FACTORS.length] },
    dispose() {
      generator.dispose();
      regressor.dispose();
      codes.dispose();
    },
  };
}

/**
 * Loads the attribute regressor alone: seven heads, in the order of {@link SCENE_FACTORS}. The caller disposes it.
 *
 * @throws ScenesError if its file is missing or cannot be read, or no backend has started
 */
export async function loadSceneRegressor(options: LoadOptions = {}): Promise<FactorRegressor> {
  checkOptions("loadSceneRegressor", options, ["from"], ScenesError);
  checkBackend("loadSceneRegressor", ScenesError);
  return load("loadSceneRegressor", filesOf("loadSceneRegressor", options.from).regressor, readRegressor);
}

async function readGenerator(file: CheckpointSource): Promise<StyleGan2Generator> {
  const generator = await StyleGan2Generator.fromSafetensors(file);
  if (generator.latentAverage) return generator;
  generator.dispose();
  throw new ScenesError("expected a generator with its mean latent, latent_avg, got one without");
}

function readRegressor(file: CheckpointSource): Promise<FactorRegressor> {
  return FactorRegressor.fromSafetensors(file, { attributes: SCENE_FACTORS.map(({ name }) => name) });
}

async function readLabels(file: CheckpointSource): Promise<Uint8Array> {
  const labels = (await readSafetensors(file)).tensors.get("labels");
  if (labels?.data instanceof Uint8Array && labels.shape.join() === `${CODE_COUNT},${SCENE_FACTORS.length}`) return labels.data;
  throw new ScenesError(
    `expected uint8 labels [${CODE_COUNT}, ${SCENE_FACTORS.length}], got ${labels?.shape.join(", ") ?? "none"}`,
  );
}

/** The three files. Written out, since bundlers look for just this form to find files that belong to a module. */
function filesOf(caller: string, from: URL | string | undefined): { generator: URL; regressor: URL; codes: URL } {
  if (from === undefined) {
    return {
      generator: new URL("../data/generator.safetensors", import.meta.url),
      regressor: new URL("../data/regressor.safetensors", import.meta.url),
      codes: new URL("../data/codes.safetensors", import.meta.url),
    };
  }
  const folder = folderOf(caller, from);
  const file = (name: string): URL => new URL(`${name}.safetensors`, folder);
  return { generator: file("generator"), regressor: file("regressor"), codes: file("codes") };
}

/** The folder as an address, ending in "/"; in a page, "/scenes" is one of its own. */
function folderOf(caller: string, from: unknown): URL {
  const address = typeof from === "string" || from instanceof URL ? `${from}`.replace(/\/*$/, "/") : "";
  const page = typeof document === "object" ? document.baseURI : typeof location === "object" ? location.href : undefined;
  if (address !== "" && URL.canParse(address, page)) return new URL(address, page);
  throw new ScenesError(
    `${caller}: expected from to be the address of a folder, got ${describeValue(from)}; in Node, pathToFileURL("folder") of node:url makes one.`,
  );
}

/** Reads one file, from the disk or by HTTP; says which one where that fails. */
async function load<T>(caller: string, url: URL, read: (file: CheckpointSource) => Promise<T>): Promise<T> {
  try {
    return await read(url.protocol === "file:" ? url : await fetch(url));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ScenesError(`${caller}: could not load ${url}: ${reason} Say with { from } where the data files are.`, { cause });
  }
}
