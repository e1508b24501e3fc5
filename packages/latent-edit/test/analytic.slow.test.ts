import { readFile, writeFile } from "node:fs/promises";
import { useBackend } from "@latentflow/backend";
import { beforeAll, describe, expect, it } from "vitest";
import { type Comparison, compareWorld } from "./analytic/compare.js";
import { SEEDS, SETTINGS, type Setting, WORLDS } from "./analytic/world.js";

/**
 * The comparison of ./analytic/world.ts: it reports what it finds, and holds the committed results of seed 0 to be what a run gives.
 * `LATENTFLOW_WRITE_RESULTS=1` runs every seed and replaces the committed results, case by case.
 */
const file = new URL("./reference/analytic-results.json", import.meta.url);
const write = Boolean(process.env.LATENTFLOW_WRITE_RESULTS);
/** `robust` has a test of its own, which needs no committed results. */
const settings = (Object.keys(SETTINGS) as Setting[]).filter((setting) => setting !== "robust") as Exclude<Setting, "robust">[];
const cases = settings.flatMap((setting) =>
  (write ? SEEDS : [0 as const]).flatMap((seed) => WORLDS.map((world) => [setting, world, seed] as const)),
);

beforeAll(() => useBackend("wasm"));

describe("the analytic comparison", () => {
  it.each(cases)("%s, %s, seed %i gives the committed result", async (setting, world, seed) => {
    const result = await compareWorld(setting, world, seed);
    const results: Comparison[] = JSON.parse(await readFile(file, "utf8"));
    const same = (x: Comparison) => x.setting === setting && x.world === world && x.seed === seed;
    if (write) {
      const place = (x: Comparison) =>
        ((settings as Setting[]).indexOf(x.setting) * WORLDS.length + WORLDS.indexOf(x.world)) * SEEDS.length + x.seed;
      const sorted = [...results.filter((x) => !same(x)), result].sort((a, b) => place(a) - place(b));
      await writeFile(file, `[\n${sorted.map((x) => JSON.stringify(x)).join(",\n")}\n]\n`);
      return;
    }
    const committed = results.find(same)!;
    // Another machine's last digits can grow over thousands of iterations; a conclusion must not hang on them.
    for (const other of ["constant", "interFaceGan"] as const) {
      // JSON writes NaN (no Control range in common) as null.
      const difference: number | null = committed.against[other].difference;
      if (difference === null) expect(result.against[other].difference).toBeNaN();
      else expect(result.against[other].difference).toBeCloseTo(difference, 1);
      expect(result.maxControl[other]).toBeCloseTo(committed.maxControl[other], 1);
    }
  });
});
