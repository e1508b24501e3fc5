import { describe, expect, it } from "vitest";
import committed from "./reference/analytic-results.json" with { type: "json" };

/** What the committed results of the analytic comparison say; `analytic.slow.test.ts` holds them to be what a run gives. */
const even = committed.filter(({ setting }) => setting === "even");

describe.each(even.map((result) => [result.world, result.seed, result] as const))("%s, seed %i", (world, _, result) => {
  it.each(["constant", "interFaceGan"] as const)("the flow against %s", (other) => {
    const [ours, theirs] = result.areas[other] as [number, number];
    const [low, high] = result.against[other].interval as [number, number];
    expect(result.maxControl.flow).toBeGreaterThanOrEqual(result.maxControl[other]);
    if (world === "straight") {
      // Not worse: the paired bootstrap's interval of the difference holds 0, or lies below.
      expect(low).toBeLessThanOrEqual(0);
    } else {
      expect(ours).toBeLessThan(theirs);
      expect(high).toBeLessThan(0);
    }
  });
});
