/**
 * Fewer products for a transposed convolution of stride 2 with three taps k0 k1 k2 along an axis. Its even outputs are a convolution with two taps,
 * d[j] k2 + d[j + 1] k0, of which Winograd's F(3, 2) makes three outputs from four products; its odd outputs are d[j + 1] k1. So four inputs d (one of
 * them the neighbour's) become seven points, and seven products become six outputs: 49 products in two dimensions where 81 would do it plainly. The
 * transforms of images are in simd/up.ts.
 */

/** Points along an axis, and how far tiles are apart in the small image. */
export const POINTS = 7;
export const STEP = 3;

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
