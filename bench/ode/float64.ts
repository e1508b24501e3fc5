import { odeint } from "@latentflow/ode";
import { Solver } from "odex";
import { compare, printTable } from "../measure.js";
import { type Problem, problems } from "./problems.js";

const METHODS = ["dopri5", "tsit5", "dopri8", "verner8"] as const;

function ours({ f, y0, t1 }: Problem, method: (typeof METHODS)[number], tolerance: number): number[] {
  return [...odeint(f, Float64Array.from(y0), [0, t1], { method, rtol: tolerance, atol: tolerance, maxSteps: 1e6 })[1]!];
}

function odex({ f, y0, t1 }: Problem, tolerance: number): number[] {
  const solver = new Solver(y0.length);
  solver.absoluteTolerance = tolerance;
  solver.relativeTolerance = tolerance;
  solver.maxSteps = 1e6;
  return solver.solve((t: number, y: number[]) => f(t, y), 0, [...y0], t1).y;
}

const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((value, i) => value - b[i]!));

/**
 * A tolerance at which the error at the end is as wanted: where the straight line through log error against log tolerance crosses it, since
 * single errors scatter by a factor of some.
 */
function toleranceFor(run: (tolerance: number) => number[], reference: readonly number[], wanted: number): number {
  const points: [number, number][] = [];
  for (let exponent = 3; exponent <= 13; exponent += 0.25) {
    const error = Math.log10(distance(run(10 ** -exponent), reference));
    if (Math.abs(error - Math.log10(wanted)) < 1.5) points.push([-exponent, error]);
  }
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const slope = points.reduce((s, [a, b]) => s + (a - x) * (b - y), 0) / points.reduce((s, [a]) => s + (a - x) ** 2, 0);
  return 10 ** (x + (Math.log10(wanted) - y) / slope);
}

/** A second copy of the module: its functions are compiled for odex alone, as in a program that uses only one of the two. */
async function ownCopy(): Promise<readonly Problem[]> {
  const copy = "./problems.js?odex";
  return ((await import(copy)) as { problems: readonly Problem[] }).problems;
}

/** Our float64 path beside odex at equal errors. */
export async function benchFloat64(): Promise<void> {
  const rows: (string | number)[][] = [];
  const forOdex = await ownCopy();
  for (const [i, problem] of problems.entries()) {
    const same = forOdex[i]!;
    const reference = ours(problem, "dopri8", 1e-14);
    for (const wanted of [1e-5, 1e-8]) {
      const runs = Object.fromEntries(
        METHODS.map((method) => {
          const tolerance = toleranceFor((tolerance) => ours(problem, method, tolerance), reference, wanted);
          return [method, () => ours(problem, method, tolerance)];
        }),
      ) as Record<(typeof METHODS)[number], () => number[]>;
      const tolerance = toleranceFor((tolerance) => odex(same, tolerance), reference, wanted);
      const times = await compare({ ...runs, odex: () => odex(same, tolerance) }, { rounds: 31, repeat: 10 });
      const best = Math.min(...METHODS.map((method) => times[method]));
      const cells = [...METHODS, "odex" as const].map((name) => times[name].toFixed(2));
      rows.push([problem.name, wanted, ...cells, (times.odex / best).toFixed(2)]);
    }
  }
  console.log("float64: milliseconds to the same error (target: faster than odex)");
  printTable(["problem", "error", ...METHODS, "odex", "odex / best"], rows);
  console.log();
}
