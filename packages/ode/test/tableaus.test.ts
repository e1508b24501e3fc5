import { explicitMethod, OdeError } from "@latentflow/ode";
import { describe, expect, it } from "vitest";
import { evaluatePolynomials } from "../src/state/polynomials.js";
import { EXPLICIT_METHODS, type ExplicitMethodName } from "./methods.js";
import { density, orderOf, rootedTrees, stageWeights } from "./rooted-trees.js";

const methods = Object.entries(EXPLICIT_METHODS) as [ExplicitMethodName, (typeof EXPLICIT_METHODS)[ExplicitMethodName]][];
const dot = (a: ArrayLike<number>, b: readonly number[]) => Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const treesUpTo = (order: number) => Array.from({ length: order }, (_, i) => rootedTrees(i + 1)).flat();

it("there are 1, 1, 2, 4, 9, 20, 48, 115 rooted trees", () => {
  expect(Array.from({ length: 8 }, (_, i) => rootedTrees(i + 1).length)).toEqual([1, 1, 2, 4, 9, 20, 48, 115]);
});

describe.each(methods)("%s", (_name, method) => {
  const { order, coupling, weights, errorWeights, dense } = method;
  /** How far rounding of the largest coefficient reaches. */
  const rounding = Math.max(1, ...coupling.flat().map(Math.abs));
  /** Largest residual of the conditions Σ bᵢ Φᵢ(τ) = 1/γ(τ) over the trees of one order. */
  const residual = (b: readonly number[], trees: number) =>
    Math.max(...rootedTrees(trees).map((tree) => Math.abs(dot(b, stageWeights(tree, coupling)) - 1 / density(tree))));

  it("meets the order conditions of its order and not of the next", () => {
    for (let p = 1; p <= order; p++) expect(residual(weights, p)).toBeLessThan(1e-13 * rounding);
    expect(residual(weights, order + 1)).toBeGreaterThan(1e-7);
  });

  const estimate = errorWeights === undefined ? undefined : weights.map((weight, i) => weight - errorWeights[i]!);
  it(estimate === undefined ? "has no error estimate" : "its error estimate is of a lower order", () => {
    if (estimate === undefined) return;
    const embedded = estimate;
    const embeddedOrder = order - 1;
    for (let p = 1; p <= embeddedOrder; p++) expect(residual(embedded, p)).toBeLessThan(1e-13 * rounding);
    expect(residual(embedded, order)).toBeGreaterThan(1e-6);
  });

  it("its dense output meets the conditions Σ bᵢ(x) Φᵢ(τ) = x^order/γ(τ) of its order, not of the next, and is continuous", () => {
    const extended = dense.usesEndSlope ? [...coupling, weights] : coupling;
    const worst = (order: number) =>
      Math.max(
        ...[0.1, 0.3, 0.5, 0.7, 0.9].flatMap((x) =>
          rootedTrees(order).map((tree) => {
            const b = evaluatePolynomials(dense.polynomials, x);
            return Math.abs(dot(b, stageWeights(tree, extended)) - x ** orderOf(tree) / density(tree));
          }),
        ),
      );
    for (let q = 1; q <= dense.order; q++) expect(worst(q)).toBeLessThan(1e-12 * rounding);
    expect(worst(dense.order + 1)).toBeGreaterThan(1e-7);
    expect(treesUpTo(dense.order).length).toBeGreaterThan(0);
    const atEnd = evaluatePolynomials(dense.polynomials, 1);
    for (const [i, weight] of weights.entries()) expect(atEnd[i]).toBeCloseTo(weight, 12);
  });

  it("is frozen", () => {
    expect(Object.isFrozen(method) && Object.isFrozen(weights) && Object.isFrozen(coupling[1] ?? coupling)).toBe(true);
  });
});

it("a mistyped coefficient is found when the tableau is loaded", () => {
  const broken = {
    ...EXPLICIT_METHODS.dopri5,
    coupling: EXPLICIT_METHODS.dopri5.coupling.map((row, i) => (i === 3 ? [44 / 45, -56 / 15, 31 / 9] : row)),
  };
  expect(() => explicitMethod(broken)).toThrow(OdeError);
  expect(() => explicitMethod({ ...EXPLICIT_METHODS.rk4, weights: [1 / 8, 3 / 8, 3 / 8, 1 / 9] })).toThrow(
    "weights that sum to 1",
  );
});
