import type { Rank, ShapeMap, Tensor } from "@tensorflow/tfjs-core";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { CoreError, describeValue } from "./errors.js";
import { checkNumber } from "./options.js";
import { float32Tensor, MOST_ELEMENTS, sizeOf } from "./tensor.js";

type Generator128 = ReturnType<typeof xoroshiro128plusFromState>;

/** Everything a `SeededRandom` remembers, as plain JSON: written to a checkpoint and read back, the numbers go on where they stopped. */
export interface RandomState {
  readonly generator: readonly number[];
  /** The second half of the last Box–Muller pair, if it has not been used yet. */
  readonly spareNormal: number | null;
}

/**
 * Seeded random numbers (xoroshiro128+, from pure-rand). The same seed gives the same numbers on every machine: uniform numbers and integers
 * to the bit, normal ones to the last digits of the platform's `Math.log` and `Math.cos`.
 */
export class SeededRandom {
  private readonly generator: Generator128;
  private spareNormal: number | null = null;

  /** @param seed any integer that a double holds exactly; close seeds give unrelated numbers. */
  constructor(seed: number) {
    checkNumber("SeededRandom", "seed", seed, { integer: true, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    this.generator = xoroshiro128plusFromState(expandSeed(seed));
  }

  /** A generator that goes on exactly where the one that gave `state` stood. */
  static fromState(state: RandomState): SeededRandom {
    const { generator, spareNormal } = (state ?? {}) as RandomState;
    const validWords =
      Array.isArray(generator) && generator.length === 4 && generator.every(Number.isInteger) && generator.some((x) => x !== 0);
    if (!validWords || !(spareNormal === null || Number.isFinite(spareNormal))) {
      throw new CoreError(`SeededRandom.fromState: expected the state that getState() gave, got ${describeValue(state)}.`);
    }
    const random = new SeededRandom(0);
    Object.assign(random, { generator: xoroshiro128plusFromState(generator), spareNormal });
    return random;
  }

  getState(): RandomState {
    return { generator: [...this.generator.getState()], spareNormal: this.spareNormal };
  }

  /** A new, independent generator; this one moves on. For handing each job or worker its own numbers. */
  fork(): SeededRandom {
    return new SeededRandom(this.integer(0, Number.MAX_SAFE_INTEGER));
  }

  /** Uniform in [low, high), 53 random bits. */
  uniform(low = 0, high = 1): number {
    checkFinite("SeededRandom.uniform", { low, high });
    return this.between(low, high);
  }

  /** Uniform integer, both ends included. */
  integer(low: number, high: number): number {
    if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low <= high)) {
      throw new CoreError(
        `SeededRandom.integer: expected integers low ≤ high, got ${describeValue(low)} and ${describeValue(high)}.`,
      );
    }
    return uniformInt(this.generator, low, high);
  }

  /** Standard normal (Box–Muller), scaled and shifted. */
  normal(mean = 0, deviation = 1): number {
    checkFinite("SeededRandom.normal", { mean, deviation });
    return mean + deviation * this.standardNormal();
  }

  /** `count` normal numbers. */
  normals(count: number, mean = 0, deviation = 1): Float32Array {
    checkCount("normals", count);
    checkFinite("SeededRandom.normals", { mean, deviation });
    return this.float32s(count, () => mean + deviation * this.standardNormal());
  }

  /** The integers 0 … count − 1 in random order (Fisher–Yates). */
  permutation(count: number): Int32Array {
    checkCount("permutation", count);
    return this.shuffle(Int32Array.from({ length: count }, (_, i) => i));
  }

  /** Shuffles in place and returns its argument. */
  shuffle<T extends unknown[] | Int32Array | Float32Array | Float64Array | Uint32Array>(items: T): T {
    if (!Array.isArray(items) && !(ArrayBuffer.isView(items) && !(items instanceof DataView))) {
      throw new CoreError(`SeededRandom.shuffle: expected an array or a typed array, got ${describeValue(items)}.`);
    }
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const held = items[i]!;
      items[i] = items[j]!;
      items[j] = held;
    }
    return items;
  }

  /** `count` indices below `below`: without repetition unless `replace`. */
  sample(count: number, below: number, replace = false): Int32Array {
    checkCount("sample", count);
    checkNumber("SeededRandom.sample", "below", below, { integer: true, min: 0, max: MOST_ELEMENTS });
    if (replace) {
      if (count > 0 && below < 1)
        throw new CoreError(`SeededRandom.sample: expected something to sample from, got below = ${below}.`);
      return Int32Array.from({ length: count }, () => this.integer(0, below - 1));
    }
    if (count > below) throw new CoreError(`SeededRandom.sample: expected count ≤ ${below} without replacement, got ${count}.`);
    return this.permutation(below).subarray(0, count);
  }

  /** A float32 tensor of normal numbers; the caller disposes it. */
  normalTensor<R extends Rank = Rank>(shape: ShapeMap[R], mean = 0, deviation = 1): Tensor<R> {
    const caller = "SeededRandom.normalTensor";
    const count = sizeOf(caller, shape);
    checkFinite(caller, { mean, deviation });
    return float32Tensor(caller, this.normals(count, mean, deviation), shape);
  }

  /** A float32 tensor of numbers uniform in [low, high] (rounding to float32 can reach the upper end); the caller disposes it. */
  uniformTensor<R extends Rank = Rank>(shape: ShapeMap[R], low = 0, high = 1): Tensor<R> {
    const caller = "SeededRandom.uniformTensor";
    const count = sizeOf(caller, shape);
    checkFinite(caller, { low, high });
    return float32Tensor(
      caller,
      this.float32s(count, () => this.between(low, high)),
      shape,
    );
  }

  private float32s(count: number, next: () => number): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = next();
    return values;
  }

  private between(low: number, high: number): number {
    return low + (high - low) * uniformFloat64(this.generator);
  }

  private standardNormal(): number {
    if (this.spareNormal !== null) {
      const spare = this.spareNormal;
      this.spareNormal = null;
      return spare;
    }
    // 1 − u lies in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.between(0, 1)));
    const angle = 2 * Math.PI * this.between(0, 1);
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

function checkCount(method: string, count: number): void {
  checkNumber(`SeededRandom.${method}`, "count", count, { integer: true, min: 0, max: MOST_ELEMENTS });
}

function checkFinite(caller: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) if (!Number.isFinite(value)) checkNumber(caller, name, value);
}

/** 128 bits of state from a seed, so that seeds 0, 1, 2, … start far apart: SplitMix32 over the low half, mixed with one over the high half. */
function expandSeed(seed: number): number[] {
  const low = splitMix32(seed >>> 0);
  const high = Math.floor(seed / 2 ** 32) | 0;
  const highWords = splitMix32(high ^ 0x6a09e667);
  const words = Array.from({ length: 4 }, () => low() ^ (high === 0 ? 0 : highWords()));
  return words.some((word) => word !== 0) ? words : [1, 0, 0, 0];
}

/** A stream of well-mixed 32-bit words. */
function splitMix32(start: number): () => number {
  let counter = start | 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let z = counter;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
}
