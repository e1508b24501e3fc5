import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const packageFolder = new URL("../../", import.meta.url);

/**
 * Threads and processes run plain Node, which can't load the sources: bundles the command, its worker and the test models from sources into a
 * folder of their own, where the packages under node_modules are found.
 *
 * @returns the folder, ending in "/"
 */
export async function bundle(name: string): Promise<URL> {
  const folder = new URL(`.tmp/${name}/`, packageFolder);
  await rm(folder, { recursive: true, force: true });
  const own = ["cli", "job-worker", "index"].map((entry) => [entry, new URL(`src/${entry}.ts`, packageFolder)] as const);
  const models = ["tiny-model", "nan-model"].map((entry) => [entry, new URL(`${entry}.ts`, import.meta.url)] as const);
  await build({
    config: false,
    entry: Object.fromEntries([...own, ...models].map(([entry, url]) => [entry, fileURLToPath(url)])),
    outDir: fileURLToPath(folder),
    outExtension: () => ({ js: ".js" }),
    format: "esm",
    platform: "node",
    target: "es2022",
    tsconfig: fileURLToPath(new URL("../../tsconfig.json", packageFolder)),
    external: [/^[^./]/],
    noExternal: [/^@latentflow\//, /^@tensorflow\/tfjs-core\/dist\//],
    splitting: true,
    // The manifests' sideEffects name built files; sources that register gradients must not be dropped as unused.
    esbuildOptions: (options) => {
      options.ignoreAnnotations = true;
    },
    dts: false,
    silent: true,
  });
  return folder;
}
