import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "@latentflow/core";
import { spearman } from "@latentflow/metrics";
import { odeint } from "@latentflow/ode/float64";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, openInChromium } from "./in-chromium.js";

const chromium = findChromium();
if (!chromium) console.log("test/browser: skipped, no Chromium was found (set the environment variable CHROMIUM to its path).");

/** What a page can name in an import map, without a bundler: our packages that need no tfjs, as they are built. */
const IMPORTS = {
  "@latentflow/core": "/core/index.js",
  "@latentflow/core/linear-algebra": "/core/linear-algebra.js",
  "@latentflow/metrics": "/metrics/index.js",
  "@latentflow/ode/float64": "/ode/float64.js",
};

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;

/** The package as `npm run build` builds it, elsewhere. */
function buildInto(name: string): Promise<void> {
  const tsup = spawn(
    process.execPath,
    [`${root}node_modules/tsup/dist/cli-default.js`, "--silent", "--out-dir", join(folder, name)],
    { cwd: `${root}packages/${name}`, env: { ...process.env, LATENTFLOW_BUILD_TYPES: "no" }, stdio: "inherit" },
  );
  return new Promise((resolve, reject) => {
    tsup.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`tsup failed in packages/${name} with code ${code}.`))));
  });
}

const PROGRAM = `
  import { SeededRandom } from "@latentflow/core";
  import { spearman } from "@latentflow/metrics";
  import { odeint } from "@latentflow/ode/float64";
  const answer = {
    normals: Array.from(new SeededRandom(3).normals(4)),
    rho: spearman([1, 2, 3, 4], [1, 2, 4, 3]).rho,
    y: odeint((t, y) => -y, 1, [0, 1])[1],
  };
`;

describe.skipIf(!chromium)("an import map in headless Chromium, without a bundler", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "latentflow-import-map-"));
    for (const name of ["core", "metrics", "ode"]) await buildInto(name);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("loads the built core, metrics and ode/float64, with no name but theirs, and they compute as in Node", async () => {
    const failure = `addEventListener("error", (event) => send({ failure: String(event.message) }), true);`;
    const send = `const send = (answer) => fetch("/answer", { method: "POST", body: JSON.stringify(answer) });`;
    writeFileSync(
      join(folder, "index.html"),
      `<!doctype html><script>${send}${failure}</script><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>` +
        `<script type="module">${PROGRAM} send(answer);</script>`,
    );
    expect(await openInChromium(chromium!, folder)).toEqual({
      normals: Array.from(new SeededRandom(3).normals(4)),
      rho: spearman([1, 2, 3, 4], [1, 2, 4, 3]).rho,
      y: odeint((_t, y) => -y, 1, [0, 1])[1],
    });
  });
});
