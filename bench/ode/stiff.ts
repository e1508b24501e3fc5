import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { solve } from "@latentflow/ode";
import { median, printTable } from "../measure.js";
import { Peer } from "../peer.js";
import { type StiffProblem, stiffProblems } from "./stiff-problems.js";

const OURS = ["radau5", "rodas5p", "kvaerno5", "bdf"] as const;
const THEIRS = ["Radau", "BDF", "LSODA"] as const;
const WANTED = [1e-4, 1e-7];
const ROUNDS = 5;

/** One solve: seconds, evaluations of f without those of Jacobians, and the values at the end. */
interface Run {
  readonly seconds: number;
  readonly evaluations: number;
  readonly end: readonly number[];
}
type Solver = (problem: StiffProblem, rtol: number) => Run | Promise<Run>;

function ours(method: (typeof OURS)[number]): Solver {
  return ({ f, y0, t1, scale, band }, rtol) => {
    const options = { t0: 0, t1, method, rtol, atol: rtol * scale, maxSteps: 1e5, dense: false };
    const start = performance.now();
    const { y, stats, status } = solve(f, y0, band ? { ...options, jacobianBand: band } : options);
    const seconds = (performance.now() - start) / 1000;
    return { seconds, evaluations: stats.nfe, end: status.kind === "finished" ? [...y.at(-1)!] : [Number.NaN] };
  };
}

function theirs(peer: Peer, method = ""): Solver {
  return async ({ name, scale }, rtol) => {
    const [seconds, evaluations, , ...end] = await peer.numbers(`${name} ${method} ${rtol} ${rtol * scale}`);
    return { seconds: seconds!, evaluations: evaluations!, end: Number.isNaN(seconds) ? [Number.NaN] : end };
  };
}

/** Largest error of a number, relative where the number is above the size that matters. */
function errorOf(end: readonly number[], reference: readonly number[], scale: number): number {
  return Math.max(...reference.map((value, i) => Math.abs(end[i]! - value) / Math.max(Math.abs(value), scale)));
}

/** The loosest of a ladder of tolerances at which the error is as small as wanted; undefined where none is. */
async function toleranceFor(
  solver: Solver,
  problem: StiffProblem,
  reference: readonly number[],
  wanted: number,
): Promise<number | undefined> {
  for (let exponent = 3; exponent <= 11; exponent += 0.5) {
    const rtol = 10 ** -exponent;
    if (errorOf((await solver(problem, rtol)).end, reference, problem.floor ?? problem.scale) <= wanted) return rtol;
  }
  return undefined;
}

/** CVODE, compiled where there is a compiler and the library. */
async function startCvode(folder: string): Promise<Peer | undefined> {
  const program = join(folder, "cvode_stiff");
  const source = fileURLToPath(new URL("../peers/cvode_stiff.c", import.meta.url));
  try {
    execFileSync("cc", ["-O3", "-march=native", source, "-o", program, "-lsundials_cvode", "-lsundials_nvecserial", "-lm"], {
      stdio: "ignore",
    });
  } catch {
    return undefined;
  }
  return Peer.of(program);
}

/** Stiff problems in float64 at equal errors, beside SciPy's solvers and SUNDIALS' CVODE. */
export async function benchStiff(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "latentflow-bench-"));
  const [scipy, cvode] = [await Peer.start("scipy_stiff.py"), await startCvode(folder)];
  console.log(
    `stiff, float64: milliseconds (evaluations of f, without those of Jacobians) to the same error; ${scipy?.description ?? "no SciPy"}, ${cvode?.description ?? "no CVODE"}`,
  );
  const solvers: [string, Solver][] = [
    ...OURS.map((method): [string, Solver] => [method, ours(method)]),
    ...(scipy ? THEIRS.map((method): [string, Solver] => [method, theirs(scipy, method)]) : []),
    ...(cvode ? [["CVODE", theirs(cvode)] as [string, Solver]] : []),
  ];
  const rows: (string | number)[][] = [];
  for (const problem of stiffProblems) {
    for (const method of OURS) await ours(method)(problem, 1e-4);
    const reference = (await ours("radau5")(problem, 1e-11)).end;
    for (const wanted of WANTED) rows.push(await row(problem, reference, wanted, solvers));
  }
  printTable(["problem", "error", ...solvers.map(([name]) => name), "ours / SciPy", "ours / CVODE"], rows);
  scipy?.stop();
  cvode?.stop();
  rmSync(folder, { recursive: true });
}

async function row(problem: StiffProblem, reference: readonly number[], wanted: number, solvers: readonly [string, Solver][]) {
  const times = new Map<string, number>();
  const cells: string[] = [];
  for (const [name, solver] of solvers) {
    const rtol = await toleranceFor(solver, problem, reference, wanted);
    const runs: Run[] = [];
    for (let round = 0; rtol !== undefined && round < ROUNDS; round++) runs.push(await solver(problem, rtol));
    if (runs.length > 0) times.set(name, 1000 * median(runs.map(({ seconds }) => seconds)));
    cells.push(runs.length > 0 ? `${times.get(name)!.toFixed(2)} (${runs[0]!.evaluations})` : "–");
  }
  const least = (names: readonly string[]) => Math.min(...names.map((name) => times.get(name) ?? Number.POSITIVE_INFINITY));
  const best = least(OURS);
  return [problem.name, wanted, ...cells, (best / least(THEIRS)).toFixed(3), (best / least(["CVODE"])).toFixed(2)];
}
