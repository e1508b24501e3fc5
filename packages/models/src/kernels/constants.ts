/**
 * Numbers that our kernels in TypeScript and their halves in AssemblyScript (`assembly`) share. Both compilers read this file, so it holds nothing else;
 * AssemblyScript takes those without a point for integers.
 */

/** Bytes of a float32, and of the four that a SIMD instruction works on. */
export const FLOAT = 4;
export const VECTOR = 16;

/** Slope of StyleGAN2's leaky ReLU for negative numbers. */
export const SLOPE = 0.2;

/** The taps of the blur along an axis, [1, 3, 3, 1] / 4. */
export const OUTER_TAP = 0.25;
export const INNER_TAP = 0.75;

/** Winograd's F(4 × 4, 3 × 3): side of a tile of output, and of the patch that it reads, which has as many points. */
export const WINOGRAD_TILE = 4;
export const WINOGRAD_PATCH = 6;

/** Doubling the side, along an axis: pixels of the small image from tile to tile, points of a tile, its pixels of the large image. */
export const UP_STEP = 3;
export const UP_POINTS = 7;
export const UP_OUTPUTS = 6;
