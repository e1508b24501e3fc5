import { describe, expect, it } from "vitest";
import {
  attributeCorrelation,
  binomialTest,
  directionCosines,
  labelAssociation,
  MetricsError,
  pathStraightness,
  pearson,
  percentileInterval,
  ranks,
  rescoring,
  type StudyResponse,
  spearman,
  tallyStudy,
  wilsonInterval,
} from "../src/index.js";
import { binomialPmf, incompleteBeta, logGamma, normalQuantile } from "../src/statistics/special-functions.js";
import reference from "./reference/metrics.json" with { type: "json" };

const relative = (a: number, b: number) => Math.abs(a - b) / Math.max(Math.abs(b), 1e-300);

describe("numbers of any size", () => {
  const sizes = [1e155, 1e300, 1e-155, 1e-200, 1e-300];
  const times = (matrix: readonly number[][], size: number) => matrix.map((row) => row.map((x) => x * size));
  const near = (found: ArrayLike<number>, expected: ArrayLike<number>, size = 1) => {
    for (const [i, x] of Array.from(expected).entries()) {
      if (Number.isNaN(x)) expect(found[i]).toBeNaN();
      else expect(found[i]! / size).toBeCloseTo(x, 12);
    }
  };
  const scores = [
    [1, 4, 2],
    [3, 1, 5],
    [2, 2, 8],
    [7, 0, 1],
  ];
  const later = [
    [2, 4, 2],
    [5, 2, 4],
    [3, 2, 7],
    [8, 1, 1],
  ];

  it.each(sizes)("%d: correlations, cosines, re-scoring and straightness are those of ordinary numbers", (size) => {
    for (const measure of [attributeCorrelation, directionCosines]) {
      for (const [i, row] of measure(times(scores, size)).entries()) near(row, measure(scores)[i]!);
    }
    const [large, plain] = [rescoring(times(scores, size), [times(later, size)]), rescoring(scores, [later])];
    near(large.change[0]!, plain.change[0]!, size);
    near(large.standardError[0]!, plain.standardError[0]!, size);
    const path = { data: scores.flat(), shape: [4, 1, 3] as const };
    near(pathStraightness({ ...path, data: path.data.map((x) => x * size) }), pathStraightness(path));
  });

  it("cosines of vectors of very different lengths", () => {
    const [row] = directionCosines([
      [1e200, 1e200],
      [1e-200, 0],
      [5e-324, 5e-324],
    ]);
    near(row!, [1, Math.SQRT1_2, 1]);
  });

  it("equal infinities share their rank", () => {
    const top = Number.POSITIVE_INFINITY;
    expect(Array.from(ranks([top, 1, top, -top]))).toEqual([3.5, 2, 3.5, 1]);
  });

  // SciPy's values; a sum over all counts would take minutes.
  it.each([
    [500100000, 1e9, 0.5, 2.540148359763102e-10],
    [3, 1e9, 1e-9, 0.08030139697942444],
    [1003000, 1e8, 0.01, 0.002577354704022144],
    [0, 1e12, 1e-13, 1],
  ])("binomial test of %d in %d, p = %d", (successes, trials, p, expected) => {
    expect(relative(binomialTest(successes, trials, { p }), expected)).toBeLessThan(1e-10);
  });
});

describe("against SciPy", () => {
  it.each(reference.spearman.map((c) => [c.x.length, c] as const))("spearman of %i pairs, rho and p to 1e-10", (_, c) => {
    const { rho, pValue } = spearman(c.x, c.y);
    expect(Math.abs(rho - c.rho)).toBeLessThan(1e-12);
    expect(relative(pValue, c.p)).toBeLessThan(1e-10);
  });

  it.each(reference.binomial.map((c) => [`${c.successes}/${c.trials}, p = ${c.p}`, c] as const))(
    "binomial test and Wilson interval of %s to 1e-10",
    (_, c) => {
      expect(relative(binomialTest(c.successes, c.trials, { p: c.p }), c.pValue)).toBeLessThan(1e-10);
      [0.95, 0.99].forEach((confidence, i) => {
        const [low, high] = wilsonInterval(c.successes, c.trials, { confidence });
        expect(Math.abs(low - c.wilson[i]![0]!)).toBeLessThan(1e-12);
        expect(Math.abs(high - c.wilson[i]![1]!)).toBeLessThan(1e-12);
      });
    },
  );

  it("normal quantiles to 1e-13", () => {
    for (const [p, z] of reference.normalQuantile)
      expect(Math.abs(normalQuantile(p!) - z!)).toBeLessThan(1e-13 * Math.max(1, Math.abs(z!)));
  });

  it("Pearson matrix and Cramér's V", () => {
    const { scores, pearson, labels, cramer } = reference.associations;
    attributeCorrelation(scores).forEach((row, i) => {
      row.forEach((x, j) => {
        expect(x).toBeCloseTo(pearson[i]![j]!, 12);
      });
    });
    labelAssociation(labels, [2, 3, 4]).forEach((row, i) => {
      row.forEach((x, j) => {
        expect(x).toBeCloseTo(cramer[i]![j]!, 12);
      });
    });
  });
});

