import { SeededRandom } from "@latentflow/core";
import { describe, expect, it } from "vitest";
import { classScores, fitInterFaceGan, ganSpace, LatentEditError, linearSvm, projectDirection, seFa } from "../src/index.js";
import reference from "./reference/linear.json" with { type: "json" };
import { uniforms } from "./small-world.js";

/** The reference script's classification problem. */
function problem(seed: number, n: number, d: number, noise: number) {
  const data = uniforms(seed, n * d).map((u, i) => (2 * u - 1) * (1 + ((i % d) % 3)));
  const normal = uniforms(seed + 1, d).map((u) => 2 * u - 1);
  const blur = uniforms(seed + 2, n).map((u) => noise * (2 * u - 1));
  const y = Array.from({ length: n }, (_, i) => (dot(data.subarray(i * d, (i + 1) * d), normal) + blur[i]! > 0.3 ? 1 : -1));
  return { x: { data: data.map((v) => v + 0.25), shape: [n, d] as const }, y };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => dot(a, b) / (norm(a) * norm(b));

describe("linearSvm against scikit-learn's SVC(kernel='linear')", () => {
  it.each(reference.svm.map((c) => [`${c.n} × ${c.d}, noise ${c.noise}, C ${c.C}`, c] as const))("%s", async (_, c) => {
    const { x, y } = problem(c.seed, c.n, c.d, c.noise);
    const svm = await linearSvm(x, y, { C: c.C, tolerance: 1e-6 });
    expect(svm.converged).toBe(true);
    expect(cosine(svm.weights, c.weights)).toBeGreaterThan(0.9999);
    expect(Math.abs(norm(svm.weights) / norm(c.weights) - 1)).toBeLessThan(1e-2);
    expect(norm(svm.weights.map((w, i) => w - c.weights[i]!))).toBeLessThanOrEqual(svm.errorBound + 1e-6);
    expect(svm.dualityGap).toBeLessThanOrEqual(1e-6 * svm.objective);
  });

  it("reaches 0.9999 with default options too", async () => {
    for (const c of reference.svm) {
      const { x, y } = problem(c.seed, c.n, c.d, c.noise);
      expect(cosine((await linearSvm(x, y, { C: c.C })).weights, c.weights)).toBeGreaterThan(0.9999);
    }
  });
});

describe("linearSvm converges", () => {
  /** Normal codes, labels by a random direction with noise. */
  function normal(n: number, d: number, noise: number) {
    const random = new SeededRandom(n + d);
    const truth = random.normals(d);
    const data = Float64Array.from(random.normals(n * d));
    const y = Array.from({ length: n }, (_, i) => {
      const score = dot(data.subarray(i * d, (i + 1) * d), truth) / Math.sqrt(d) + noise * random.normal();
      return score > 0.1 ? 1 : -1;
    });
    return { data, shape: [n, d] as const, y };
  }
  const shapes = [
    [40, 2],
    [200, 10],
    [100, 30],
    [30, 60],
    [300, 50],
  ] as const;
  const gap = (svm: { dualityGap: number; objective: number }) => svm.dualityGap / svm.objective;

  it.each(shapes)("%i × %i to a relative gap of 1e-10, separable or not, at any C", async (n, d) => {
    for (const noise of [0, 0.3, 2]) {
      for (const C of [0.01, 1, 100]) {
        const { y, ...x } = normal(n, d, noise);
        const svm = await linearSvm(x, y, { C, tolerance: 1e-10 });
        expect([svm.converged, gap(svm) <= 1e-10, svm.iterations < 200], `noise ${noise}, C ${C}`).toEqual([true, true, true]);
        expect(svm.dualityGap).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it.each([1e8, 1e4, 1e-8])("rows × %d, as with C times its square", async (factor) => {
    for (const [n, d] of shapes.slice(0, 4)) {
      for (const noise of [0, 0.5]) {
        const { data, shape, y } = normal(n, d, noise);
        const svm = await linearSvm({ data: data.map((x) => x * factor), shape }, y);
        const same = await linearSvm({ data, shape }, y, { C: factor * factor });
        expect(svm.converged && same.converged).toBe(true);
        expect((svm.objective / same.objective) * factor * factor).toBeCloseTo(1, 3);
      }
    }
  });

  it.each([1e3, 1e6, 1e-6])("one feature × %d", async (factor) => {
    for (const [n, d] of shapes.slice(0, 4)) {
      for (const noise of [0, 0.5]) {
        const { data, shape, y } = normal(n, d, noise);
        const svm = await linearSvm({ data: data.map((x, i) => (i % d === 0 ? x * factor : x)), shape }, y);
        expect(svm.converged).toBe(true);
        expect(svm.weights.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("says when it does not", async () => {
    const { y, ...x } = normal(100, 30, 0.3);
    const svm = await linearSvm(x, y, { tolerance: 1e-8, maxIterations: 10 });
    expect(svm).toMatchObject({ converged: false, iterations: 10 });
    expect(gap(svm)).toBeGreaterThan(1e-8);
  });

  it("repeated rows count as often as they stand there, and int64 labels as their numbers", async () => {
    const { data, shape, y } = normal(40, 2, 0.5);
    const twice = { data: [...data, ...data], shape: [80, 2] as const };
    const once = await linearSvm({ data, shape }, y, { C: 2, tolerance: 1e-10 });
    const svm = await linearSvm(twice, BigInt64Array.from([...y, ...y].map(BigInt)), { C: 1, tolerance: 1e-10 });
    expect(cosine(svm.weights, once.weights)).toBeCloseTo(1, 9);
    expect(svm.objective).toBeCloseTo(once.objective, 7);
  });

  it("no direction is a normal of 0, with its certificate", async () => {
    const svm = await linearSvm(
      Array.from({ length: 6 }, () => [3, 4]),
      [1, -1, 1, -1, 1, -1],
    );
    expect(Array.from(svm.weights)).toEqual([0, 0]);
    expect(svm).toMatchObject({ converged: true, dualityGap: 0, objective: 6 });
  });
});

describe("linearSvm states the mathematics", () => {
  it("two points: the margin is the perpendicular bisector", async () => {
    const { weights, intercept } = await linearSvm(
      [
        [0, 0],
        [2, 0],
      ],
      [-1, 1],
      { C: 100, tolerance: 1e-9 },
    );
    expect(weights[0]).toBeCloseTo(1, 4);
    expect(weights[1]).toBeCloseTo(0, 6);
    expect(intercept).toBeCloseTo(-1, 4);
  });

  it("a shift of all rows changes the intercept only", async () => {
    const { x, y } = problem(9, 100, 5, 2);
    const far = { data: x.data.map((v) => v + 50), shape: x.shape };
    const [here, there] = [await linearSvm(x, y, { tolerance: 1e-8 }), await linearSvm(far, y, { tolerance: 1e-8 })];
    expect(cosine(here.weights, there.weights)).toBeGreaterThan(1 - 1e-8);
    expect(there.intercept).toBeCloseTo(here.intercept - 50 * here.weights.reduce((a, b) => a + b), 2);
  });

  it("refuses one class, ragged rows and unknown options; stops on a signal", async () => {
    await expect(linearSvm([[1], [2]], [1, 1])).rejects.toThrow(LatentEditError);
    await expect(linearSvm([[1], [2, 3]], [1, -1])).rejects.toThrow(/equal length/);
    await expect(linearSvm([[1], [2]], [1, -1], { c: 1 } as never)).rejects.toThrow(/"c"/);
    await expect(linearSvm([[1], [2]], [1, -1], { signal: AbortSignal.abort() })).rejects.toThrow(/AbortSignal/);
  });
});

describe("fitInterFaceGan", () => {
  const random = new SeededRandom(3);
  const d = 8;
  const truth = Array.from({ length: d }, () => random.normal());
  const codes = Array.from({ length: 2000 }, () => Array.from({ length: d }, () => random.normal()));
  const scores = codes.map((w) => dot(w, truth) / norm(truth) + 0.5 + 0.05 * random.normal());

  it("finds the direction that made the scores, of unit length, with all three accuracies", async () => {
    const { direction, accuracy, intercept } = await fitInterFaceGan(codes, scores, { ratio: 0.1 });
    expect(cosine(direction, truth)).toBeGreaterThan(0.95);
    expect(norm(direction)).toBeCloseTo(1, 12);
    expect(accuracy.train).toBe(1);
    expect(accuracy.validation).toBe(1);
    expect(accuracy.rest).toBeGreaterThan(0.8);
    expect(Math.abs(intercept)).toBeLessThan(1);
  });

  it("takes scores as [n, 1], a ratio above 1 as a count, and drops invalid rows", async () => {
    const spoiled = scores.map((s, i) => (i % 5 === 0 ? [-999] : [s]));
    const { svm, direction } = await fitInterFaceGan(codes, spoiled, { ratio: 50, invalid: -999 });
    expect(svm.supportVectors).toBeLessThanOrEqual(70);
    expect(cosine(direction, truth)).toBeGreaterThan(0.9);
  });

  it("repeats with its seed", async () => {
    const first = await fitInterFaceGan(codes, scores, { seed: 5 });
    expect((await fitInterFaceGan(codes, scores, { seed: 5 })).direction).toEqual(first.direction);
  });

  it("refuses constant scores and too few codes", async () => {
    await expect(
      fitInterFaceGan(
        codes,
        codes.map(() => 1),
      ),
    ).rejects.toThrow(/high and with low/);
    await expect(fitInterFaceGan(codes.slice(0, 10), scores.slice(0, 10))).rejects.toThrow(/larger ratio/);
  });

  it("classScores are log-odds of one class against another or the rest", () => {
    const logits = [[1, 2, 4]];
    expect(classScores(logits, { to: 2, from: 0 })[0]).toBe(3);
    expect(classScores(logits, { to: 2 })[0]).toBeCloseTo(4 - Math.log(Math.exp(1) + Math.exp(2)), 12);
  });
});

describe("projectDirection", () => {
  it("for one condition is n − (n·c)c, normalised", () => {
    const { direction, residual } = projectDirection([3, 4, 0], [[0, 2, 0]]);
    expect(Array.from(direction)).toEqual([1, 0, 0]);
    expect(residual).toBeCloseTo(0.6, 14);
  });

  it("is orthogonal to every condition, however many and however dependent", () => {
    const random = new SeededRandom(8);
    const vector = () => Array.from({ length: 12 }, () => random.normal());
    const [a, b] = [vector(), vector()];
    const conditions = [a, b, a.map((x, i) => 2 * x - b[i]!), vector(), vector()];
    const { direction, rank } = projectDirection(vector(), conditions);
    expect(rank).toBe(4);
    for (const condition of conditions) expect(Math.abs(cosine(direction, condition))).toBeLessThan(1e-12);
    expect(norm(direction)).toBeCloseTo(1, 14);
  });

  it("refuses a direction inside the span", () => {
    expect(() =>
      projectDirection(
        [1, 1, 0],
        [
          [1, 0, 0],
          [0, 1, 0],
        ],
      ),
    ).toThrow(LatentEditError);
  });

  it("takes conditions as a matrix in any form", () => {
    const conditions = [
      [1, 0, 0],
      [1, 1, 0],
    ];
    const { direction } = projectDirection([1, 2, 3], conditions);
    expect(projectDirection([1, 2, 3], { data: conditions.flat(), shape: [2, 3] }).direction).toEqual(direction);
    expect(() => projectDirection([1, 2, 3], 7 as never)).toThrow(/^projectDirection: expected conditions/);
  });

  it("with no condition only normalises", () => {
    expect(projectDirection([0, 3], [])).toMatchObject({ residual: 1, rank: 0 });
  });
});

describe("directions of numbers of any size", () => {
  const random = new SeededRandom(31);
  const rows = Array.from({ length: 30 }, () => Array.from({ length: 4 }, (_, j) => (4 - j) * random.normal()));
  const plain = ganSpace(rows);
  const weights = seFa([rows], { normalize: false });

  it.each([1e155, 1e300, 1e-200, 1e-300])("× %d: the same directions, strengths in proportion", (size) => {
    const scaled = rows.map((row) => row.map((x) => x * size));
    for (const [found, expected] of [
      [ganSpace(scaled), plain],
      [seFa([scaled], { normalize: false }), weights],
      [seFa([scaled]), seFa([rows])],
    ] as const) {
      const factor = found.strengths[0]! / expected.strengths[0]!;
      expected.directions.forEach((direction, i) => {
        expect(Math.abs(cosine(found.directions[i]!, direction))).toBeCloseTo(1, 10);
        expect(found.strengths[i]! / factor).toBeCloseTo(expected.strengths[i]!, 10);
      });
    }
    expect(ganSpace(scaled).strengths[0]! / size).toBeCloseTo(plain.strengths[0]!, 10);
    const projected = projectDirection(scaled[0]!, [scaled[1]!.map((x) => x / size), rows[2]!]);
    expect(cosine(projected.direction, projectDirection(rows[0]!, [rows[1]!, rows[2]!]).direction)).toBeCloseTo(1, 10);
  });

  it("none in what is all the same, or 0", () => {
    expect(() => ganSpace(rows.map(() => [1, 2, 3]))).toThrow(/expected codes that differ; there is no direction/);
    expect(() => seFa([[[0, 0]]])).toThrow(/expected weights other than 0/);
    expect(() => projectDirection([0, 0], [[1, 0]])).toThrow(/other than 0, got 2 zeros/);
  });
});

describe("directions without labels", () => {
  it("ganSpace equals scikit-learn's PCA up to sign", () => {
    const scales = [3, 2.4, 1.7, 1.1, 0.6, 0.2];
    const data = uniforms(77, 360).map((u, i) => (2 * u - 1) * scales[i % 6]!);
    const { directions, strengths, mean } = ganSpace({ data, shape: [60, 6] });
    reference.pca.components.forEach((component, i) => {
      expect(Math.abs(cosine(directions[i]!, component))).toBeCloseTo(1, 10);
      expect(strengths[i]).toBeCloseTo(reference.pca.deviations[i]!, 10);
      expect(mean[i]).toBeCloseTo(reference.pca.mean[i]!, 12);
    });
  });

  it("seFa equals NumPy's SVD of the stacked, row-normalised weights", () => {
    const layers = [
      [5, 8],
      [6, 12],
    ].map(([seed, rows]) => ({ data: uniforms(seed!, rows! * 6).map((u) => 2 * u - 1), shape: [rows!, 6] as const }));
    const { directions, strengths } = seFa(layers, { components: 4 });
    expect(directions.length).toBe(4);
    directions.forEach((direction, i) => {
      expect(Math.abs(cosine(direction, reference.sefa.directions[i]!))).toBeCloseTo(1, 9);
      expect(strengths[i]).toBeCloseTo(reference.sefa.strengths[i]!, 9);
    });
  });
});
