import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { useBackend } from "@latentflow/backend";
import { beforeAll, describe, expect, it } from "vitest";
import { type Comparison, compareWorld } from "./analytic/compare.js";
import { SEEDS, WORLDS } from "./analytic/world.js";

/**
 * The comparison of ./analytic/world.ts: it reports what it finds, and holds the committed results, as far as they go, to be what a
 * run gives.
 * `LATENTFLOW_WRITE_RESULTS=1` replaces them, case by case.
 */
const file = new URL("./reference/analytic-results.json", import.meta.url);
const committedCases = (JSON.parse(readFileSync(file, "utf8")) as Comparison[]).map(({ world, seed }) => ({ world, seed }));
const allCases = SEEDS.flatMap((seed) => WORLDS.map((world) => ({ world, seed })));

beforeAll(() => useBackend("wasm"));

describe("the analytic comparison", () => {
  const cases = process.env.LATENTFLOW_WRITE_RESULTS ? allCases : committedCases;
  it.each(cases)("$world seed $seed gives the committed result", { timeout: 600_000 }, async ({ world, seed }) => {
    const result = await compareWorld(world, seed);
    const results: Comparison[] = JSON.parse(await readFile(file, "utf8"));
    const others = results.filter((x) => x.world !== world || x.seed !== seed);
    if (process.env.LATENTFLOW_WRITE_RESULTS) {
      const place = (x: Comparison) => WORLDS.indexOf(x.world) * SEEDS.length + x.seed;
      const sorted = [...others, result].sort((a, b) => place(a) - place(b));
      await writeFile(file, `[\n${sorted.map((x) => JSON.stringify(x)).join(",\n")}\n]\n`);
      return;
    }
    const committed = results.find((x) => x.world === world && x.seed === seed)!;
    // Another machine's last digits can grow over 1,000 iterations; a conclusion must not hang on them.
    for (const other of ["constant", "interFaceGan"] as const) {
      // JSON writes NaN (no Control range in common) as null.
      const difference: number | null = committed.against[other].difference;
      if (difference === null) expect(result.against[other].difference).toBeNaN();
      else expect(result.against[other].difference).toBeCloseTo(difference, 1);
      expect(result.maxControl[other]).toBeCloseTo(committed.maxControl[other], 1);
    }
  });
});
