import { describe, expect, it } from "vitest";
import { MetricsError, probeAttribute } from "../src/index.js";
import { fitLogistic, predictLogistic } from "../src/probes/logistic-regression.js";
import { predictNeighbours } from "../src/probes/nearest-neighbours.js";
import { fitRbfSvm, predictRbfSvm, rbfDecisions } from "../src/probes/rbf-svm.js";
import { randomIndex } from "../src/random.js";
import reference from "./reference/metrics.json" with { type: "json" };

describe.each(reference.probes.map((c) => [c.classes, c] as const))("%i classes against scikit-learn", (_, c) => {
  const x = Float64Array.from(c.x);
  const [train, test] = [x.slice(0, c.train * c.d), x.slice(c.train * c.d)];
  const y = c.y.slice(0, c.train);

  it("logistic regression: weights to 1e-5, the same predictions", () => {
    const model = fitLogistic(train, y, c.d, c.classes, 1);
    expect(model.converged).toBe(true);
    c.weights.forEach((w, i) => {
      expect(model.weights[i]).toBeCloseTo(w, 5);
    });
    expect(Array.from(predictLogistic(model, test, c.d))).toEqual(c.linear);
  });

  it("nearest neighbours: the same predictions", () => {
    expect(Array.from(predictNeighbours(train, y, test, c.d, c.classes, 5))).toEqual(c.neighbours);
  });
});

describe.each(reference.probes.map((c) => [c.classes, c] as const))("SVM with a Gaussian kernel, %i classes", (_, c) => {
  const x = Float64Array.from(c.x);
  const [train, test] = [x.slice(0, c.train * c.d), x.slice(c.train * c.d)];
  const y = c.y.slice(0, c.train);

  it("equals scikit-learn's SVC(): decision values to 1e-5, the same predictions", () => {
    const model = fitRbfSvm(train, y, c.d, c.classes, 1, 1e-9);
    const decisions = rbfDecisions(model, test, c.d);
    expect(decisions.length).toBe(c.rbfDecisions.length);
    c.rbfDecisions.forEach((value, i) => {
      expect(decisions[i]).toBeCloseTo(value, 5);
    });
    expect(Array.from(predictRbfSvm(model, test, c.d))).toEqual(c.rbf);
  });

  it("meets its own optimality: coefficients of a pair add up to 0 and lie within C", () => {
    for (const { coefficients } of fitRbfSvm(train, y, c.d, c.classes, 0.5).pairs) {
      expect(coefficients.reduce((a, b) => a + b)).toBeCloseTo(0, 10);
      for (const value of coefficients) expect(Math.abs(value)).toBeLessThanOrEqual(0.5);
    }
  });
});

it("the Gaussian kernel copes with rows that are the same but for their label", () => {
  const x = Float64Array.from([0, 0, 1, 1, 1, 2]);
  expect(Array.from(predictRbfSvm(fitRbfSvm(x, [0, 0, 1, 1, 0, 1], 1, 3, 1), Float64Array.from([0, 2]), 1))).toEqual([0, 1]);
});

describe("probeAttribute", () => {
  const index = randomIndex(11);
  const codes = Array.from({ length: 600 }, () => [index(2000) / 1000 - 1, index(2000) / 1000 - 1]);

  it("a half-plane is linear: no gap", () => {
    const result = probeAttribute(
      codes,
      codes.map((w) => Number(w[0]! + w[1]! > 0)),
    );
    expect(result.linear).toBeGreaterThan(0.95);
    expect(Math.abs(result.gap)).toBeLessThan(0.06);
  });

  it("a disc is not: the linear probe is no better than the most frequent class", () => {
    const result = probeAttribute(
      codes,
      codes.map((w) => Number(Math.hypot(w[0]!, w[1]!) < 0.75)),
    );
    expect(result.nonlinear).toBeGreaterThan(0.9);
    expect(result.linear).toBeLessThan(result.baseline + 0.1);
    expect(result.gap).toBeGreaterThan(0.25);
  });

  it.each([
    ["a disc", 2, (x: number, y: number) => Number(Math.hypot(x, y) < 0.75)],
    ["rings", 3, (x: number, y: number) => Math.min(2, Math.floor(2.4 * Math.hypot(x, y)))],
  ] as const)("a Gaussian kernel separates %s", (_, classes, label) => {
    const result = probeAttribute(
      codes,
      codes.map((w) => label(w[0]!, w[1]!)),
      { nonlinear: "rbf-svm", classes },
    );
    expect(result.nonlinearProbe).toBe("rbf-svm");
    expect(result.nonlinear).toBeGreaterThan(0.93);
    expect(result.gap).toBeGreaterThan(0.25);
  });

  it("refuses labels −1 and 1, and others that are no classes from 0 on", () => {
    const signs = codes.map((w) => (w[0]! > 0 ? 1 : -1));
    expect(() => probeAttribute(codes, signs)).toThrow(MetricsError);
    expect(() => probeAttribute(codes, signs)).toThrow(/labels to hold integers from 0 to .*, got -1/);
    expect(() =>
      probeAttribute(
        codes,
        codes.map((w) => w[0]!),
      ),
    ).toThrow(/integers/);
    const three = codes.map((_, i) => i % 3);
    expect(() => probeAttribute(codes, three, { classes: 2 })).toThrow(/from 0 to 1, got 2/);
  });

  it.each([1e155, 1e300, 1e-200])("is the same where one coordinate is %d times as large", (size) => {
    const labels = codes.map((w) => Number(w[0]! + w[1]! > 0));
    const found = probeAttribute(
      codes.map(([x, y]) => [x! * size, y!]),
      labels,
    );
    const plain = probeAttribute(codes, labels);
    expect(found.linear).toBeCloseTo(plain.linear, 2);
    expect(found.nonlinear).toBeCloseTo(plain.nonlinear, 2);
    expect(found.converged).toBe(true);
  });

  it("repeats with the seed and refuses what does not fit", () => {
    const labels = codes.map((w) => Number(w[0]! > 0));
    expect(probeAttribute(codes, labels, { seed: 4 })).toEqual(probeAttribute(codes, labels, { seed: 4 }));
    expect(() => probeAttribute(codes, [0, 1])).toThrow(/same length/);
    expect(() => probeAttribute(codes, labels, { k: 3 } as never)).toThrow(/"k"/);
    expect(() => probeAttribute(codes, labels, { nonlinear: "svm" as never })).toThrow(/one of neighbours, rbf-svm, got "svm"/);
  });
});
