import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

export interface TestBundle {
  /** Folder of the package, ending in "/". */
  readonly packageFolder: URL;
  /** Name of the bundle's own folder. */
  readonly name: string;
  /** Modules of the package's `src/`. */
  readonly own: readonly string[];
  /** Programs and models of the tests, in the folder `programFolder`. */
  readonly programs: readonly string[];
  readonly programFolder: URL;
  /** Put what several entries share into files of their own. */
  readonly splitting: boolean;
}

/**
 * Threads and processes run plain Node, which can't load the sources: bundles modules of a package and programs of its tests from sources into a
 * folder of their own, where the packages under node_modules are found.
 *
 * @returns the folder, ending in "/"
 */
export async function bundleForTests({ packageFolder, name, own, programs, programFolder, splitting }: TestBundle): Promise<URL> {
  const folder = new URL(`.tmp/${name}/`, packageFolder);
  await rm(folder, { recursive: true, force: true });
  const entries = [
    ...own.map((entry) => [entry, new URL(`src/${entry}.ts`, packageFolder)] as const),
    ...programs.map((program) => [program, new URL(`${program}.ts`, programFolder)] as const),
  ];
  await build({
    config: false,
    entry: Object.fromEntries(entries.map(([entry, url]) => [entry, fileURLToPath(url)])),
    outDir: fileURLToPath(folder),
    outExtension: () => ({ js: ".js" }),
    format: "esm",
    platform: "node",
    target: "es2022",
    tsconfig: fileURLToPath(new URL("../tsconfig.json", import.meta.url)),
    external: [/^[^./]/],
    noExternal: [/^@latentflow\//, /^@tensorflow\/tfjs-core\/dist\//],
    splitting,
    // The manifests' sideEffects name built files; sources that register gradients must not be dropped as unused.
    esbuildOptions: (options) => {
      options.ignoreAnnotations = true;
    },
    dts: false,
    silent: true,
  });
  return folder;
}