describe("identities of the special functions", () => {
  it("Γ(n + 1) = n!, Γ(½) = √π", () => {
    expect(relative(logGamma(11), Math.log(3628800))).toBeLessThan(1e-14);
    expect(relative(logGamma(0.5), Math.log(Math.sqrt(Math.PI)))).toBeLessThan(1e-14);
  });

  it("binomial probabilities add to 1; I_x(a, b) = 1 − I_{1−x}(b, a)", () => {
    const total = Array.from({ length: 41 }, (_, k) => binomialPmf(k, 40, 0.37)).reduce((a, b) => a + b);
    expect(total).toBeCloseTo(1, 13);
    expect(incompleteBeta(0.3, 2.5, 4) + incompleteBeta(0.7, 4, 2.5)).toBeCloseTo(1, 14);
    expect(incompleteBeta(0.25, 1, 1)).toBeCloseTo(0.25, 14);
  });
});

describe("spearman", () => {
  it("sees only order: 1 for any rising function, −1 for a falling one, with p = 0", () => {
    const x = [3, 1, 4, 1.5, 9, 2.6];
    expect(spearman(x, x.map(Math.exp))).toEqual({ rho: 1, pValue: 0, n: 6 });
    expect(
      spearman(
        x,
        x.map((v) => -(v ** 3)),
      ).rho,
    ).toBe(-1);
  });

  it("a perfect order of three pairs has p = 0, as SciPy's: rounding in rho must not show", () => {
    expect(spearman([1, 2, 3], [1, 2, 3])).toEqual({ rho: 1, pValue: 0, n: 3 });
    expect(spearman([5, 1, 1], [0, 7, 7])).toEqual({ rho: -1, pValue: 0, n: 3 });
  });

  it("a constant side has no correlation, even where its mean is rounded; huge and tiny numbers do", () => {
    expect(pearson([0.1, 0.1, 0.1], [0.1, 0.1, 0.1])).toBeNaN();
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 5])).toBeNaN();
    expect(pearson([1e200, 2e200, 3e200], [1e-200, 2e-200, 3e-200])).toBe(1);
  });

  it("ties share their mean rank", () => {
    expect(Array.from(ranks([10, 20, 20, 5]))).toEqual([2, 3.5, 3.5, 1]);
  });

  it("refuses what has no answer", () => {
    expect(() => spearman([1, 2], [1, 2])).toThrow(MetricsError);
    expect(() => spearman([1, 2, 3], [1, 2])).toThrow(/same length/);
    expect(spearman([1, 1, 1], [1, 2, 3]).rho).toBeNaN();
    expect(() => spearman([1, Number.NaN, 2, 5], [1, 2, 3, 4])).toThrow(/ranks: expected numbers, got NaN at 1/);
    expect(() =>
      labelAssociation(
        [
          [0, 0],
          [2, 1],
        ],
        [2, 2],
      ),
    ).toThrow(/label of attribute 0/);
  });
});

