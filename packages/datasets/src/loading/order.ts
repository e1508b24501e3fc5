import { SeededRandom } from "@latentflow/core";

/** Numbers of a split's pictures in the order in which they are read. */
export function readingOrder(indices: Int32Array, shuffle: number | undefined): Int32Array {
  return shuffle === undefined ? indices : new SeededRandom(shuffle).shuffle(indices.slice());
}

/** Stretches of successive numbers: [3, 4, 5, 9] is 3 to before 6, and 9 to before 10. */
export function* stretches(order: Int32Array): Generator<readonly [start: number, end: number]> {
  let from = 0;
  for (let i = 1; i <= order.length; i++) {
    if (i < order.length && order[i] === order[i - 1]! + 1) continue;
    if (from < order.length) yield [order[from]!, order[i - 1]! + 1];
    from = i;
  }
}
