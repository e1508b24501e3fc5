import { useBackend } from "@latentflow/backend";
import * as wasm from "@latentflow/backend/wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

const memory = new WebAssembly.Memory({ initial: 1 });
const data = new Float32Array(memory.buffer);

/** Runs instructions that leave one float, on vectors a = data[0…3] and b = data[4…7]. */
function run(body: wasm.Code): number {
  const module = wasm.moduleOf([{ name: "run", parameters: [wasm.I32], results: [wasm.F32], locals: [wasm.I32], body }]);
  const { run } = wasm.instantiate<{ run(first: number): number }>(module, memory)!;
  return run(3);
}

describe("the assembler", () => {
  const [a, b] = [-1.5, 4];
  const at = (offset: number) => [wasm.i32Const(0), wasm.f32Load(offset)];
  const vectors = [wasm.i32Const(0), wasm.v128Load(), wasm.i32Const(0), wasm.v128Load(16)];

  it.each([
    ["add", wasm.f32Add, wasm.f32x4Add, a + b],
    ["mul", wasm.f32Mul, wasm.f32x4Mul, a * b],
    ["div", wasm.f32Div, wasm.f32x4Div, a / b],
    ["max", wasm.f32Max, wasm.f32x4Max, b],
  ])("%s, of a float and of four", (_name, one, four, value) => {
    data.set([a, 0, 0, a, b, 1, 1, b]);
    expect(run([at(0), at(16), one])).toBe(value);
    for (const lane of [0, 3]) expect(run([vectors, four, wasm.f32x4ExtractLane(lane)])).toBe(value);
  });

  it("abs, splat, zero and stores", () => {
    data.set([a, 7, 7, 7, b, b, b, b]);
    expect(run([at(0), wasm.f32Abs])).toBe(-a);
    expect(run([at(0), wasm.f32x4Splat, wasm.f32x4Abs, wasm.f32x4ExtractLane(2)])).toBe(-a);
    expect(run([wasm.i32Const(0), wasm.v128Load32Splat(4), wasm.f32x4ExtractLane(3)])).toBe(7);
    run([wasm.i32Const(16), wasm.v128Zero(), wasm.v128Store(16), at(0)]);
    run([wasm.i32Const(0), at(16), wasm.f32Store(4), at(0)]);
    expect([...data.subarray(0, 12)]).toEqual([a, b, 7, 7, b, b, b, b, 0, 0, 0, 0]);
  });

  it.each([
    ["while a local is not …", [wasm.i32Ne, wasm.brIf(0)], 5],
    ["until it is as large as …", [wasm.i32GeU, wasm.brIf(1), wasm.br(0)], 5],
  ])("loops %s", (_name, condition, count) => {
    const step = wasm.localSet(1, [wasm.localGet(1), wasm.i32Const(1), wasm.i32Add]);
    const add = [wasm.i32Const(0), at(0), at(4), wasm.f32Add, wasm.f32Store()];
    data.set([0, 1]);
    run([wasm.block(wasm.loop([add, step, wasm.localGet(1), wasm.i32Const(count), condition])), at(0)]);
    expect(data[0]).toBe(count);
  });

  it.each([0, 63, 64, 127, 128, 8191, 8192, 65_000, -1, -64, -65, -8192, -8193, 2 ** 31 - 1])("the number %d", (value) => {
    const body = wasm.i32Const(value);
    const module = wasm.moduleOf([{ name: "run", parameters: [], results: [wasm.I32], locals: [], body }]);
    expect(wasm.instantiate<{ run(): number }>(module, memory)!.run()).toBe(value);
    if (value < 0 || value > 65_532) return;
    data[0] = 0;
    const view = new DataView(memory.buffer);
    view.setFloat32(value, 2.5, true);
    expect(run(at(value))).toBe(2.5);
  });

  it("a module of several functions, each with locals and of more than 127 bytes", () => {
    const functions = ["one", "two"].map((name, i) => ({
      name,
      parameters: [wasm.F32, wasm.F32],
      results: [wasm.F32],
      locals: [wasm.V128, wasm.I32],
      body: [wasm.localGet(i), ...Array.from({ length: 100 }, () => [wasm.localGet(i), wasm.f32Add]).flat()],
    }));
    const { one, two } = wasm.instantiate<Record<"one" | "two", (a: number, b: number) => number>>(
      wasm.moduleOf(functions),
      memory,
    )!;
    expect([one(2, 3), two(2, 3)]).toEqual([202, 303]);
  });
});

describe("instantiation", () => {
  const small = () => wasm.moduleOf([{ name: "run", parameters: [], locals: [], body: [] }]);

  it("is undefined for instructions that the engine lacks, and for a shared memory", () => {
    const unknown = wasm.moduleOf([{ name: "run", parameters: [], locals: [], body: [0xfd, 0xff, 0x7f] }]);
    expect(wasm.instantiate(unknown, memory)).toBeUndefined();
    expect(wasm.instantiate(small(), memory)).toBeDefined();
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    expect(wasm.instantiate(small(), shared)).toBeUndefined();
  });

  it("happens once for each memory, and not where several threads share it", async () => {
    const seen: WebAssembly.Memory[] = [];
    const count = wasm.onceForEachMemory((memory) => seen.push(memory));
    await useBackend("wasm");
    const on = backend() as BackendWasm;
    expect([count(on), count(on)]).toEqual([1, 1]);
    const withMemory = (memory?: WebAssembly.Memory) => ({ wasm: { asm: { memory } } }) as unknown as BackendWasm;
    expect(count(withMemory(memory))).toBe(2);
    expect(seen[1]).toBe(memory);
    expect(count(withMemory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })))).toBeUndefined();
    expect(count(withMemory())).toBeUndefined();
    expect(count({ wasm: {} } as BackendWasm)).toBeUndefined();
  });
});
