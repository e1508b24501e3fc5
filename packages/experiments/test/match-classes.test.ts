import { describe, expect, it } from "vitest";
import { matchClasses } from "../src/steps/evaluate/match-classes.js";

const classesOf = (rows: readonly number[], labels: readonly number[]) => rows.map((row) => labels[row]);

describe("the generator's own pictures beside edited ones", () => {
  it("are as many of each class, the first of it", () => {
    const own = [0, 1, 2, 0, 1, 2, 0, 1, 2];
    expect(matchClasses([2, 0, 2, 1], own)).toEqual({ edited: [1, 3, 0, 2], own: [0, 1, 2, 5] });
  });

  it("are fewer on both sides, in the same shares, where a class is rare", () => {
    const edited = [...Array(12).fill(0), ...Array(6).fill(1)];
    const own = [...Array(50).fill(0), ...Array(2).fill(1)];
    const matched = matchClasses(edited, own);
    expect(classesOf(matched.edited, edited)).toEqual([0, 0, 0, 0, 1, 1]);
    expect(classesOf(matched.own, own)).toEqual([0, 0, 0, 0, 1, 1]);
  });

  it("leave out a stray class that would cost most of them, but no class that many edits show", () => {
    const stray = [...Array(39).fill(0), 3];
    expect(matchClasses(stray, Array(60).fill(0)).edited).toHaveLength(39);
    const many = [...Array(10).fill(0), ...Array(10).fill(3)];
    expect(matchClasses(many, Array(60).fill(0)).edited).toHaveLength(0);
    expect(matchClasses(many, [...Array(60).fill(0), 3]).edited).toHaveLength(2);
  });

  it("are none where there are none", () => {
    expect(matchClasses([], [0, 1])).toEqual({ edited: [], own: [] });
    expect(matchClasses([0, 1], [])).toEqual({ edited: [], own: [] });
  });
});
