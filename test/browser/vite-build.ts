import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { gradientRegistryAlias } from "../../tools/gradient-registry.js";
import { sourceAliases } from "../../tools/source-aliases.js";

/** A folder with the page that runs a script, as `vite build` makes it: minified, from sources. */
export async function viteBuild(folder: string, script: string): Promise<string> {
  writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module" src="${script}"></script>`);
  const outDir = join(folder, "dist");
  await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    resolve: { alias: [...sourceAliases(), gradientRegistryAlias()] },
    // The manifests' sideEffects name built files; sources that register gradients must not be dropped as unused.
    build: { outDir, target: "es2022", minify: true, rolldownOptions: { treeshake: false } },
  });
  return outDir;
}
