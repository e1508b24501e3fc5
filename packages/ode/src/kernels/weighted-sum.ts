/** `out = Σ weights[i] · terms[i]`, elementwise; sums four terms a pass in double precision. `out` must not be among the terms. */
export function weightedSum(out: Float32Array, weights: readonly number[], terms: readonly Float32Array[]): void {
  sum(out, weights, terms);
  // Further passes take the sum so far as one of their four terms.
  for (let first = 4; first < weights.length; first += 3) {
    sum(out, [1, ...weights.slice(first, first + 3)], [out, ...terms.slice(first, first + 3)]);
  }
}

/** The first four terms, or as many as there are. One loop a count, so that the compiler keeps weights and arrays in registers. */
function sum(out: Float32Array, w: readonly number[], t: readonly Float32Array[]): void {
  const [wa, wb, wc, wd] = [w[0]!, w[1]!, w[2]!, w[3]!];
  const [a, b, c, d] = [t[0]!, t[1]!, t[2]!, t[3]!];
  const size = out.length;
  if (!b) for (let i = 0; i < size; i++) out[i] = wa * a[i]!;
  else if (!c) for (let i = 0; i < size; i++) out[i] = wa * a[i]! + wb * b[i]!;
  else if (!d) for (let i = 0; i < size; i++) out[i] = wa * a[i]! + wb * b[i]! + wc * c[i]!;
  else for (let i = 0; i < size; i++) out[i] = wa * a[i]! + wb * b[i]! + wc * c[i]! + wd * d[i]!;
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
  let total = 0;
  for (let i = 0; i < error.length; i++) {
    const scaled = error[i]! / (atol + rtol * Math.max(Math.abs(a[i]!), Math.abs(b[i]!)));
    total += scaled * scaled;
  }
  return total;
}
