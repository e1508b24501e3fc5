import { afterEach, describe, expect, it, vi } from "vitest";
import { GraphBuilder, hasNativeRuntime, OnnxError, OnnxSession } from "../src/index.js";

/** Both runtimes are optional: an installation without one says what to install. */

function model() {
  const graph = new GraphBuilder();
  graph.output("y", graph.op("Neg", [graph.input("x", ["n", 2])]), ["n", 2]);
  return graph.build();
}

function withoutPackage(name: string): void {
  vi.doMock(name, () => {
    throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), { code: "ERR_MODULE_NOT_FOUND" });
  });
}

afterEach(() => {
  for (const name of ["onnxruntime-node", "onnxruntime-web"]) vi.doUnmock(name);
});

describe("without a runtime", () => {
  it.each([
    ["onnxruntime-node", {}, /npm install onnxruntime-node .*ONNXRUNTIME_NODE_INSTALL=skip/],
    ["onnxruntime-web", { providers: ["wasm"] }, /npm install onnxruntime-web/],
    ["onnxruntime-web", { runtime: "onnxruntime-web" }, /npm install onnxruntime-web/],
  ] as const)("%s, options %o: the error says what to install", async (name, options, install) => {
    withoutPackage(name);
    const failure = await OnnxSession.create(model(), options as never).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OnnxError);
    expect(String(failure)).toContain(`expected ${name} to be installed`);
    expect(String(failure)).toMatch(install);
  });

  it("hasNativeRuntime is false without onnxruntime-node, and true with it", async () => {
    withoutPackage("onnxruntime-node");
    expect(await hasNativeRuntime()).toBe(false);
    vi.doUnmock("onnxruntime-node");
    expect(await hasNativeRuntime()).toBe(true);
  });
});
