import { defineConfig } from "tsup";

/** One build for every package: ESM, declarations, source maps, the package's dependencies left outside. */
export function library(entry: string[], extra: { noExternal?: (string | RegExp)[] } = {}) {
  return defineConfig({
    entry,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    external: [/^node:/],
    dts: process.env.LATENTFLOW_BUILD_TYPES === "no" ? false : { compilerOptions: { ignoreDeprecations: "6.0" } },
    sourcemap: true,
    clean: true,
    treeshake: true,
    ...extra,
  });
}
