/** `out = Σ weights[i] · terms[i]`, elementwise; sums four terms a pass in double precision. `out` must not be among the terms. */
export function weightedSum(out: Float32Array, weights: readonly number[], terms: readonly Float32Array[]): void {
  const count = weights.length;
  sum(out, weights, terms, Math.min(4, count));
  // Further passes take the sum so far as one of their four terms.
  for (let first = 4; first < count; first += 3) {
    const more = Math.min(3, count - first);
    sum(out, [1, ...weights.slice(first, first + more)], [out, ...terms.slice(first, first + more)], more + 1);
  }
}

function sum(out: Float32Array, w: readonly number[], t: readonly Float32Array[], count: number): void {
  if (count === 1) sum1(out, w[0]!, t[0]!);
  else if (count === 2) sum2(out, w[0]!, t[0]!, w[1]!, t[1]!);
  else if (count === 3) sum3(out, w[0]!, t[0]!, w[1]!, t[1]!, w[2]!, t[2]!);
  else sum4(out, w[0]!, t[0]!, w[1]!, t[1]!, w[2]!, t[2]!, w[3]!, t[3]!);
}

// One loop a count, so that the compiler keeps weights and arrays in registers.

function sum1(out: Float32Array, wa: number, a: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = wa * a[i]!;
}

function sum2(out: Float32Array, wa: number, a: Float32Array, wb: number, b: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = wa * a[i]! + wb * b[i]!;
}

function sum3(out: Float32Array, wa: number, a: Float32Array, wb: number, b: Float32Array, wc: number, c: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = wa * a[i]! + wb * b[i]! + wc * c[i]!;
}

function sum4(
  out: Float32Array,
  wa: number,
  a: Float32Array,
  wb: number,
  b: Float32Array,
  wc: number,
  c: Float32Array,
  wd: number,
  d: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = wa * a[i]! + wb * b[i]! + wc * c[i]! + wd * d[i]!;
}

/** Room for one member's error, kept between calls. */
let scratch = new Float32Array(0);

/** `Σ (error / (atol + rtol · max(|a|, |b|)))²` with `error = Σ weights[i] · terms[i]`. */
export function sumOfScaledSquares(
  weights: readonly number[],
  terms: readonly Float32Array[],
  a: Float32Array,
  b: Float32Array,
  atol: number,
  rtol: number,
): number {
  if (scratch.length < a.length) scratch = new Float32Array(a.length);
  const error = scratch.subarray(0, a.length);
  weightedSum(error, weights, terms);
  return squares(error, a, b, atol, rtol);
}

function squares(error: Float32Array, a: Float32Array, b: Float32Array, atol: number, rtol: number): number {
  let total = 0;
  for (let i = 0; i < error.length; i++) {
    const scaled = error[i]! / (atol + rtol * Math.max(Math.abs(a[i]!), Math.abs(b[i]!)));
    total += scaled * scaled;
  }
  return total;
}
