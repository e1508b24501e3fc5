import { METHODS, type Statistics, sensitivities } from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { start } from "./backends.js";
import reference from "./reference/sensitivities.json" with { type: "json" };

/** Derivatives of the last time: number i of y by number j of the parameters. */
type Matrix = readonly (readonly number[])[];

const robertson = (_t: number, [a, b, c]: Float64Array, { k }: { k: Float64Array }) => {
  const [slow, medium, fast] = [k[0]! * a!, k[1]! * b! * c!, k[2]! * b! * b!];
  return [medium - slow, slow - medium - fast, fast];
};
const rates = { k: Float64Array.of(0.04, 1e4, 3e7) };
const fresh = Float64Array.of(1, 0, 0);
const lotka = (_t: number, [x, y]: Float64Array, [a, b, c, d]: Float64Array) => [a! * x! - b! * x! * y!, d! * x! * y! - c! * y!];
const lotkaJacobian = (_t: number, [x, y]: Float64Array, [a, b, c, d]: Float64Array) => [
  [a! - b! * y!, -b! * x!],
  [d! * y!, d! * x! - c!],
];
const lotkaByParameters = (_t: number, [x, y]: Float64Array) => [
  [x!, -x! * y!, 0, 0],
  [0, 0, -y!, x! * y!],
];
const lotkaParameters = Float64Array.of(1.5, 1, 3, 1);
const ones = Float64Array.of(1, 1);

/** Largest deviation of columns at one time from a reference, relative to the largest number of the column. */
function deviation(columns: readonly (readonly Float64Array[])[], time: number, expected: Matrix): number {
  return Math.max(
    ...columns.map((column, j) => {
      const size = Math.max(...expected.map((row) => Math.abs(row[j]!)));
      return Math.max(...expected.map((row, i) => Math.abs(column[time]![i]! - row[j]!))) / size;
    }),
  );
}

