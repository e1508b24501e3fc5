import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A seed as an option. */
export const SEED = { default: 0, min: 0, max: 0xffffffff, integer: true } as const;

/**
 * Integers in [0, below), uniform. The same seed gives the same numbers on every machine. A stream of its own, not that of core's
 * `SeededRandom`: intervals that runs of earlier versions hold are of this one, and a run that goes on must not mix two.
 */
export function randomIndex(seed: number): (below: number) => number {
  const generator = xoroshiro128plus(seed);
  return (below) => uniformInt(generator, 0, below - 1);
}

/** A seeded random order of 0 … count − 1 (Fisher and Yates). */
export function permutation(count: number, seed: number): Uint32Array {
  const index = randomIndex(seed);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = index(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
