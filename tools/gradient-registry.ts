import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const source = fileURLToPath(new URL("../node_modules/@tensorflow/tfjs-core/dist/register_all_gradients.js", import.meta.url));
const bundled = fileURLToPath(new URL("../node_modules/.cache/latentflow/register-all-gradients-4.22.0.mjs", import.meta.url));

/**
 * tfjs-core's gradient registry in a form that Node can import, for tests: its own has extensionless imports. One file instead of two hundred
 * saves every test file seconds. (Its copies of tfjs-core's modules do no harm: the registries live on `globalThis`.)
 */
export function gradientRegistryAlias(): { find: string; replacement: string } {
  if (!existsSync(bundled)) {
    const { outputFiles } = buildSync({ entryPoints: [source], bundle: true, format: "esm", platform: "neutral", write: false });
    mkdirSync(dirname(bundled), { recursive: true });
    const temporary = `${bundled}.${process.pid}`;
    writeFileSync(temporary, outputFiles[0]!.contents);
    renameSync(temporary, bundled);
  }
  return { find: "@tensorflow/tfjs-core/dist/register_all_gradients", replacement: bundled };
}