describe("sensitivities", () => {
  it("are those of the variational equations: Robertson's rates at t = 40 to 1e-6, by stiff methods", () => {
    const { t, parameters, y0 } = reference.robertson;
    for (const method of ["radau5", "rodas5p", "kvaerno5"] as const) {
      const found = sensitivities(robertson, fresh, rates, t, { method, rtol: 1e-6, atol: 1e-10 });
      expect(deviation(found.parameters.k, 2, parameters[1]!)).toBeLessThan(1e-6);
      expect(deviation(found.y0 as never, 2, y0[1]!)).toBeLessThan(1e-6);
      // Between its steps kvaerno5 is of order 3.
      expect(deviation(found.parameters.k, 1, parameters[0]!)).toBeLessThan(method === "kvaerno5" ? 1e-3 : 1e-5);
      expect(Math.abs(found.y[2]![1]! / reference.robertson.y[1]![1]! - 1)).toBeLessThan(1e-6);
    }
  });

  it("of Lotka's and Volterra's equations: explicit and stiff methods, derivatives given or not", () => {
    const { t, parameters, y0 } = reference.lotka;
    for (const method of ["dopri5", "radau5", "rodas5p"] as const)
      for (const given of [{}, { jacobian: lotkaJacobian, parameterJacobian: lotkaByParameters }]) {
        const costs: Statistics[] = [];
        const options = { method, rtol: 1e-6, atol: 1e-6, onStatistics: (cost: Statistics) => void costs.push(cost) };
        const found = sensitivities(lotka, ones, lotkaParameters, [t[0]!, t[1]!], { ...options, ...given });
        expect(deviation(found.parameters, 1, parameters[0]!)).toBeLessThan(3e-5);
        expect(deviation(found.y0 as never, 1, y0[0]!)).toBeLessThan(3e-5);
        // Without derivatives f is called twice for each number of y and of the parameters.
        if ("jacobian" in given) expect(costs[0]!.nfeJacobian ?? 0).toBe(0);
        else expect(costs[0]!.nfeJacobian).toBeGreaterThanOrEqual(12 * costs[0]!.nfe);
      }
  });

  it("keep a method's order with steps given, also where it rests on the exact Jacobian", () => {
    // y = y0 / (1 + p y0 (sin t)), with y' = -p y^2 cos t.
    const f = (t: number, y: number, p: number) => -p * y * y * Math.cos(t);
    const [y0, p, t] = [1.3, 0.7, 1.4];
    const exact = -(y0 ** 2 * Math.sin(t)) / (1 + p * y0 * Math.sin(t)) ** 2;
    const given = {
      jacobian: (t: number, y: number) => [-2 * p * y * Math.cos(t)],
      parameterJacobian: (t: number, y: number) => [-y * y * Math.cos(t)],
    };
    for (const method of ["dopri5", "rodas5p", "radau5", "trbdf2"] as const)
      for (const derivatives of [{}, given]) {
        const errors = [0.1, 0.05].map((stepSize) => {
          const { parameters } = sensitivities(f, y0, p, [0, t], {
            method,
            stepSize: 1.4 * stepSize,
            of: "parameters",
            ...derivatives,
          });
          return Math.abs(parameters[1]! - exact);
        });
        const order = Math.log2(errors[0]! / errors[1]!);
        expect(order).toBeGreaterThan(METHODS[method].order - 0.4);
      }
  });

  it("of a banded system cost what its band costs, and are those of the whole matrix", () => {
    const count = 12;
    const heat = (_t: number, y: Float64Array, { rate }: { rate: number }) =>
      y.map((value, i) => rate * ((y[i - 1] ?? 0) - 2 * value + (y[i + 1] ?? 0)) * count ** 2 - value ** 3);
    const y0 = Float64Array.from({ length: count }, (_, i) => Math.sin((3 * i) / count));
    for (const method of ["radau5", "rodas5p"] as const) {
      const [whole, banded] = [undefined, [1, 1] as const].map((band) => {
        const costs: Statistics[] = [];
        const options = {
          method,
          rtol: 1e-4,
          of: "parameters",
          onStatistics: (cost: Statistics) => void costs.push(cost),
        } as const;
        const found = sensitivities(heat, y0, { rate: 1 }, [0, 0.1], { ...options, ...(band && { jacobianBand: band }) });
        return { column: found.parameters.rate[1]!, evaluations: costs[0]!.nfeJacobian! };
      });
      expect(banded!.evaluations).toBeLessThan(whole!.evaluations / 2);
      const size = Math.hypot(...whole!.column);
      expect(Math.hypot(...whole!.column.map((value, i) => value - banded!.column[i]!)) / size).toBeLessThan(1e-6);
    }
  });

  it("nest as the parameters and y0, each shaped as y", () => {
    const swing = (
      _t: number,
      { x, v }: { x: number; v: number },
      { stiffness: [k], drag }: { stiffness: [number]; drag: number },
    ) => ({
      x: v,
      v: -k * x - drag * v,
    });
    const found = sensitivities(swing, { x: 1, v: 0 }, { stiffness: [4], drag: 0 }, [0, 0.5, 1]);
    expect(found.y.x[2]).toBeCloseTo(Math.cos(2), 6);
    // x = cos(sqrt(k) t): dx/dk = -t sin(sqrt(k) t) / (2 sqrt(k)).
    expect(found.parameters.stiffness[0].x[2]).toBeCloseTo(-Math.sin(2) / 4, 6);
    expect(found.parameters.drag.x).toHaveLength(3);
    expect(found.y0.v.x[1]).toBeCloseTo(Math.sin(1) / 2, 6);
    expect(found.y0.x.v[0]).toBe(0);
    const only = sensitivities(swing, { x: 1, v: 0 }, { stiffness: [4], drag: 0 }, [0, 1], { of: "y0" });
    expect(only.parameters).toBeUndefined();
    expect(only.y0.x.x[1]).toBeCloseTo(Math.cos(2), 6);
  });

  it("where f is finite on one side only are taken from there", () => {
    const root = (_t: number, y: number, p: number) => p * Math.sqrt(y);
    // y = (1 + p t/2)², from the edge where p may not be negative.
    const edge = (t: number, y: number, p: number) => root(t, y, p) + (p < 0 ? Number.NaN : 0);
    const found = sensitivities(edge, 1, 0, [0, 1], { of: "parameters" });
    expect(found.parameters[1]).toBeCloseTo(1, 4);
  });

  it("take tolerances and norms as odeint does, backward times, jumps, and small programs' methods themselves", () => {
    const decay = (_t: number, y: Float64Array, p: number) => y.map((value) => -p * value);
    const y0 = Float64Array.of(1, 2);
    const tests = [
      { rtol: Float64Array.of(1e-8, 1e-8), atol: 1e-9 },
      { norm: (error: Float64Array) => Math.max(...error.map(Math.abs)) },
    ];
    for (const test of tests) expect(sensitivities(decay, y0, 1, [0, 1], test).parameters[1]![1]).toBeCloseTo(-2 / Math.E, 6);
    expect(sensitivities(decay, y0, 1, [1, 0]).parameters[1]![0]).toBeCloseTo(Math.E, 5);
    const switched = (t: number, y: number, p: number) => (t < 0.5 ? 0 : -p * y);
    expect(sensitivities(switched, 1, 2, [0, 1], { jumpTimes: [0.5] }).parameters[1]).toBeCloseTo(-0.5 / Math.E, 6);
    const small = float64.sensitivities(decay, y0, 1, [0, 1], { method: float64.radau5, of: "parameters" });
    expect(small.parameters[1]![0]).toBeCloseTo(-1 / Math.E, 6);
  });

  it("refuse what they can't take", async () => {
    await start("cpu");
    const decay = (_t: number, y: number, p: number) => -p * y;
    const call = (options: object) => () => sensitivities(decay, 1, 1, [0, 1], options);
    expect(() => sensitivities(((_t: number, y: tf.Tensor) => y) as never, tf.scalar(1) as never, 1, [0, 1])).toThrow(
      "sensitivities: expected y0 to be numbers and Float64Arrays, got tensors",
    );
    expect(() => sensitivities(decay, 1, "x" as never, [0, 1])).toThrow("expected parameters to be numbers and Float64Arrays");
    expect(() => sensitivities(decay, 1, Number.NaN, [0, 1])).toThrow("expected parameters to hold finite numbers, got NaN");
    expect(call({ of: "f" })).toThrow("expected of to be one of parameters, y0, both");
    expect(call({ args: 1 })).toThrow("args does not apply");
    expect(call({ scales: [1] })).toThrow("expected scales to be one number, or nested as the parameters (*)");
    expect(call({ scales: 0 })).toThrow("expected scales to be finite numbers above 0, got 0");
    expect(call({ parameterJacobian: 1 })).toThrow("expected parameterJacobian to be a function");
    expect(call({ parameterJacobian: () => [1, 2] })).toThrow("expected parameterJacobian to return 1 numbers in rows, got 2");
    expect(call({ jacobianBand: [0, 1] })).toThrow("expected jacobianBand below 1");
    expect(call({ gradient: "steps" })).toThrow("gradient");
    expect(() => sensitivities((_t, y, p) => p * y * y, 1, 1, [0, 2])).toThrow("sensitivities: ");
  });
});
