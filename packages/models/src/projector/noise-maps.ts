import { SeededRandom } from "@latentflow/core";
import {
  add,
  addN,
  avgPool,
  concat,
  mean,
  mul,
  rsqrt,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  tidy,
  tile,
  valueAndGrads,
} from "@tensorflow/tfjs-core";

/** Below this side noise is not compared at coarser sizes any more. */
const COARSEST = 8;

/** Normal maps [n, side, side, 1], one a layer; the same ones for each image. */
export function startingMaps(sides: readonly number[], images: number, seed: number): Tensor[] {
  const random = new SeededRandom(seed);
  return tidy(() => sides.map((side) => tile(random.normalTensor([1, side, side, 1]), [images, 1, 1, 1])));
}

/**
 * Gradients of StyleGAN2's noise regularisation (Karras et al. 2020, appendix D), times `weight`: squared mean products of each map with itself shifted by
 * one pixel, at all sizes down to 8 × 8, so that maps stay noise and hold no signal.
 */
export function regularization(maps: readonly Tensor[], weight: number): Tensor[] {
  const loss = (...all: Tensor[]) => mul(addN(all.map((map) => selfSimilarity(map as Tensor4D))), weight);
  return tidy(() => valueAndGrads(loss as never)(maps as Tensor[]).grads);
}

/** The sum over images of what `regularization` is the gradient of, for one layer. */
function selfSimilarity(map: Tensor4D): Tensor {
  let level = map;
  const terms: Tensor[] = [];
  for (;;) {
    const [, side] = level.shape;
    for (const axis of [1, 2] as const) {
      const products = mul(level, rolled(level, axis));
      terms.push(sum(square(mean(products, [1, 2, 3]))));
    }
    if (side <= COARSEST) return addN(terms);
    level = avgPool(level, 2, 2, "valid");
  }
}

/** Shifted by one pixel along an axis; the last one comes in front. */
function rolled(x: Tensor4D, axis: 1 | 2): Tensor4D {
  const [n, h, w, c] = x.shape;
  const side = x.shape[axis];
  const begin = (at: number): [number, number, number, number] => (axis === 1 ? [0, at, 0, 0] : [0, 0, at, 0]);
  const size = (length: number): [number, number, number, number] => (axis === 1 ? [n, length, w, c] : [n, h, length, c]);
  return concat([slice(x, begin(side - 1), size(1)), slice(x, begin(0), size(side - 1))], axis);
}

/** Maps with mean 0 and mean square 1 again, each image's on its own; disposes those given. */
export function normalized(maps: readonly Tensor[]): Tensor[] {
  return maps.map((map) => {
    const result = tidy(() => {
      const centred = sub(map, mean(map, [1, 2, 3], true));
      return mul(centred, rsqrt(add(mean(square(centred), [1, 2, 3], true), 1e-12)));
    });
    map.dispose();
    return result;
  });
}
