/** Bytes of kernel rows kept while one pair of classes is trained. */
const CACHE_BYTES = 128 * 2 ** 20;

/** Steps after which a pair is taken as it is; thousands of times what thousands of rows need. */
const MOST_STEPS = 10_000_000;

/** One class against another: f(x) = Σ coefficient · k(row, x) + intercept, above 0 for the first. */
interface PairModel {
  readonly first: number;
  readonly second: number;
  /** Indices of the training rows with a coefficient other than 0. */
  readonly support: Uint32Array;
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

/** Support vector machines with the kernel k(x, y) = exp(−γ‖x − y‖²), one for each pair of classes. */
export interface RbfSvm {
  readonly gamma: number;
  /** Training rows, [n, d]. */
  readonly x: Float64Array;
  readonly pairs: readonly PairModel[];
  readonly classes: number;
  /** False when a pair ran out of steps. */
  readonly converged: boolean;
}

/**
 * C-SVM with a Gaussian kernel, one against one, as scikit-learn's `SVC()`: γ = 1 / (d · variance of all numbers).
 *
 * Each pair is solved by sequential minimal optimisation with second-order choice of the working set (Fan, Chen and Lin, 2005).
 *
 * @param x [n, d] row by row
 * @param y class of each row; classes without rows take part in no pair
 * @param tolerance largest violation of the optimality conditions, in units of f (default 1e-3)
 */
export function fitRbfSvm(
  x: Float64Array,
  y: ArrayLike<number>,
  d: number,
  classes: number,
  C: number,
  tolerance = 1e-3,
): RbfSvm {
  const gamma = 1 / (d * (varianceOf(x) || 1));
  const rowsOf = Array.from({ length: classes }, () => [] as number[]);
  for (let i = 0; i < y.length; i++) rowsOf[y[i]!]!.push(i);
  const pairs: PairModel[] = [];
  let converged = true;
  for (let first = 0; first < classes; first++) {
    for (let second = first + 1; second < classes; second++) {
      const [plus, minus] = [rowsOf[first]!, rowsOf[second]!];
      if (plus.length === 0 || minus.length === 0) continue;
      const rows = Uint32Array.from([...plus, ...minus]);
      const signs = Int8Array.from(rows, (_, i) => (i < plus.length ? 1 : -1));
      const { alpha, intercept, done } = solvePair(kernelRows(x, d, rows, gamma), signs, C, tolerance);
      converged &&= done;
      const kept = [...rows.keys()].filter((i) => alpha[i]! > 0);
      pairs.push({
        first,
        second,
        support: Uint32Array.from(kept, (i) => rows[i]!),
        coefficients: Float64Array.from(kept, (i) => signs[i]! * alpha[i]!),
        intercept,
      });
    }
  }
  return { gamma, x, pairs, classes, converged };
}

/** The class that wins most pairs, for each row of x [m, d]; of equals the lowest, as scikit-learn. */
export function predictRbfSvm(model: RbfSvm, x: Float64Array, d: number): Uint32Array {
  const decisions = rbfDecisions(model, x, d);
  return Uint32Array.from({ length: x.length / d }, (_, i) => {
    const votes = new Uint32Array(model.classes);
    model.pairs.forEach(({ first, second }, p) => {
      votes[decisions[i * model.pairs.length + p]! > 0 ? first : second]!++;
    });
    return votes.indexOf(votes.reduce((a, b) => Math.max(a, b)));
  });
}

/** f of every pair at each row of x [m, d]: [m, pairs] row by row. */
export function rbfDecisions({ x: rows, pairs, gamma }: RbfSvm, x: Float64Array, d: number): Float64Array {
  const used = new Set(pairs.flatMap(({ support }) => Array.from(support)));
  const kernel = new Float64Array(rows.length / d);
  const decisions = new Float64Array((x.length / d) * pairs.length);
  for (let i = 0; i < x.length / d; i++) {
    for (const row of used) kernel[row] = Math.exp(-gamma * squaredDistance(rows, row, x, i, d));
    pairs.forEach(({ support, coefficients, intercept }, p) => {
      let value = intercept;
      for (let s = 0; s < support.length; s++) value += coefficients[s]! * kernel[support[s]!]!;
      decisions[i * pairs.length + p] = value;
    });
  }
  return decisions;
}

/**
 * min ½ Σ αᵢαⱼyᵢyⱼkᵢⱼ − Σ αᵢ with 0 ≤ α ≤ C and Σ αᵢyᵢ = 0. A step raises αᵢyᵢ and lowers αⱼyⱼ by the same amount. At the solution no row that
 * may rise has a larger rest yᵢ − Σ αⱼyⱼkᵢⱼ than one that may fall; the intercept lies between the two.
 */
function solvePair(
  kernel: (i: number) => Float64Array,
  signs: Int8Array,
  C: number,
  tolerance: number,
): { alpha: Float64Array; intercept: number; done: boolean } {
  const n = signs.length;
  const alpha = new Float64Array(n);
  const rest = Float64Array.from(signs);
  const mayRise = (i: number) => (signs[i]! > 0 ? alpha[i]! < C : alpha[i]! > 0);
  const mayFall = (i: number) => (signs[i]! > 0 ? alpha[i]! > 0 : alpha[i]! < C);
  for (let steps = 0; ; steps++) {
    let i = -1;
    for (let t = 0; t < n; t++) if (mayRise(t) && (i < 0 || rest[t]! > rest[i]!)) i = t;
    const highest = i < 0 ? Number.NEGATIVE_INFINITY : rest[i]!;
    let lowest = Number.POSITIVE_INFINITY;
    for (let t = 0; t < n; t++) if (mayFall(t) && rest[t]! < lowest) lowest = rest[t]!;
    const done = highest - lowest < tolerance;
    if (done || steps === MOST_STEPS) return { alpha, intercept: interceptOf(alpha, rest, C, (highest + lowest) / 2), done };

    const ki = kernel(i);
    const curvature = (t: number) => Math.max(2 - 2 * ki[t]!, 1e-12);
    let j = -1;
    let gain = 0;
    for (let t = 0; t < n; t++) {
      const violation = highest - rest[t]!;
      if (violation <= 0 || !mayFall(t)) continue;
      const decrease = (violation * violation) / curvature(t);
      if (decrease <= gain) continue;
      gain = decrease;
      j = t;
    }
    const kj = kernel(j);
    const roomI = signs[i]! > 0 ? C - alpha[i]! : alpha[i]!;
    const roomJ = signs[j]! > 0 ? alpha[j]! : C - alpha[j]!;
    const step = Math.min((highest - rest[j]!) / curvature(j), roomI, roomJ);
    // A multiplier that uses up its room must land on its bound exactly, or rounding would leave it a sliver of room for ever.
    alpha[i] = step === roomI ? (signs[i]! > 0 ? C : 0) : alpha[i]! + signs[i]! * step;
    alpha[j] = step === roomJ ? (signs[j]! > 0 ? 0 : C) : alpha[j]! - signs[j]! * step;
    for (let t = 0; t < n; t++) rest[t]! -= step * (ki[t]! - kj[t]!);
  }
}

/** Mean rest of the rows on the margin; where there are none, the middle of what is allowed. */
function interceptOf(alpha: Float64Array, rest: Float64Array, C: number, middle: number): number {
  let sum = 0;
  let free = 0;
  for (let i = 0; i < alpha.length; i++) {
    if (alpha[i] === 0 || alpha[i] === C) continue;
    sum += rest[i]!;
    free++;
  }
  return free === 0 ? middle : sum / free;
}

/** Rows of the kernel matrix of the listed rows of x, computed when asked for; the ones asked for last are kept. */
function kernelRows(x: Float64Array, d: number, rows: Uint32Array, gamma: number): (i: number) => Float64Array {
  const kept = new Map<number, Float64Array>();
  const most = Math.max(2, Math.floor(CACHE_BYTES / (8 * rows.length)));
  return (i) => {
    const row = kept.get(i) ?? Float64Array.from(rows, (other) => Math.exp(-gamma * squaredDistance(x, rows[i]!, x, other, d)));
    // A Map remembers the order of insertion: the first key is the one unused for longest.
    kept.delete(i);
    kept.set(i, row);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return row;
  };
}

function squaredDistance(a: Float64Array, i: number, b: Float64Array, j: number, d: number): number {
  const [from, to] = [i * d, j * d];
  let sum = 0;
  for (let k = 0; k < d; k++) {
    const difference = a[from + k]! - b[to + k]!;
    sum += difference * difference;
  }
  return sum;
}

/** Of all numbers together. */
function varianceOf(x: Float64Array): number {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
}
