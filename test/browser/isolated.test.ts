import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findChromium, openInChromium, type PageOptions, runInChromium } from "./in-chromium.js";
import type { IsolatedFindings } from "./isolated-page.js";
import { viteBuild } from "./vite-build.js";

const chromium = findChromium();
if (!chromium) console.log("test/browser: skipped, no Chromium was found (set the environment variable CHROMIUM to its path).");

const page = fileURLToPath(new URL("./isolated-page.ts", import.meta.url));

function answerOf(answer: unknown): IsolatedFindings {
  const { failure } = answer as { failure?: string };
  if (failure) throw new Error(failure);
  return answer as IsolatedFindings;
}

async function find(options: PageOptions): Promise<IsolatedFindings> {
  return answerOf(await runInChromium(chromium!, page, options));
}

describe.skipIf(!chromium)("a minified build in headless Chromium", () => {
  const production = { minify: true, isolated: true };

  it.each(["", "?threads=1"])("in a cross-origin isolated page, wasm starts on one thread, and computes: %s", async (query) => {
    const found = await find({ ...production, query });
    expect(found).toMatchObject({ isolated: true, name: "wasm", threads: 1, remarks: [] });
    expect(found.error).toBeLessThan(1e-4);
    expect(found.warnings).toEqual([]);
  });

  it("in a cross-origin isolated page, two threads start and compute when they are asked for", async () => {
    const found = await find({ ...production, query: "?threads=2&cores=8" });
    expect(found).toMatchObject({ isolated: true, name: "wasm", threads: 2, remarks: [] });
    expect(found.error).toBeLessThan(1e-4);
  });

  it("more threads than tfjs takes are cut down, which is said", async () => {
    const found = await find({ ...production, query: "?threads=4&cores=4" });
    expect(found).toMatchObject({ name: "wasm", threads: 2 });
    expect(found.remarks).toEqual([
      "4 threads were asked for, 2 are used: tfjs takes at most half of the 4 processors that the browser tells of.",
    ]);
  });

  it("elsewhere, two threads become one, which is said", async () => {
    const found = await find({ minify: true, query: "?threads=2" });
    expect(found).toMatchObject({ isolated: false, name: "wasm", threads: 1 });
    expect(found.remarks[0]).toContain("cross-origin isolated page");
    expect(found.error).toBeLessThan(1e-4);
  });

  it("when wasm's files never come, cpu takes over after the time given, and computes", async () => {
    const found = await find({ ...production, query: "?backend=auto&paths=/hangs/&timeout=500" });
    expect(found).toMatchObject({ name: "cpu", passedOver: ["it did not start within 500 ms"], error: 0 });
  });

  const mend = 'wasmPaths: useBackend("auto", { wasmPaths: "/wasm/" })';
  it.each([
    ["nothing is there", "missing/", "none", "/missing/", "HTTP status 404"],
    ["a page for unknown addresses is", "", "/unknown/", "/unknown/", "no WebAssembly but text/html"],
  ])("when wasm's files are not found (%s), a warning says once where they were looked for, and what mends it", async (...of) => {
    const [, page, paths, folder, found] = of;
    const answer = await find({ minify: true, query: `${page}?backend=auto&again&paths=${paths}` });
    expect(answer).toMatchObject({ name: "cpu", error: 0 });
    expect(answer.warnings).toHaveLength(1);
    const [warning] = answer.warnings;
    expect(warning).toMatch(
      /plain JavaScript on one CPU thread computes here, many times slower than wasm, which did not start: /,
    );
    expect(warning).toMatch(new RegExp(`looked for at http://127.0.0.1:\\d+${folder}tfjs-backend-wasm-simd.wasm: ${found}`));
    expect(warning).toContain(mend);
    expect(answer.passedOver).toEqual([expect.stringContaining(mend)]);
  });

  it("made by Vite, starts two threads and computes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "latentflow-vite-"));
    try {
      const built = await viteBuild(folder, page);
      const found = answerOf(await openInChromium(chromium!, built, { isolated: true, query: "?threads=2&cores=8" }));
      expect(found).toMatchObject({ isolated: true, name: "wasm", threads: 2, remarks: [] });
      expect(found.error).toBeLessThan(1e-4);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
