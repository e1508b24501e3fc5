import { odeint } from "@latentflow/ode";
import { Solver } from "odex";
import { compare, printTable } from "../measure.js";

/** One initial value problem, its right-hand side in the form that each library takes. */
interface Problem {
  readonly name: string;
  readonly f: (t: number, y: ArrayLike<number>) => number[];
  readonly y0: readonly number[];
  readonly t1: number;
}

const MOON = 0.012277471;

const problems: readonly Problem[] = [
  {
    name: "Lorenz",
    f: (_t, y) => [10 * (y[1]! - y[0]!), y[0]! * (28 - y[2]!) - y[1]!, y[0]! * y[1]! - (8 / 3) * y[2]!],
    y0: [1, 0, 0],
    t1: 5,
  },
  {
    name: "Kepler, e = 0.5",
    f: (_t, y) => {
      const r3 = (y[0]! * y[0]! + y[1]! * y[1]!) ** 1.5;
      return [y[2]!, y[3]!, -y[0]! / r3, -y[1]! / r3];
    },
    y0: [0.5, 0, 0, Math.sqrt(3)],
    t1: 20,
  },
  {
    name: "Arenstorf",
    f: (_t, y) => {
      const d1 = ((y[0]! + MOON) ** 2 + y[1]! ** 2) ** 1.5;
      const d2 = ((y[0]! - 1 + MOON) ** 2 + y[1]! ** 2) ** 1.5;
      return [
        y[2]!,
        y[3]!,
        y[0]! + 2 * y[3]! - ((1 - MOON) * (y[0]! + MOON)) / d1 - (MOON * (y[0]! - 1 + MOON)) / d2,
        y[1]! - 2 * y[2]! - ((1 - MOON) * y[1]!) / d1 - (MOON * y[1]!) / d2,
      ];
    },
    y0: [0.994, 0, 0, -2.0015851063790824],
    t1: 17.065216560157964,
  },
];

function ours({ f, y0, t1 }: Problem, method: "dopri5" | "dopri8", tolerance: number): number[] {
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

/** The loosest tolerance, in steps of √10, whose end is as near the reference as wanted. */
function toleranceFor(run: (tolerance: number) => number[], reference: readonly number[], wanted: number): number {
  for (let exponent = 4; exponent <= 14; exponent += 0.5) {
    const tolerance = 10 ** -exponent;
    if (distance(run(tolerance), reference) <= wanted) return tolerance;
  }
  return Number.NaN;
}

/** Our float64 path beside odex, each at the loosest tolerance that reaches the same error. */
export async function benchFloat64(): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const problem of problems) {
    const reference = ours(problem, "dopri8", 1e-14);
    for (const wanted of [1e-5, 1e-8]) {
      const tolerances = {
        dopri5: toleranceFor((tolerance) => ours(problem, "dopri5", tolerance), reference, wanted),
        dopri8: toleranceFor((tolerance) => ours(problem, "dopri8", tolerance), reference, wanted),
        odex: toleranceFor((tolerance) => odex(problem, tolerance), reference, wanted),
      };
      const times = await compare(
        {
          dopri5: () => ours(problem, "dopri5", tolerances.dopri5),
          dopri8: () => ours(problem, "dopri8", tolerances.dopri8),
          odex: () => odex(problem, tolerances.odex),
        },
        { rounds: 15, repeat: 5 },
      );
      const best = Math.min(times.dopri5, times.dopri8);
      rows.push([
        problem.name,
        wanted,
        times.dopri5.toFixed(2),
        times.dopri8.toFixed(2),
        times.odex.toFixed(2),
        (times.odex / best).toFixed(1),
      ]);
    }
  }
  console.log("float64: milliseconds to the same error (target: faster than odex)");
  printTable(["problem", "error", "dopri5", "dopri8", "odex", "odex / best"], rows);
  console.log();
}
