/** `out = Σ weights[i] · terms[i]`, elementwise; sums four terms a pass in double precision. `out` must not be among the terms. */
export function weightedSum(out: Float32Array, weights: readonly number[], terms: readonly Float32Array[]): void {
  sum(out, weights.slice(0, 4), terms.slice(0, 4));
  // Further passes take the sum so far as one of their four terms.
  for (let first = 4; first < weights.length; first += 3) {
    sum(out, [1, ...weights.slice(first, first + 3)], [out, ...terms.slice(first, first + 3)]);
  }
}

function sum(out: Float32Array, weights: readonly number[], terms: readonly Float32Array[]): void {
  const loops: readonly ((out: Float32Array, ...weightsAndTerms: never[]) => void)[] = [sum1, sum2, sum3, sum4];
  loops[weights.length - 1]!(out, ...([...weights, ...terms] as never[]));
}

// One loop a count, so that the compiler keeps weights and arrays in registers.

function sum1(out: Float32Array, wa: number, a: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = wa * a[i]!;
}

function sum2(out: Float32Array, wa: number, wb: number, a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = wa * a[i]! + wb * b[i]!;
}

function sum3(out: Float32Array, wa: number, wb: number, wc: number, a: Float32Array, b: Float32Array, c: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = wa * a[i]! + wb * b[i]! + wc * c[i]!;
}

function sum4(
  out: Float32Array,
  wa: number,
  wb: number,
  wc: number,
  wd: number,
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
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
  let total = 0;
  for (let i = 0; i < error.length; i++) {
    const scaled = error[i]! / (atol + rtol * Math.max(Math.abs(a[i]!), Math.abs(b[i]!)));
    total += scaled * scaled;
  }
  return total;
}
