import { SeededRandom } from "@latentflow/core";
import { describe, expect, it } from "vitest";
import { fitInterFaceGan, LatentEditError } from "../src/index.js";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => dot(a, b) / (norm(a) * norm(b));

const random = new SeededRandom(21);
const codes = Array.from({ length: 1000 }, () => [random.normal(), random.normal()]);
/** 0 or 1 by the first coordinate. */
const labels = codes.map(([x]) => Number(x! > 0));

describe("tied scores", () => {
  // Rows in the order of the second coordinate: a cut by row order takes it for the attribute.
  const sorted = codes.map((code, i) => ({ code, label: labels[i]! })).sort((a, b) => a.code[1]! - b.code[1]!);
  const [rows, tied] = [sorted.map(({ code }) => code), sorted.map(({ label }) => label)];

  it("labels for scores, 1,000 codes, ratio 0.1: the direction is (1, 0), whatever the order of rows", async () => {
    for (const seed of [0, 1, 2]) {
      const { direction, accuracy } = await fitInterFaceGan(rows, tied, { ratio: 0.1, seed });
      expect(direction[0]).toBeGreaterThan(0.98);
      expect(accuracy.rest).toBeGreaterThan(0.95);
    }
  });

  it("the seed draws among them", async () => {
    const [first, same, other] = await Promise.all([3, 3, 4].map((seed) => fitInterFaceGan(rows, tied, { ratio: 0.1, seed })));
    expect(same!.direction).toEqual(first!.direction);
    expect(other!.direction).not.toEqual(first!.direction);
  });

  it("saturated scores are drawn from, others are not left out", async () => {
    // The 60 highest are exactly 1: a group of 100 holds all of them, one of 20 any.
    const order = [...codes.keys()].sort((a, b) => codes[b]![0]! - codes[a]![0]!);
    const scores = codes.map(([x]) => x! / 10);
    for (const i of order.slice(0, 60)) scores[i] = 1;
    for (const ratio of [20, 100]) {
      const { direction, accuracy } = await fitInterFaceGan(codes, scores, { ratio });
      expect(direction[0]).toBeGreaterThan(0.98);
      expect(accuracy.train).toBe(1);
    }
  });

  it("a group that would hold both labels is refused, with the ratio that would do", async () => {
    const few = labels.map((_, i) => Number(i < 30));
    await expect(fitInterFaceGan(codes, few, { ratio: 0.1 })).rejects.toThrow(LatentEditError);
    await expect(fitInterFaceGan(codes, few, { ratio: 0.1 })).rejects.toThrow(
      /30 above the score 0 and 0 below it.*at most 30 codes/,
    );
    const many = labels.map((_, i) => Number(i >= 30));
    await expect(fitInterFaceGan(codes, many, { ratio: 0.1 })).rejects.toThrow(
      /0 above the score 1 and 30 below it.*at most 30 codes/,
    );
    await expect(fitInterFaceGan(codes, labels, { ratio: 0.03 })).resolves.toBeDefined();
  });

  it("labels may be int64, scores a column", async () => {
    const int64 = BigInt64Array.from(tied.map(BigInt));
    const plain = await fitInterFaceGan(rows, tied, { ratio: 0.1 });
    expect((await fitInterFaceGan(rows, int64, { ratio: 0.1 })).direction).toEqual(plain.direction);
    expect(
      (
        await fitInterFaceGan(
          rows,
          tied.map((label) => BigInt64Array.from([BigInt(label)])),
          { ratio: 0.1 },
        )
      ).direction,
    ).toEqual(plain.direction);
  });
});

describe("codes of any size", () => {
  const scores = codes.map(([x, y]) => x! + 0.5 * y! + 0.3 * random.normal());
  const scaled = (factor: number) => codes.map((code) => code.map((x) => x * factor));

  it.each([1e8, 1e30, 1e-8, 1e-30])("all × %d: the same direction as without a margin's price", async (factor) => {
    const { direction, accuracy } = await fitInterFaceGan(scaled(factor), scores, { ratio: 0.1 });
    // C is a price against ½‖w‖²: large codes have the hard margin's direction, small ones that of the groups' means.
    const C = factor > 1 ? 1e16 : 1e-16;
    const expected = await fitInterFaceGan(codes, scores, { ratio: 0.1, C });
    expect(cosine(direction, expected.direction)).toBeGreaterThan(0.9999);
    expect(norm(direction)).toBeCloseTo(1, 12);
    expect(accuracy.validation).toBeGreaterThan(0.95);
  });

  it("one feature × 1e6: the plane still stands where the groups are, not across that feature", async () => {
    const both = codes.map(([x, y]) => x! + 2 * y!);
    const { direction, svm, accuracy } = await fitInterFaceGan(
      codes.map(([x, y]) => [x! * 1e6, y!]),
      both,
      { ratio: 0.3 },
    );
    expect(svm.dualityGap).toBeLessThanOrEqual(1e-4 * svm.objective);
    expect(accuracy.train).toBe(1);
    // A plane of normal (1, 2) over (x, y) has (1e-6, 2) over (1e6 x, y).
    expect(direction[1]).toBeGreaterThan(0.999);
    expect((1e6 * direction[0]!) / direction[1]!).toBeCloseTo(0.5, 1);
  });

  it.each([1e160, 1e-160])("beyond what float64 can square is an error: × %d", async (factor) => {
    await expect(fitInterFaceGan(scaled(factor), scores, { ratio: 0.1 })).rejects.toThrow(/divide the rows by/);
  });
});

describe("no direction is an error, not NaN", () => {
  it.each([
    ["all codes the same", () => codes.map(() => [0.3, -2])],
    ["groups with the same codes", () => codes.map((_, i) => [Math.floor(i / 2) % 2, 1])],
    [
      "the lows around the highs",
      () =>
        codes.map((_, i) =>
          i % 2
            ? [0, 0]
            : [
                [1, 0],
                [-1, 0],
                [0, 1],
                [0, -1],
              ][(i / 2) % 4]!,
        ),
    ],
  ])("%s", async (_, make) => {
    const alternating = codes.map((_, i) => i % 2);
    const fit = () => fitInterFaceGan(make(), alternating, { ratio: 500, trainShare: 1 });
    await expect(fit()).rejects.toThrow(LatentEditError);
    await expect(fit()).rejects.toThrow(/expected a direction from the low to the high scores/);
  });
});
