import { describe, expect, it } from "vitest";
import { krippendorffAlpha, MetricsError, type Rating } from "../src/index.js";

/** Rows of people, as papers print them, turned into what each thing got. A point: not rated. */
function unitsOf(...people: string[]): Rating[][] {
  const rows = people.map((row) => row.split(" "));
  return rows[0]!.map((_, unit) => rows.map((row) => (row[unit] === "." ? null : row[unit])));
}

describe("Krippendorff's alpha", () => {
  // The worked examples A, B and C (nominal) of Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011.
  it.each<[string, Rating[][], number, number, number]>([
    ["two people, two values", unitsOf("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095, 10, 20],
    ["two people, five values", unitsOf("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692, 12, 24],
    [
      "four people, some of whom left some out",
      unitsOf("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 ."),
      ...([0.743, 11, 40] as const),
    ],
  ])("is as published: %s", (_, ratings, alpha, units, count) => {
    const found = krippendorffAlpha(ratings);
    expect(found.alpha.toFixed(3)).toBe(alpha.toFixed(3));
    expect(found).toMatchObject({ units, ratings: count });
  });

  it("is 1 where all agree, about 0 at random, below 0 where people oppose each other", () => {
    expect(krippendorffAlpha(unitsOf("a b a", "a b a")).alpha).toBe(1);
    expect(krippendorffAlpha(unitsOf("a b a b", "b a b a")).alpha).toBeLessThan(-0.5);
    // One pair of each kind: observed 1/2, expected 4/7 of the pairs.
    expect(krippendorffAlpha(unitsOf("a a b b", "a b a b")).alpha).toBeCloseTo(1 - 1 / 2 / (4 / 7), 12);
  });

  it("does not depend on who said what, nor on what only one person rated", () => {
    const { alpha } = krippendorffAlpha([
      ["a", "a", "b"],
      ["b", "b"],
      ["a", "c"],
    ]);
    expect(krippendorffAlpha([["b", "a", "a"], ["c", "a"], ["b", "b"], ["c"], [null, "a"], []]).alpha).toBeCloseTo(alpha, 12);
  });

  it("is NaN where nothing can be compared, or nothing differs", () => {
    expect(krippendorffAlpha([["a"], ["b"]])).toEqual({ alpha: Number.NaN, units: 0, ratings: 0 });
    expect(krippendorffAlpha(unitsOf("a a", "a a")).alpha).toBeNaN();
  });

  it("refuses what is no rating", () => {
    for (const wrong of [undefined, [], [[]], [[null]], "ab", ["ab"], [[Number.NaN]], [[{}]], [[["a"]]]])
      expect(() => krippendorffAlpha(wrong as never)).toThrow(MetricsError);
  });
});
