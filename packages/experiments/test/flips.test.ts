import { expect, it } from "vitest";
import { flipHistogramOf } from "../src/analyses/flip-histogram.js";
import { spaced } from "../src/results/numbers.js";

/** One sample that flips at each of the times, and one that never does; one attribute of two classes. */
function flipsAtEachOf(times: number) {
  const data = Uint8Array.from({ length: times * times }, (_, i) =>
    Number(i % times > 0 && i % times >= Math.floor(i / times) + 1),
  );
  return { data, shape: [times, 1, times] as const };
}

it.each([
  [40, 20],
  [40, 13],
  [13, 20],
  [7, 4],
  [2, 5],
])("flips spread evenly over %i times make an even histogram of at most %i bins", (times, bins) => {
  const { edges, counts, never, median } = flipHistogramOf(flipsAtEachOf(times), 0, spaced(6, times), bins);
  expect(counts.length).toBeLessThanOrEqual(bins);
  expect(edges).toHaveLength(counts.length + 1);
  expect([edges[0], edges.at(-1)]).toEqual([0, 6]);
  const step = 6 / (times - 1);
  counts.forEach((count, i) => {
    expect(count).toBe(Math.round((edges[i + 1]! - edges[i]!) / step));
  });
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(times - 1);
  expect(never).toBe(1);
  expect(median).toBeCloseTo((step + 6) / 2, 9);
});

it("has no median where nothing flips", () => {
  const { counts, never, median } = flipHistogramOf({ data: new Uint8Array(6), shape: [2, 1, 3] }, 0, [0, 1, 2], 2);
  expect([counts, never, median]).toEqual([[0, 0], 2, null]);
});
