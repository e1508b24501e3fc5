import { availableBackends, BackendError, currentBackend, useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

describe("useBackend", () => {
  it("refuses to answer before the start", () => {
    expect(() => currentBackend()).toThrow(BackendError);
    expect(() => currentBackend()).toThrow("Call `await useBackend()` first");
  });

  it("takes wasm with SIMD under auto, and says so", async () => {
    const info = await useBackend();
    expect(info).toMatchObject({
      name: "wasm",
      simd: true,
      threads: 1,
      passedOver: [],
      reason: "the fastest backend that starts here",
    });
    expect(tf.getBackend()).toBe("wasm");
    expect(currentBackend()).toEqual(info);
  });

  it("switches, also back and forth", async () => {
    for (const name of ["cpu", "wasm", "cpu"] as const) {
      expect((await useBackend(name)).name).toBe(name);
      expect(Array.from(tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1).dataSync()))).toEqual([2, 3]);
    }
  });

  it("starts one after the other when called at once: the last one wins", async () => {
    const started = await Promise.all([useBackend("wasm"), useBackend("cpu"), useBackend("auto"), useBackend("wasm")]);
    expect(started.map(({ name }) => name)).toEqual(["wasm", "cpu", "wasm", "wasm"]);
    expect(currentBackend().name).toBe("wasm");
  });

  it("goes on after a call that failed", async () => {
    const [failed, started] = await Promise.allSettled([useBackend("nothing" as "cpu"), useBackend("cpu")]);
    expect([failed.status, started.status]).toEqual(["rejected", "fulfilled"]);
  });

  it("notices that tfjs was switched behind its back", async () => {
    await useBackend("cpu");
    await tf.setBackend("wasm");
    expect(() => currentBackend()).toThrow('tfjs to be on "cpu", got "wasm"');
  });

  it("refuses names and options that it does not know, with what to do", async () => {
    await expect(useBackend("wasmm" as "wasm")).rejects.toThrow('useBackend: expected "auto" or one of wasm, cpu, got "wasmm".');
    // @ts-expect-error: the type names the backends of this version only
    await expect(useBackend("webgpu")).rejects.toThrow("which a later one will bring");
    await expect(useBackend(undefined as unknown as "cpu", { thread: 2 } as object)).rejects.toThrow('did you mean "threads"');
    await expect(useBackend("cpu", { threads: 2 })).rejects.toThrow('"threads" does not apply to the cpu backend');
    await expect(useBackend("wasm", { threads: 0 })).rejects.toThrow("threads to be an integer ≥ 1, got 0");
    await expect(useBackend("wasm", { wasmPaths: 3 as never })).rejects.toThrow("wasmPaths to be a folder's address");
    await expect(useBackend("wasm", { timeoutMs: Number.NaN })).rejects.toThrow("timeoutMs");
  });

  it("lists what there is", async () => {
    expect(await availableBackends()).toEqual([
      { name: "wasm", available: true },
      { name: "cpu", available: true },
    ]);
  });
});
