import { existsSync, mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { useBackend } from "@latentflow/backend";
import type { ExperimentResults } from "@latentflow/experiments";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cub } from "../examples/cub/cub.js";
import { ffhq } from "../examples/ffhq/ffhq.js";
import { isaac3d } from "../examples/isaac3d/isaac3d.js";
import { mpi3d } from "../examples/mpi3d/mpi3d.js";
import { places365 } from "../examples/places365/places365.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-examples-"));
beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Attributes edited, and measured. */
const EXAMPLES = [
  ["mpi3d", mpi3d, 5, 7],
  ["isaac3d", isaac3d, 9, 9],
  ["ffhq", ffhq, 2, 40],
  ["places365", places365, 2, 40],
  ["cub", cub, 11, 109],
] as const;

describe.each(EXAMPLES)("the example %s, on tiny files of the paper's layout", (name, example, edited, measured) => {
  const results = async (report: string) => {
    const { timings: _, ...all } = JSON.parse(await readFile(join(dirname(report), "results.json"), "utf8")) as ExperimentResults;
    return all;
  };

  it("ends in a report, and twice in the same numbers", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const out = join(root, name);
    const first = await results(await example(["--smoke", "--out", out]));
    expect([first.attributes.length, first.sample.attributes.length, first.missing]).toEqual([edited, measured, []]);
    const curves = first.attributes.flatMap(({ methods }) => methods.filter(({ evaluation }) => evaluation !== null));
    expect(curves.length).toBeGreaterThan(edited);
    if (name === "ffhq")
      for (const file of ["gender.png", "gender-then-hair.png", "photos-Male.png", "photos-Wavy_Hair.png"])
        expect(existsSync(join(out, file))).toBe(true);
    await rm(out, { recursive: true });
    expect(await results(await example(["--smoke", "--out", out]))).toEqual(first);
  });
});
