import { fit, odeint } from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import { describe, expect, it } from "vitest";
import reference from "./reference/sensitivities.json" with { type: "json" };

const { t, data: values, sigma, ...least } = reference.fit;
const lotka = (_t: number, [x, y]: Float64Array, [a, b, c, d]: Float64Array) => [a! * x! - b! * x! * y!, d! * x! * y! - c! * y!];
const y0 = Float64Array.of(1, 1);
const observed = { y0, t0: 0, t, values, sigma };
const from = Float64Array.of(1.4, 1.1, 2.8, 0.9);

describe("fit", () => {
  it("finds Lotka's and Volterra's four parameters from 40 noisy points, as SciPy's least_squares does, in under half a second", async () => {
    await fit(lotka, from, observed);
    const before = process.cpuUsage();
    const found = await fit(lotka, from, observed);
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(0.5);
    expect(found.status.kind).toBe("converged");
    expect(found.sum / least.sum).toBeCloseTo(1, 7);
    expect(found.observations).toBe(80);
    for (const [j, value] of least.parameters.entries()) {
      const error = Math.sqrt(least.covariance[j]![j]!);
      expect(Math.abs(found.parameters[j]! - value) / error).toBeLessThan(1e-4);
      expect(found.standardErrors[j]! / error).toBeCloseTo(1, 4);
      for (const [k, covariance] of least.covariance[j]!.entries())
        expect(Math.abs(found.covariance[j]![k]! / covariance - 1)).toBeLessThan(1e-3);
    }
    expect(found.residuals[0]).toHaveLength(40);
    expect(found.residuals[0]!.reduce((sum, row) => sum + row[0]! ** 2 + row[1]! ** 2, 0)).toBeCloseTo(found.sum, 9);
  });

  it("turns back from parameters whose solve fails", async () => {
    // y = 1 / (1 − p t) ends at t = 1 / p: the first step would lead to p = 1.5, far beyond 2/3.
    const seen = { y0: 1, t: [0, 1, 1.5], values: [1, 2, 4] };
    const found = await fit((_t, y: number, p) => p * y * y, 0.1, seen, { maxSteps: 500 });
    expect(found.status.kind).toBe("converged");
    expect(found.parameters).toBeCloseTo(0.5, 6);
  });

  it("stays within bounds, where the bounded least squares of SciPy end, too", async () => {
    const { bounds, parameters, sum } = least.below;
    const found = await fit(lotka, from, observed, { lower: 0, upper: Float64Array.from(bounds) as never });
    expect(found.status.kind).toBe("converged");
    expect(found.parameters[0]).toBe(1.45);
    expect(found.standardErrors[0]).toBe(0);
    expect(found.sum / sum).toBeCloseTo(1, 6);
    for (const [j, value] of parameters.entries()) expect(found.parameters[j]! / value).toBeCloseTo(1, 4);
  });

  it("takes observations of some components, with some missing, and several data sets", async () => {
    const prey = { y0, t0: 0, t, values: values.map(([x]) => x!), components: [0], sigma };
    const one = await fit(lotka, from, prey);
    expect(one.sum / least.prey.sum).toBeCloseTo(1, 6);
    for (const [j, value] of least.prey.parameters.entries()) expect(one.parameters[j]! / value).toBeCloseTo(1, 4);
    const missing = await fit(lotka, from, { ...observed, values: values.map(([x]) => [x!, Number.NaN]) });
    expect(missing.parameters).toEqual(one.parameters);
    expect(missing.residuals[0]![3]![1]).toBeNaN();
    const predators = { ...prey, values: values.map(([, y]) => y!), components: [1], sigma: values.map(() => [sigma]) };
    const two = await fit(lotka, from, [prey, predators]);
    expect(two.sum / least.sum).toBeCloseTo(1, 6);
    for (const [j, value] of least.parameters.entries()) expect(two.parameters[j]! / value).toBeCloseTo(1, 6);
  });

  it("fits what y0 depends on, and estimates the noise where no sigma is given", async () => {
    // y = a exp(−k t) with errors that a line through log y could not give: the least squares of a two-parameter exponential, by hand.
    const times = [0, 0.5, 1, 2, 3];
    const noise = [0.02, -0.03, 0.01, 0.02, -0.02];
    const seen = times.map((time, i) => 2 * Math.exp(-0.7 * time) + noise[i]!);
    const found = await fit(
      (_t, y: number, { k }) => -k * y,
      { a: 1, k: 0.3 },
      {
        y0: ({ a }: { a: number; k: number }) => a,
        t: times,
        values: seen,
      },
      { rtol: 1e-10, atol: 1e-12 },
    );
    const { a, k } = found.parameters;
    const residuals = times.map((time, i) => a * Math.exp(-k * time) - seen[i]!);
    // The gradient of the sum vanishes there, and the covariance is s² (JᵀJ)⁻¹.
    const rows = times.map((time) => [Math.exp(-k * time), -a * time * Math.exp(-k * time)] as const);
    const dot = (i: 0 | 1, other: readonly number[]) => rows.reduce((sum, row, m) => sum + row[i] * other[m]!, 0);
    expect(dot(0, residuals)).toBeCloseTo(0, 6);
    expect(dot(1, residuals)).toBeCloseTo(0, 6);
    const [aa, ak, kk] = [
      dot(
        0,
        rows.map(([x]) => x),
      ),
      dot(
        0,
        rows.map(([, x]) => x),
      ),
      dot(
        1,
        rows.map(([, x]) => x),
      ),
    ];
    const variance = residuals.reduce((sum, r) => sum + r * r, 0) / 3;
    expect(found.standardErrors.a).toBeCloseTo(Math.sqrt((variance * kk) / (aa * kk - ak * ak)), 7);
    expect(found.standardErrors.k).toBeCloseTo(Math.sqrt((variance * aa) / (aa * kk - ak * ak)), 7);
  });

  it("fits rates of a stiff system by a stiff method", async () => {
    const robertson = (_t: number, [a, b, c]: Float64Array, k: Float64Array) => {
      const [slow, medium, fast] = [k[0]! * a!, k[1]! * b! * c!, k[2]! * b! * b!];
      return [medium - slow, slow - medium - fast, fast];
    };
    const truth = Float64Array.of(0.04, 1e4, 3e7);
    const options = { method: "rodas5p", rtol: 1e-7, atol: 1e-11 } as const;
    const times = [0, 0.1, 1, 10, 40, 100];
    const exact = odeint(robertson, Float64Array.of(1, 0, 0), times, { args: truth, ...options });
    const seen = { y0: Float64Array.of(1, 0, 0), t: times, values: exact, sigma: [1e-3, 1e-8, 1e-3] };
    const found = await fit(robertson, Float64Array.of(0.06, 0.7e4, 2e7), seen, options);
    expect(found.status.kind).toBe("converged");
    for (const [j, value] of truth.entries()) expect(found.parameters[j]! / value).toBeCloseTo(1, 4);
  });

  it("says when the observations do not determine the parameters, or no more iterations are allowed", async () => {
    const decay = (_t: number, y: number, { p, q }: { p: number; q: number }) => -p * q * y;
    const seen = { y0: 1, t: [0, 1, 2], values: [1, 0.6, 0.35] };
    const found = await fit(decay, { p: 1, q: 0.4 }, seen);
    expect(found.status.kind).toBe("undetermined");
    expect(found.standardErrors.p).toBe(Number.POSITIVE_INFINITY);
    expect(found.parameters.p * found.parameters.q).toBeCloseTo(0.52, 2);
    const cut = await fit(lotka, from, observed, { maxIterations: 2 });
    expect(cut.status.kind).toBe("maxIterations");
    expect(cut.iterations).toBe(2);
  });

  it("tells its progress, and stops", async () => {
    const sums: number[] = [];
    await fit(lotka, from, observed, { onProgress: ({ sum }) => sums.push(sum) });
    expect(sums.length).toBeGreaterThan(2);
    expect(sums).toEqual([...sums].sort((a, b) => b - a));
    const controller = new AbortController();
    const stopped = fit(lotka, from, observed, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toThrow("fit");
  });

  it("is in small programs, too", async () => {
    const found = await float64.fit((_t, y: number, k) => -k * y, 1, { y0: 1, t: [0, 1, 2], values: [1, 0.5, 0.25] });
    expect(found.parameters).toBeCloseTo(Math.LN2, 6);
  });

  it("refuses what it can't take", async () => {
    const decay = (_t: number, y: number, p: number) => -p * y;
    const seen = { y0: 1, t: [0, 1], values: [1, 0.5] };
    const call = (set: object, options: object = {}) => fit(decay, 1, { ...seen, ...set } as typeof seen, options);
    await expect(call({ values: [1] })).rejects.toThrow("fit: expected data.values to be 2 rows, one a time, of 1 numbers");
    await expect(call({ sigma: 0 })).rejects.toThrow("expected data.sigma to be above 0 and finite, got 0");
    await expect(call({ components: [1] })).rejects.toThrow("expected data.components to be places in y0, 0 to 0, got");
    await expect(call({ value: 1 })).rejects.toThrow("unknown option value in data");
    await expect(call({}, { lower: 2 })).rejects.toThrow(
      "expected lower < upper with the parameters between, got 2, Infinity and the parameter 1",
    );
    await expect(fit(decay as never, 1, [])).rejects.toThrow("expected data to hold at least one data set, got none");
    await expect(fit(decay, 1, { ...seen, values: [1, Number.NaN], t: [0, 1] }, { maxSteps: 1 })).rejects.toThrow(
      "fit: data: reached maxSteps",
    );
    await expect(
      fit((_t, y: number, { p, q }) => -p * q * y, { p: 1, q: 1 }, { ...seen, t: [1], t0: 0, values: [1] }),
    ).rejects.toThrow("expected at least as many observations as the 2 parameters, got 1");
  });
});
