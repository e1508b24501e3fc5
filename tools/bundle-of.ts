import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What a browser would load for a program. */
export interface Bundle {
  /** Bytes of the minified code, gzipped. */
  readonly gzipped: number;
  /** Files that the program imports, also those that a bundler then finds unused. */
  readonly modules: readonly string[];
}

const root = fileURLToPath(new URL("../", import.meta.url));

/** Bundles a program that imports our packages, from their sources. */
export async function bundleOf(program: string): Promise<Bundle> {
  const common = {
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    tsconfig: `${root}tsconfig.json`,
    write: false,
    metafile: true,
  } as const;
  const small = await build({ ...common, minify: true });
  // What Node or an import map would load: nothing is dropped as free of side effects.
  const whole = await build({ ...common, ignoreAnnotations: true, treeShaking: false });
  return { gzipped: gzipSync(small.outputFiles[0]!.contents).length, modules: Object.keys(whole.metafile.inputs) };
}
