import { useBackend } from "@latentflow/backend";
import { beforeAll, describe, expect, it } from "vitest";
import { compareWorld } from "./analytic/compare.js";
import { SEEDS, WORLDS } from "./analytic/world.js";

/** A training chosen by the measure (`robust` in ./analytic/world.ts) on the 15 comparisons with known boundaries: the flow loses none. */
beforeAll(() => useBackend("wasm"));

describe.each(WORLDS)("%s", (world) => {
  it.each(SEEDS)("seed %i: the flow trained robustly loses to no straight edit", async (seed) => {
    const { against } = await compareWorld("robust", world, seed);
    for (const other of ["constant", "interFaceGan"] as const) {
      const { interval, controlInterval } = against[other];
      // A difference counts when its interval excludes 0: worse in one way and not better in the other would be lost.
      const isPurer = Math.sign(Number(interval[1] < 0) - Number(interval[0] > 0));
      const reachesMore = Math.sign(Number(controlInterval[0] > 0) - Number(controlInterval[1] < 0));
      expect({ other, lost: isPurer + reachesMore < 0 }).toEqual({ other, lost: false });
    }
  });
});