describe("human study", () => {
  const answer = (
    attribute: string,
    left: string,
    right: string,
    given: StudyResponse["answer"],
    question = "Q1",
  ): StudyResponse => ({
    question,
    attribute,
    left,
    right,
    answer: given,
  });
  const responses = [
    ...Array.from({ length: 6 }, () => answer("smile", "ode", "if", "left")),
    ...Array.from({ length: 3 }, () => answer("smile", "if", "ode", "right")),
    answer("smile", "ode", "if", "right"),
    answer("beard", "if", "ode", "left"),
    answer("beard", "if", "ode", "none"),
    answer("beard", "if", "ode", "left", "Q2"),
    answer("beard", "if", "linear", "left"),
  ];

  it("counts by method, whatever side it stood on, and leaves other pairs out", () => {
    const [first, second] = tallyStudy(responses, ["ode", "if"]);
    expect(first).toMatchObject({ question: "Q1", wins: [9, 2], none: 1, responses: 12 });
    expect(first!.pValue).toBe(binomialTest(9, 11));
    expect(first!.interval).toEqual(wilsonInterval(9, 11));
    expect(first!.byAttribute.get("beard")).toMatchObject({ wins: [0, 1], none: 1, responses: 2 });
    expect(second).toMatchObject({ question: "Q2", wins: [0, 1] });
  });

  it("swapping the methods swaps the counts and keeps the p-value", () => {
    const forward = tallyStudy(responses, ["ode", "if"])[0]!;
    const backward = tallyStudy(responses, ["if", "ode"])[0]!;
    expect(backward.wins).toEqual([forward.wins[1], forward.wins[0]]);
    expect(backward.pValue).toBe(forward.pValue);
  });

  it("refuses a misspelt answer, a method against itself, and a confidence that is none", () => {
    const one = { question: "Q1", attribute: "hair", left: "flow", right: "linear", answer: "left" } as const;
    expect(() => tallyStudy([{ ...one, answer: "Left" as never }], ["flow", "linear"])).toThrow(/got "Left"/);
    expect(() => tallyStudy([{ ...one, right: "flow" }], ["flow", "flow"])).toThrow(/two different methods/);
    expect(() => tallyStudy([{ ...one, answer: "none" }], ["flow", "linear"], { confidence: 95 })).toThrow(/confidence/);
  });

  it("refuses a pair that nobody compared", () => {
    expect(() => tallyStudy(responses, ["ode", "gan"])).toThrow(/ode with gan/);
  });
});

describe("small analyses", () => {
  it("re-scoring is the mean change, with its standard error", () => {
    const { change, standardError } = rescoring(
      [
        [0, 1],
        [1, 1],
      ],
      [
        [
          [2, 1],
          [2, 1],
        ],
      ],
    );
    expect(Array.from(change[0]!)).toEqual([1.5, 0]);
    expect(standardError[0]![0]).toBeCloseTo(0.5, 14);
  });

  it("a straight path has straightness 1, a half circle 2/π, a stationary one NaN", () => {
    const times = 400;
    const data = Array.from({ length: times }, (_, t) => {
      const angle = (Math.PI * t) / (times - 1);
      return [t, 2 * t, Math.cos(angle), Math.sin(angle), 1, 1];
    }).flat();
    const [line, circle, still] = pathStraightness({ data, shape: [times, 3, 2] });
    expect(line).toBeCloseTo(1, 12);
    expect(circle).toBeCloseTo(2 / Math.PI, 4);
    expect(still).toBeNaN();
  });

  it("cosines of directions", () => {
    const cosines = directionCosines([
      [1, 0],
      [2, 2],
      [0, -3],
    ]);
    expect(cosines[0]![1]).toBeCloseTo(Math.SQRT1_2, 14);
    expect(cosines[1]![2]).toBeCloseTo(-Math.SQRT1_2, 14);
    expect(cosines[2]![2]).toBe(1);
  });
});

describe("percentileInterval", () => {
  it("equals numpy.percentile, and gives the median twice for no share at all", () => {
    // numpy.percentile([4, 1, 3, 2, 10], [5, 95])
    const [low, high] = percentileInterval([4, 1, 3, 2, 10], { confidence: 0.9 });
    expect(low).toBeCloseTo(1.2, 12);
    expect(high).toBeCloseTo(8.8, 12);
    expect(percentileInterval([4, 1, 3, 2], { confidence: 0 })).toEqual([2.5, 2.5]);
    expect(percentileInterval([4, 1, 3, 2, 10], { confidence: 1 })).toEqual([1, 10]);
    expect(() => percentileInterval([])).toThrow("percentileInterval: expected one value or more, got none.");
  });
});
