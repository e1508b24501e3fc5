/** A smooth function's value, its gradient written into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** False when `maxIterations` ran out first. */
  readonly converged: boolean;
}

const MEMORY = 10;

/**
 * Limited-memory BFGS with Armijo backtracking (Nocedal & Wright, algorithms 7.4 and 7.5), for smooth convex functions.
 *
 * @param tolerance stop when the largest entry of the gradient is below it
 */
export function minimize(f: Objective, start: Float64Array, tolerance: number, maxIterations: number): Minimum {
  let x = Float64Array.from(start);
  let gradient = new Float64Array(x.length);
  let value = f(x, gradient);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (maxAbs(gradient) < tolerance) return { x, value, iterations: iteration, converged: true };
    const direction = twoLoop(pairs, gradient);
    const slope = dot(direction, gradient);
    let step = pairs.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    let next = x;
    let nextValue = value;
    const nextGradient = new Float64Array(x.length);
    for (let halvings = 0; halvings < 50; halvings++, step /= 2) {
      next = x.map((xi, i) => xi + step * direction[i]!);
      nextValue = f(next, nextGradient);
      if (nextValue <= value + 1e-4 * step * slope) break;
    }
    // No descent left at this precision: the value is as low as float64 can tell.
    if (!(nextValue < value)) return { x, value, iterations: iteration, converged: true };
    const s = next.map((xi, i) => xi - x[i]!);
    const y = nextGradient.map((gi, i) => gi - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > MEMORY) pairs.shift();
    [x, value, gradient] = [next, nextValue, nextGradient];
  }
  return { x, value, iterations: maxIterations, converged: maxAbs(gradient) < tolerance };
}

/** −H·gradient, with H the limited-memory approximation of the inverse Hessian. */
function twoLoop(pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[], gradient: Float64Array): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, rho } of [...pairs].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    for (let i = 0; i < q.length; i++) q[i]! -= alpha * y[i]!;
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  pairs.forEach(({ s, y, rho }, k) => {
    const beta = rho * dot(y, q);
    const factor = alphas[pairs.length - 1 - k]! - beta;
    for (let i = 0; i < q.length; i++) q[i]! += factor * s[i]!;
  });
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function maxAbs(a: Float64Array): number {
  return a.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
}
