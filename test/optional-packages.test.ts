import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";

/** A folder from where no package can be found. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "latentflow-optional-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("a page without onnxruntime-web can be bundled: @latentflow/models and scenes import @latentflow/onnx", async () => {
  const source = fileURLToPath(new URL("../packages/onnx/src/session/runtime.ts", import.meta.url));
  copyFileSync(source, join(folder, "runtime.ts"));
  const { outputFiles } = await build({
    entryPoints: [join(folder, "runtime.ts")],
    bundle: true,
    format: "esm",
    platform: "browser",
    external: ["@latentflow/*", "../errors.js"],
    write: false,
    logLevel: "silent",
  });
  expect(outputFiles[0]!.text).toContain("onnxruntime-web");
});
