/**
 * Fewer products for a transposed convolution of stride 2 with three taps k0 k1 k2 along an axis. Its even outputs are a convolution with two taps,
 * d[j] k2 + d[j + 1] k0, of which Winograd's F(3, 2) makes three outputs from four products; its odd outputs are d[j + 1] k1. So four inputs d (one of
 * them the neighbour's) become seven points, and seven products become six outputs: 49 products in two dimensions where 81 would do it plainly.
 *
 * Each function works on `count` channels; vector j of the source starts at from[j] + fromBase, of the target at to[j] + toBase. The last two are the
 * transposes of the first two, for gradients.
 */
type Floats = Float32Array | Float64Array;
type Transform = (
  source: Floats,
  from: ArrayLike<number>,
  fromBase: number,
  target: Floats,
  to: ArrayLike<number>,
  toBase: number,
  count: number,
) => void;

/** Points along an axis, the inputs a tile reads, how far tiles are apart, and the outputs it makes. */
export const POINTS = 7;
export const PATCH = 4;
export const STEP = 3;
export const OUTPUTS = 6;

/** Different filters among the points: the three odd outputs share theirs. */
export const FILTERS = 5;
export const filterOf = (point: number): number => Math.min(point, FILTERS - 1);

/** Taps k0 k1 k2 → the filter at each point. */
export const FILTER_POINTS = [
  [0, 0, 1],
  [1 / 2, 0, 1 / 2],
  [-1 / 2, 0, 1 / 2],
  [1, 0, 0],
  [0, 1, 0],
];

/** Four inputs → seven points. */
export const toPoints: Transform = (source, from, fromBase, target, to, toBase, count) => {
  const [f0, f1, f2, f3] = [from[0]! + fromBase, from[1]! + fromBase, from[2]! + fromBase, from[3]! + fromBase];
  const [t0, t1, t2, t3] = [to[0]! + toBase, to[1]! + toBase, to[2]! + toBase, to[3]! + toBase];
  const [t4, t5, t6] = [to[4]! + toBase, to[5]! + toBase, to[6]! + toBase];
  for (let c = 0; c < count; c++) {
    const d1 = source[f1 + c]!;
    const d2 = source[f2 + c]!;
    const d3 = source[f3 + c]!;
    target[t0 + c] = source[f0 + c]! - d2;
    target[t1 + c] = d1 + d2;
    target[t2 + c] = d2 - d1;
    target[t3 + c] = d3 - d1;
    target[t4 + c] = d1;
    target[t5 + c] = d2;
    target[t6 + c] = d3;
  }
};

/** Seven products → six outputs, even and odd in turn. */
export const toOutputs: Transform = (source, from, fromBase, target, to, toBase, count) => {
  const [f0, f1, f2, f3] = [from[0]! + fromBase, from[1]! + fromBase, from[2]! + fromBase, from[3]! + fromBase];
  const [f4, f5, f6] = [from[4]! + fromBase, from[5]! + fromBase, from[6]! + fromBase];
  const [t0, t1, t2] = [to[0]! + toBase, to[1]! + toBase, to[2]! + toBase];
  const [t3, t4, t5] = [to[3]! + toBase, to[4]! + toBase, to[5]! + toBase];
  for (let c = 0; c < count; c++) {
    const m1 = source[f1 + c]!;
    const m2 = source[f2 + c]!;
    target[t0 + c] = source[f0 + c]! + m1 + m2;
    target[t1 + c] = source[f4 + c]!;
    target[t2 + c] = m1 - m2;
    target[t3 + c] = source[f5 + c]!;
    target[t4 + c] = m1 + m2 + source[f3 + c]!;
    target[t5 + c] = source[f6 + c]!;
  }
};

/** Transpose of `toOutputs`. */
export const fromOutputs: Transform = (source, from, fromBase, target, to, toBase, count) => {
  const [f0, f1, f2] = [from[0]! + fromBase, from[1]! + fromBase, from[2]! + fromBase];
  const [f3, f4, f5] = [from[3]! + fromBase, from[4]! + fromBase, from[5]! + fromBase];
  const [t0, t1, t2, t3] = [to[0]! + toBase, to[1]! + toBase, to[2]! + toBase, to[3]! + toBase];
  const [t4, t5, t6] = [to[4]! + toBase, to[5]! + toBase, to[6]! + toBase];
  for (let c = 0; c < count; c++) {
    const e0 = source[f0 + c]!;
    const e1 = source[f2 + c]!;
    const e2 = source[f4 + c]!;
    target[t0 + c] = e0;
    target[t1 + c] = e0 + e1 + e2;
    target[t2 + c] = e0 - e1 + e2;
    target[t3 + c] = e2;
    target[t4 + c] = source[f1 + c]!;
    target[t5 + c] = source[f3 + c]!;
    target[t6 + c] = source[f5 + c]!;
  }
};

/** Transpose of `toPoints`; adds to what the target holds, since neighbouring tiles share an input. */
export const addFromPoints: Transform = (source, from, fromBase, target, to, toBase, count) => {
  const [f0, f1, f2, f3] = [from[0]! + fromBase, from[1]! + fromBase, from[2]! + fromBase, from[3]! + fromBase];
  const [f4, f5, f6] = [from[4]! + fromBase, from[5]! + fromBase, from[6]! + fromBase];
  const [t0, t1, t2, t3] = [to[0]! + toBase, to[1]! + toBase, to[2]! + toBase, to[3]! + toBase];
  for (let c = 0; c < count; c++) {
    const p0 = source[f0 + c]!;
    const p1 = source[f1 + c]!;
    const p2 = source[f2 + c]!;
    const p3 = source[f3 + c]!;
    target[t0 + c]! += p0;
    target[t1 + c]! += p1 - p2 - p3 + source[f4 + c]!;
    target[t2 + c]! += p1 + p2 - p0 + source[f5 + c]!;
    target[t3 + c]! += p3 + source[f6 + c]!;
  }
};
