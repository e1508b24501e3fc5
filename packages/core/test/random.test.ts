import "@tensorflow/tfjs-backend-cpu";
import { CoreError, SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe("SeededRandom", () => {
  beforeAll(async () => void (await tf.setBackend("cpu")));

  it("gives the same numbers for the same seed, on every machine", () => {
    const random = new SeededRandom(42);
    expect([random.uniform(), random.uniform(), random.integer(0, 1000)]).toEqual(
      ((other) => [other.uniform(), other.uniform(), other.integer(0, 1000)])(new SeededRandom(42)),
    );
    expect([
      new SeededRandom(42).integer(0, 1e9),
      new SeededRandom(43).integer(0, 1e9),
      new SeededRandom(-1).integer(0, 1e9),
    ]).toEqual(FROZEN);
  });

  it("uses all 53 bits of a seed", () => {
    const streams = Array.from({ length: 300 }, (_, i) => {
      const random = new SeededRandom(i * 2 ** 32);
      return [random.uniform(), random.uniform(), random.uniform()];
    });
    for (const draw of [0, 1, 2]) expect(new Set(streams.map((stream) => stream[draw])).size).toBe(300);
  });

  it("gives unrelated numbers for neighbouring seeds", () => {
    const first = Array.from({ length: 2000 }, (_, seed) => new SeededRandom(seed).uniform());
    expect(Math.abs(mean(first) - 0.5)).toBeLessThan(0.02);
    expect(new Set(first).size).toBe(2000);
    const correlation = mean(first.slice(1).map((x, i) => (x - 0.5) * (first[i]! - 0.5))) * 12;
    expect(Math.abs(correlation)).toBeLessThan(0.07);
  });

  it("goes on exactly where a saved state stood, also in the middle of a normal pair", () => {
    const random = new SeededRandom(7);
    random.normal();
    const state = JSON.parse(JSON.stringify(random.getState()));
    const expected = [random.normal(), random.normal(), random.uniform()];
    const resumed = SeededRandom.fromState(state);
    expect([resumed.normal(), resumed.normal(), resumed.uniform()]).toEqual(expected);
    expect(() => SeededRandom.fromState({ generator: [1], spareNormal: null })).toThrow(CoreError);
    expect(() => SeededRandom.fromState({ generator: [0, 0, 0, 0], spareNormal: null })).toThrow(CoreError);
    expect(() => SeededRandom.fromState({ generator: [1, 2, 3, 4] } as never)).toThrow(CoreError);
    expect(() => SeededRandom.fromState(null as never)).toThrow(CoreError);
  });

  it("has the moments of its distributions", () => {
    const random = new SeededRandom(1);
    const normals = random.normals(100_000, 2, 3);
    expect(mean(normals)).toBeCloseTo(2, 1);
    expect(Math.sqrt(mean(normals.map((x) => (x - 2) ** 2)))).toBeCloseTo(3, 1);
    // Kurtosis tells a normal distribution from others with the same variance.
    expect(mean(normals.map((x) => ((x - 2) / 3) ** 4))).toBeCloseTo(3, 0);
    expect(mean(Array.from({ length: 50_000 }, () => random.uniform(-1, 3)))).toBeCloseTo(1, 1);
    const dice = Array.from({ length: 60_000 }, () => random.integer(1, 6));
    for (let face = 1; face <= 6; face++) expect(dice.filter((x) => x === face).length / 10_000).toBeCloseTo(1, 1);
  });

  it("permutes and samples without repetition", () => {
    const random = new SeededRandom(3);
    expect([...random.permutation(50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const sample = random.sample(20, 30);
    expect(new Set(sample).size).toBe(20);
    expect(random.sample(40, 3, true)).toHaveLength(40);
    expect(() => random.sample(4, 3)).toThrow("count ≤ 3 without replacement, got 4");
    for (const count of [-1, 2.5, Number.NaN]) {
      expect(() => random.sample(count, 9)).toThrow("count to be an integer ≥ 0");
      expect(() => random.permutation(count)).toThrow(CoreError);
      expect(() => random.normals(count)).toThrow(CoreError);
    }
    expect(() => random.integer(2, 1)).toThrow("low ≤ high");
    expect(() => new SeededRandom(1.5)).toThrow("seed to be an integer");
  });

  it("forks into independent generators", () => {
    const [a, b] = [new SeededRandom(5), new SeededRandom(5)];
    const fork = a.fork();
    b.fork();
    expect(fork.uniform()).not.toBe(a.uniform());
    b.uniform();
    expect(a.uniform()).toBe(b.uniform());
  });

  it("fills tensors, one that the caller owns", () => {
    const before = tf.memory().numTensors;
    const tensor = new SeededRandom(9).normalTensor([2, 3]);
    expect(tensor.shape).toEqual([2, 3]);
    expect(tensor.dataSync()).toEqual(new SeededRandom(9).normals(6));
    tensor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

/** First numbers of seeds 42, 43 and −1: a change here changes every seeded result of every user. */
const FROZEN = [31351612, 473474629, 451907068];
