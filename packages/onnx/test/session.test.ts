import { describe, expect, it } from "vitest";
import { floats, GraphBuilder, hasNativeRuntime, OnnxError, OnnxSession } from "../src/index.js";

function doubling() {
  const graph = new GraphBuilder();
  graph.output("y", graph.op("Mul", [graph.input("x", ["n", 2]), graph.float(2)]), ["n", 2]);
  return graph.build();
}

describe("OnnxSession", () => {
  it.each(["onnxruntime-node", "onnxruntime-web"] as const)("runs on %s, queued, for batches of any size", async (runtime) => {
    const session = await OnnxSession.create(doubling(), { runtime, threads: 1 });
    expect(session.runtimeName).toBe(runtime);
    expect(session.creationTime).toBeGreaterThan(0);
    const results = await Promise.all([
      session.run({ x: floats([1, 2], [1, 2]) }),
      session.run({ x: floats([2, 2], [3, 4, 5, 6]) }),
    ]);
    expect(results.map(({ y }) => [...(y!.data as Float32Array)])).toEqual([
      [2, 4],
      [6, 8, 10, 12],
    ]);
    await session.dispose();
  });

  it("shares sessions of equal content until the last is disposed", async () => {
    const first = await OnnxSession.create(doubling(), { threads: 1 });
    const second = await OnnxSession.create(doubling(), { threads: 1 });
    expect(second.creationTime).toBe(0);
    await first.dispose();
    const { y } = await second.run({ x: floats([1, 2], [1, 2]) });
    expect([...(y!.data as Float32Array)]).toEqual([2, 4]);
    await second.dispose();
    await expect(second.run({ x: floats([1, 2], [1, 2]) })).rejects.toThrow(/disposed/);
  });

  it("lets runs that are under way end before it is disposed, and goes on after a run that failed", async () => {
    const session = await OnnxSession.create(doubling(), { threads: 1 });
    const wrong = session.run({ x: floats([1, 3], [1, 2, 3]) });
    const late = session.run({ x: floats([1, 2], [1, 2]) });
    const disposed = session.dispose();
    await expect(wrong).rejects.toThrow(OnnxError);
    expect([...((await late).y!.data as Float32Array)]).toEqual([2, 4]);
    await disposed;
    await session.dispose();
    const again = await OnnxSession.create(doubling(), { threads: 1 });
    expect(again.creationTime).toBeGreaterThan(0);
    await again.dispose();
  });

  it("gives a graph's bytes back as soon as the runtime has read them", async () => {
    const graph = new GraphBuilder();
    const weights = graph.constant(floats([2, 2 ** 21], new Float32Array(2 ** 22)));
    graph.output("y", graph.op("MatMul", [graph.input("x", ["n", 2]), weights]), ["n", 2 ** 21]);
    const model = graph.build();
    const before = process.memoryUsage().arrayBuffers;
    const session = await OnnxSession.create(model, { threads: 1 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 23);
    await session.dispose();
  });

  it("keeps nothing of a model that was refused", async () => {
    const graph = new GraphBuilder();
    graph.output("y", graph.op("NoSuchOp", [graph.input("x", ["n"])]), ["n"]);
    for (let i = 0; i < 2; i++) await expect(OnnxSession.create(graph.build())).rejects.toThrow(/refused the model.*NoSuchOp/);
  });

  it("says what is wrong", async () => {
    expect(await hasNativeRuntime()).toBe(true);
    await expect(OnnxSession.create(doubling(), { providers: ["gpu" as never] })).rejects.toThrow(/one of cpu, cuda/);
    await expect(OnnxSession.create(new Uint8Array([1, 2]))).rejects.toThrow(OnnxError);
    const session = await OnnxSession.create(doubling(), { threads: 1 });
    await expect(session.run({})).rejects.toThrow(/expected inputs x, got none for x/);
    await expect(session.run({ x: floats([1, 3], [1, 2, 3]) })).rejects.toThrow(OnnxError);
    await expect(session.run({ x: { ...floats([3], [1, 2, 3]), dims: [2, 2] } })).rejects.toThrow(OnnxError);
    await expect(session.run({ x: floats([1, 2], [1, 2]) }, ["z"])).rejects.toThrow(OnnxError);
    await session.dispose();
  });
});
