/** Unit roundoff times two, and the smallest subdiagonal entry that counts in a matrix whose largest is about 1. */
const EPSILON = Number.EPSILON;
const TINY = 1e-292;

/** After so many sweeps without a deflation an exceptional shift breaks what the ordinary ones cannot. */
const EXCEPTIONAL = 10;

/** Real and imaginary parts. */
export interface Eigenvalues {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * Eigenvalues of an upper Hessenberg matrix h [n, n], which is destroyed: Francis' double-shift QR, without vectors, as LAPACK's dlahqr (3.12)
 * with its deflation criterion (Ahues and Tisseur, 1997) and exceptional shifts.
 *
 * @returns null after 30 · max(10, n) sweeps, ten times what matrices need
 */
export function hessenbergEigenvalues(h: Float64Array, n: number): Eigenvalues | null {
  const real = new Float64Array(n);
  const imaginary = new Float64Array(n);
  let left = 30 * Math.max(10, n);
  // Since the last deflation.
  let sweeps = 0;
  for (let last = n - 1; last >= 0; ) {
    const first = activeFrom(h, n, last);
    if (first > 0) h[first * n + first - 1] = 0;
    if (first === last) {
      real[last] = h[last * n + last]!;
    } else if (first === last - 1) {
      const pair = twoByTwo(h[first * n + first]!, h[first * n + last]!, h[last * n + first]!, h[last * n + last]!);
      real.set(pair.real, first);
      imaginary.set(pair.imaginary, first);
    } else {
      if (left-- === 0) return null;
      sweeps++;
      sweep(h, n, first, last, shiftsOf(h, n, first, last, sweeps));
      continue;
    }
    last = first - 1;
    sweeps = 0;
  }
  return { real, imaginary };
}

/** First row of the block that ends at `last` and has no negligible entry on its subdiagonal. */
function activeFrom(h: Float64Array, n: number, last: number): number {
  const at = (i: number, j: number) => Math.abs(h[i * n + j]!);
  for (let k = last; k > 0; k--) {
    const below = at(k, k - 1);
    if (below <= TINY) return k;
    let diagonal = at(k - 1, k - 1) + at(k, k);
    if (diagonal === 0) diagonal = (k >= 2 ? at(k - 1, k - 2) : 0) + (k < n - 1 ? at(k + 1, k) : 0);
    if (below > EPSILON * diagonal) continue;
    const above = at(k - 1, k);
    const difference = Math.abs(h[(k - 1) * n + k - 1]! - h[k * n + k]!);
    const large = Math.max(at(k, k), difference);
    const sum = large + Math.max(below, above);
    const limit = EPSILON * Math.min(at(k, k), difference) * (large / sum);
    if (Math.min(below, above) * (Math.max(below, above) / sum) <= Math.max(TINY, limit)) return k;
  }
  return 0;
}

/** Two shifts, real or a conjugate pair. */
interface Shifts {
  readonly real1: number;
  readonly real2: number;
  readonly imaginary: number;
}

/** The eigenvalues of the last 2 × 2 block (the nearer one twice when they are real), or of a made-up one now and then. */
function shiftsOf(h: Float64Array, n: number, first: number, last: number, sweeps: number): Shifts {
  const at = (i: number, j: number) => h[i * n + j]!;
  let [a, b, c, d] = [at(last - 1, last - 1), at(last - 1, last), at(last, last - 1), at(last, last)];
  if (sweeps % EXCEPTIONAL === 0) {
    const bottom = sweeps % (2 * EXCEPTIONAL) === 0;
    c = bottom
      ? Math.abs(at(last, last - 1)) + Math.abs(at(last - 1, last - 2))
      : Math.abs(at(first + 1, first)) + Math.abs(at(first + 2, first + 1));
    a = 0.75 * c + (bottom ? at(last, last) : at(first, first));
    b = -0.4375 * c;
    d = a;
  }
  const scale = Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d);
  if (scale === 0) return { real1: 0, real2: 0, imaginary: 0 };
  [a, b, c, d] = [a / scale, b / scale, c / scale, d / scale];
  const middle = (a + d) / 2;
  const determinant = (a - middle) * (d - middle) - b * c;
  const root = Math.sqrt(Math.abs(determinant));
  if (determinant >= 0) return { real1: middle * scale, real2: middle * scale, imaginary: root * scale };
  const nearer = Math.abs(middle + root - d) <= Math.abs(middle - root - d) ? middle + root : middle - root;
  return { real1: nearer * scale, real2: nearer * scale, imaginary: 0 };
}

