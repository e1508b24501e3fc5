import { describe, expect, it } from "vitest";
import { fitMemory, type MemoryNeeds, memoryPerWorker, operationsPerSecond, speedUp } from "../src/run/fit-machine.js";

const MB = 2 ** 20;

/**
 * A StyleGAN2 of 64 pixels and channel multiplier 2 on ONNX Runtime, as it was measured: the networks take 1.2 GB, a second session for the gradient
 * 0.8, and each image 70 MB, with its gradient 110.
 */
const NEEDS: MemoryNeeds = {
  tried: {
    forward: { seconds: 0.2, first: 1200 * MB, further: 70 * MB, count: 8 },
    gradient: { seconds: 0.6, first: 800 * MB, further: 110 * MB, count: 4 },
  },
  ...{
    grown: 2800 * MB,
    available: 64_000 * MB,
    perWorker: Number.POSITIVE_INFINITY,
    workers: 4,
    forward: 50,
    gradient: 32,
    data: 100 * MB,
    most: 256,
  },
};

/** Bytes that a run asks for, by the measured slopes alone. */
const asked = (workers: number, atOnce: number) =>
  workers * (2100 * MB + 70 * MB * (Math.min(50, atOnce) - 1) + 110 * MB * (Math.min(32, atOnce) - 1));

describe("workers and images at once", () => {
  it("are those asked for where the memory is large enough", () => {
    const { workers, most, memory } = fitMemory(NEEDS);
    expect({ workers, most }).toEqual({ workers: 4, most: 256 });
    expect(memory).toBeGreaterThan(asked(4, 256));
  });

  it.each([32_000, 16_000, 12_000, 8000, 5000, 2000, 500])("fit %d MB", (available) => {
    const { workers, most, memory } = fitMemory({ ...NEEDS, available: available * MB });
    if (workers > 1) expect(asked(workers, most)).toBeLessThan(available * MB);
    expect(memory - NEEDS.grown).toBeLessThan(Math.max(0.9 * available * MB, 101 * MB));
    expect(workers).toBeGreaterThanOrEqual(1);
    expect(most).toBeGreaterThanOrEqual(1);
    // Fewer images at once cost nothing down to a few: workers go last.
    if (workers < 4 && workers > 1) expect(asked(workers + 1, 4) * 1.5).toBeGreaterThan(0.9 * available * MB);
  });

  it("fit the memory of WebAssembly, too, of which there are 4 GB a worker however large the machine is", () => {
    expect(memoryPerWorker("tfjs", "wasm")).toBe(4096 * MB);
    expect(memoryPerWorker("onnx", "wasm")).toBe(Number.POSITIVE_INFINITY);
    expect(memoryPerWorker("tfjs", "cpu")).toBe(Number.POSITIVE_INFINITY);
    const fit = fitMemory({ ...NEEDS, perWorker: 4096 * MB });
    expect(fit.workers).toBe(4);
    expect(asked(1, fit.most)).toBeLessThan(4096 * MB);
    expect(fitMemory({ ...NEEDS, grown: 2800 * MB, workers: 1, perWorker: 4096 * MB }).most).toBeLessThan(50);
  });

  it("are one and one, which was tried, where nothing else fits", () => {
    expect(fitMemory({ ...NEEDS, available: 0 })).toMatchObject({ workers: 1, most: 1 });
  });

  it("never exceed what was asked for, nor a batch of one", () => {
    expect(fitMemory({ ...NEEDS, workers: 1, most: 2 })).toMatchObject({ workers: 1, most: 2 });
    expect(fitMemory({ ...NEEDS, forward: 1, gradient: null, available: 0 })).toMatchObject({ workers: 1, most: 1 });
    const unlimited = fitMemory({ ...NEEDS, most: Number.POSITIVE_INFINITY });
    expect(unlimited.most).toBe(Number.POSITIVE_INFINITY);
  });
});

it("workers share the cores", () => {
  // On ONNX Runtime one with all threads is as fast as several with some each; tfjs has one thread a worker.
  expect(speedUp("tfjs", 1, 1)).toBe(1);
  expect(speedUp("onnx", 1, 1e6)).toBe(1);
  expect(operationsPerSecond()).toBeGreaterThan(1e6);
});
