import { checkChoice, type DeclaredOptions, type GivenOptions, isGiven, readOptions } from "@latentflow/core";
import { type LoadOptions, loadSceneGenerator, loadSceneJudge, loadSceneRegressor, type SceneSetName } from "@latentflow/scenes";
import { EngineError } from "../errors.js";
import { type StyleGan2Parts, styleGan2Parts } from "./stylegan2-parts.js";

/** Networks that come with `@latentflow/scenes`; one is one line. */
const LOADERS = {
  tabletop: (options: LoadOptions) => scenes("tabletop", "StyleGAN2 of the bundled scenes, 64 px", options),
  studio: (options: LoadOptions) => scenes("studio", "StyleGAN2 of the bundled studio, 64 px", options, true),
} satisfies Record<string, (options: LoadOptions) => Promise<StyleGan2Parts>>;

type LoaderName = keyof typeof LOADERS;

/** Further names of bundled networks: what the first one was called when it was the only one. */
export const BUNDLED_ALIASES = { scenes: "tabletop" } as const satisfies Record<string, LoaderName>;

export type BundledName = LoaderName | keyof typeof BUNDLED_ALIASES;

/** Names of the bundled networks. */
export const BUNDLED = Object.keys(LOADERS) as readonly LoaderName[];

/** Whether a text names bundled networks, by an older name, too. */
export function isBundled(name: string): name is BundledName {
  return Object.hasOwn(LOADERS, name) || Object.hasOwn(BUNDLED_ALIASES, name);
}

/** Options of bundled networks, declared. */
export const BUNDLED_OPTIONS = {
  /** Folder that serves the data files, where they don't lie beside the modules of `@latentflow/scenes`. */
  from: { optional: true, is: isGiven<URL | string>, expected: "a folder's address" },
} as const satisfies DeclaredOptions;

export interface BundledOptions extends GivenOptions<typeof BUNDLED_OPTIONS> {}

/**
 * The networks of a bundled benchmark on the current tfjs backend: nothing is downloaded in Node; browsers fetch them from beside the modules.
 *
 * @throws EngineError for another name, ScenesError if a file is missing or cannot be read
 */
export async function loadBundled(name: BundledName, options: BundledOptions = {}): Promise<StyleGan2Parts> {
  if (typeof name !== "string" || !isBundled(name)) checkChoice("loadBundled", "name", name, BUNDLED, EngineError);
  const { from } = readOptions("loadBundled", BUNDLED_OPTIONS, options, EngineError);
  const own = (BUNDLED_ALIASES as Partial<Record<BundledName, LoaderName>>)[name] ?? (name as LoaderName);
  return LOADERS[own](from === undefined ? {} : { from });
}

async function scenes(benchmark: SceneSetName, name: string, options: LoadOptions, hasJudge = false): Promise<StyleGan2Parts> {
  const loaded: { dispose(): void }[] = [];
  const load = async <T extends { dispose(): void }>(network: Promise<T>): Promise<T> => {
    loaded.push(await network);
    return network;
  };
  try {
    const generator = await load(loadSceneGenerator(benchmark, options));
    const regressor = await load(loadSceneRegressor(benchmark, options));
    const judge = hasJudge ? await load(loadSceneJudge(benchmark, options)) : undefined;
    return await styleGan2Parts(name, { generator, regressor, judge });
  } catch (error) {
    for (const network of loaded) network.dispose();
    throw error;
  }
}