/** One double-shift sweep over the block: a bulge of three rows is made at its top (or lower, where it decouples) and chased out below. */
function sweep(h: Float64Array, n: number, first: number, last: number, { real1, real2, imaginary }: Shifts): void {
  const at = (i: number, j: number) => h[i * n + j]!;
  let x = 0;
  let y = 0;
  let z = 0;
  let start = last - 2;
  for (; ; start--) {
    const s = Math.abs(at(start, start) - real2) + Math.abs(imaginary) + Math.abs(at(start + 1, start));
    const below = at(start + 1, start) / s;
    x =
      below * at(start, start + 1) + (at(start, start) - real1) * ((at(start, start) - real2) / s) + imaginary * (imaginary / s);
    y = below * (at(start, start) + at(start + 1, start + 1) - real1 - real2);
    z = below * at(start + 2, start + 1);
    const size = Math.abs(x) + Math.abs(y) + Math.abs(z);
    x /= size;
    y /= size;
    z /= size;
    if (start === first) break;
    const around = Math.abs(at(start - 1, start - 1)) + Math.abs(at(start, start)) + Math.abs(at(start + 1, start + 1));
    if (Math.abs(at(start, start - 1)) * (Math.abs(y) + Math.abs(z)) <= EPSILON * Math.abs(x) * around) break;
  }
  for (let k = start; k < last; k++) {
    const three = k < last - 1;
    if (k > start) {
      x = at(k, k - 1);
      y = at(k + 1, k - 1);
      z = three ? at(k + 2, k - 1) : 0;
    }
    // The reflector I − τ(1, v, w)ᵀ(1, v, w) that takes (x, y, z) to (β, 0, 0).
    const length = Math.hypot(x, y, z);
    const beta = x > 0 ? -length : length;
    const plain = y === 0 && z === 0;
    const tau = plain ? 0 : (beta - x) / beta;
    const v = plain ? 0 : y / (x - beta);
    const w = plain ? 0 : z / (x - beta);
    if (k > start) {
      h[k * n + k - 1] = plain ? x : beta;
      h[(k + 1) * n + k - 1] = 0;
      if (three) h[(k + 2) * n + k - 1] = 0;
    } else if (start > first) {
      // Not −h: right also where the reflector is the identity.
      h[k * n + k - 1]! *= 1 - tau;
    }
    if (tau === 0) continue;
    if (three) reflectThree(h, n, first, last, k, tau, v, w);
    else reflectTwo(h, n, first, last, k, tau, v);
  }
}

/** Applies the reflector of rows and columns k, k + 1, k + 2 from both sides, inside the block. */
function reflectThree(
  h: Float64Array,
  n: number,
  first: number,
  last: number,
  k: number,
  tau: number,
  v: number,
  w: number,
): void {
  const row0 = k * n;
  const row1 = row0 + n;
  const row2 = row1 + n;
  for (let j = k; j <= last; j++) {
    const sum = tau * (h[row0 + j]! + v * h[row1 + j]! + w * h[row2 + j]!);
    h[row0 + j]! -= sum;
    h[row1 + j]! -= sum * v;
    h[row2 + j]! -= sum * w;
  }
  const end = Math.min(k + 3, last);
  for (let i = first; i <= end; i++) {
    const place = i * n + k;
    const sum = tau * (h[place]! + v * h[place + 1]! + w * h[place + 2]!);
    h[place]! -= sum;
    h[place + 1]! -= sum * v;
    h[place + 2]! -= sum * w;
  }
}

/** The same for rows and columns k and k + 1, the block's last. */
function reflectTwo(h: Float64Array, n: number, first: number, last: number, k: number, tau: number, v: number): void {
  for (let j = k; j <= last; j++) {
    const sum = tau * (h[k * n + j]! + v * h[(k + 1) * n + j]!);
    h[k * n + j]! -= sum;
    h[(k + 1) * n + j]! -= sum * v;
  }
  for (let i = first; i <= last; i++) {
    const sum = tau * (h[i * n + k]! + v * h[i * n + k + 1]!);
    h[i * n + k]! -= sum;
    h[i * n + k + 1]! -= sum * v;
  }
}

/** Eigenvalues of [[a, b], [c, d]]. */
function twoByTwo(a: number, b: number, c: number, d: number): { real: [number, number]; imaginary: [number, number] } {
  const half = (a - d) / 2;
  const scale = Math.max(Math.abs(half), Math.sqrt(Math.abs(b)) * Math.sqrt(Math.abs(c)));
  if (scale === 0) return { real: [d, d], imaginary: [0, 0] };
  const discriminant = (half / scale) ** 2 + (b / scale) * (c / scale);
  const root = scale * Math.sqrt(Math.abs(discriminant));
  if (discriminant < 0) {
    const middle = d + half;
    return { real: [middle, middle], imaginary: [root, -root] };
  }
  // The one further from d without cancellation, the other from the product of both.
  const away = half < 0 ? half - root : half + root;
  return { real: [d + away, away === 0 ? d : d - (b / away) * c], imaginary: [0, 0] };
}
