import { odeint, odeintAdjoint } from "@latentflow/ode";
import {
  mul,
  reshape,
  slice,
  stack,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  tidy,
  tile,
} from "@tensorflow/tfjs-core";
import { type FlowSolver, isFixed } from "./solver.js";

/** dw/dt at rows w [n, d]. */
export type Velocity = (w: Tensor2D) => Tensor2D;

/**
 * How gradients pass a flow: through the operations of its steps (exact for the steps taken), the same with less memory, or by the continuous
 * adjoint equation.
 */
export type FlowGradient = (typeof FLOW_GRADIENTS)[number];

export const FLOW_GRADIENTS = ["steps", "checkpointed", "adjoint"] as const;

/** How a flow is computed, forward and back. */
export interface Integration {
  readonly solver: FlowSolver;
  readonly gradient: FlowGradient;
}

/**
 * Points of a flow at many times, all counted from 0.
 *
 * A fixed number of steps means that many steps to each time, so a longer list never changes what one time gives: all times are integrated in
 * one solve, over τ in [0, 1] with velocity t · dw/dt, a row a time. An adaptive solver goes once through all times of one sign.
 *
 * @param w [n, d]
 * @returns [times, n, d]
 */
export function flowAtTimes(velocity: Velocity, w: Tensor2D, times: readonly number[], how: Integration): Tensor3D {
  if (!isFixed(how.solver)) return adaptiveTimes(velocity, w, times, how);
  const [n, d] = w.shape;
  if (times.length === 1) return reshape(solveTo(velocity, w, times[0]!, how), [1, n, d]);
  const lengths = times.flatMap((t) => Array<number>(n).fill(t));
  return reshape(flowEachRow(velocity, tile(w, [times.length, 1]), lengths, how), [times.length, n, d]);
}

/** The flow of each row to its own time. w [n, d], times [n] → [n, d] */
export function flowEachRow(velocity: Velocity, w: Tensor2D, times: readonly number[], how: Integration): Tensor2D {
  return tidy(() => {
    const scale = tensor2d([...times], [times.length, 1]);
    const scaled = (_: number, y: Tensor2D, args: { scale: Tensor2D }): Tensor2D => mul(velocity(y), args.scale);
    return last(run(scaled, w, [0, 1], how, { scale }));
  });
}

function solveTo(velocity: Velocity, w: Tensor2D, t: number, how: Integration): Tensor2D {
  if (t === 0) return w.clone();
  return tidy(() => last(run((_, y) => velocity(y), w, [0, t], how, undefined)));
}

function adaptiveTimes(velocity: Velocity, w: Tensor2D, times: readonly number[], how: Integration): Tensor3D {
  return tidy(() => {
    const points = new Map<number, Tensor2D>([[0, w]]);
    for (const sign of [1, -1]) {
      const reached = [...new Set(times.filter((t) => sign * t > 0))].sort((a, b) => sign * (a - b));
      if (reached.length === 0) continue;
      const path = run((_, y) => velocity(y), w, [0, ...reached], how, undefined);
      reached.forEach((t, i) => {
        points.set(t, at(path, i + 1));
      });
    }
    // −0 and 0 are one key of a Map.
    return stack(times.map((t) => points.get(t)!)) as Tensor3D;
  });
}

function run<A>(
  f: (t: number, y: Tensor2D, args: A) => Tensor2D,
  w: Tensor2D,
  times: readonly number[],
  { solver, gradient }: Integration,
  args: A,
): Tensor3D {
  const length = times.at(-1)!;
  const options = isFixed(solver)
    ? {
        method: solver.method,
        grid: Array.from({ length: solver.steps + 1 }, (_, i) => (i === solver.steps ? length : (length * i) / solver.steps)),
        args,
      }
    : { method: solver.method, rtol: solver.rtol ?? 1e-5, atol: solver.atol ?? 1e-6, args };
  if (gradient === "adjoint") return odeintAdjoint(f, w, times, options) as Tensor3D;
  return odeint(f, w, times, { ...options, gradient }) as Tensor3D;
}

function last(path: Tensor3D): Tensor2D {
  return at(path, path.shape[0] - 1);
}

function at(path: Tensor, i: number): Tensor2D {
  const [, n, d] = path.shape as [number, number, number];
  return reshape(slice(path, [i, 0, 0], [1, n, d]), [n, d]);
}
