import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOnnxFile, writeOnnxFile } from "../src/files.js";
import {
  differentiate,
  floats,
  foldConstants,
  GraphBuilder,
  inferShapes,
  integers,
  OnnxAttributeModel,
  OnnxError,
  OnnxSession,
  onnxModel,
  raiseOpset,
  readOnnx,
  writeOnnx,
  writeOnnxFiles,
} from "../src/index.js";

/** Every public function with arguments that are missing, of another kind, or disposed: a typed error that says what was expected. */

function network(outputs: readonly string[] = ["y"]) {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["n", 4]);
  for (const name of outputs) graph.output(name, graph.op("Tanh", [x]), ["n", 4]);
  return graph.build();
}

/** Anything where a type forbids it. */
const wrong = (value: unknown) => value as never;
const values: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 3],
  ["a text", "model"],
  ["a list", [1, 2]],
  ["an object", { a: 1 }],
  ["bytes", new Uint8Array(3)],
];

describe.each(values)("%s in place of a model", (_, value) => {
  const functions: Record<string, () => unknown> = {
    differentiate: () => differentiate(wrong(value), { outputs: ["y"], wrt: ["x"] }),
    foldConstants: () => foldConstants(wrong(value)),
    inferShapes: () => inferShapes(wrong(value)),
    raiseOpset: () => raiseOpset(wrong(value), 20),
    writeOnnx: () => writeOnnx(wrong(value)),
    writeOnnxFiles: () => writeOnnxFiles(wrong(value), { externalData: "w" }),
    "GraphBuilder.from": () => GraphBuilder.from(wrong(value)),
    "GraphBuilder.inline": () => new GraphBuilder().inline(wrong(value), "", {}),
    writeOnnxFile: () => writeOnnxFile("/tmp/never", wrong(value)),
    onnxModel: () => onnxModel({ generator: wrong(value), regressor: network() }),
    "onnxModel, toOnnx": () => onnxModel({ generator: { toOnnx: () => wrong(value) }, regressor: network() }),
    OnnxAttributeModel: () => new OnnxAttributeModel(wrong(value), {}),
  };
  it.each(Object.keys(functions))("%s", async (name) => {
    await expect((async () => functions[name]!())()).rejects.toThrow(OnnxError);
    await expect((async () => functions[name]!())()).rejects.toThrow(/expected .*, got /);
  });
});

const model = network();
const x = () => floats([1, 4], [1, 2, 3, 4]);

it.each<[string, () => unknown, RegExp]>([
  [
    "differentiate without options",
    () => differentiate(model, wrong(undefined)),
    /expected outputs to be different names among y, got undefined/,
  ],
  ["outputs twice", () => differentiate(model, { outputs: ["y", "y"], wrt: ["x"] }), /different names among y, got y, y/],
  ["no wrt", () => differentiate(model, { outputs: ["y"], wrt: [] }), /expected wrt to be different names among x, got none/],
  [
    "unknown cotangents",
    () => differentiate(model, { outputs: ["y"], wrt: ["x"], cotangents: wrong("one") }),
    /inputs, ones, got "one"/,
  ],
  [
    "shapes of another input",
    () => differentiate(model, { outputs: ["y"], wrt: ["x"], shapes: { z: ["n", 4] } }),
    /unknown option "z"/,
  ],
  ["a shape that is none", () => inferShapes(model, { shapes: { x: wrong("n") } }), /shapes\["x"\]: expected a shape.*got "n"/],
  ["a negative size", () => inferShapes(model, { shapes: { x: ["n", -4] } }), /expected a shape.*got \["n", -4\]/],
  ["unknown options", () => inferShapes(model, wrong({ shape: {} })), /unknown option "shape" \(did you mean "shapes"\?\)/],
  ["unknown options of folding", () => foldConstants(model, wrong({ shape: {} })), /foldConstants: unknown option/],
  ["an operator set that is none", () => raiseOpset(model, wrong("20")), /in 18…25, got "20"/],
  ["half an operator set", () => raiseOpset(model, 19.5), /got 19\.5/],
  ["a builder's operator set", () => new GraphBuilder({ opset: 11 }), /in 13…25, got 11/],
  ["a builder's options", () => new GraphBuilder(wrong({ version: 18 })), /unknown option "version"/],
  [
    "what a builder keeps",
    () => GraphBuilder.from(model, wrong({ output: [] })),
    /unknown option "output" \(did you mean "outputs"/,
  ],
  [
    "what a builder keeps, alone",
    () => GraphBuilder.from(model, { outputs: wrong("y") }),
    /outputs to be a list of outputs, got "y"/,
  ],
  ["a file's name", () => writeOnnxFiles(model, { externalData: wrong(true) }), /externalData to be a file's name, got true/],
  ["bytes that are none", () => readOnnx(wrong("model.onnx")), /expected the bytes of an \.onnx file, got "model\.onnx"/],
  ["external that is none", () => readOnnx(writeOnnx(model), { external: wrong("folder") }), /external to be a function/],
  ["numbers for a shape", () => floats([2, 2], [1, 2, 3]), /got \[2, 2\] and an array of length 3/],
  ["no numbers", () => floats([2], wrong(undefined)), /floats: expected a shape and a number.*got \[2\] and undefined/],
  ["no shape", () => floats(wrong(3), [1, 2, 3]), /floats: expected a shape.*got 3/],
  ["broken integers", () => integers([1, 2.5]), /whole numbers, got \[1, 2\.5\]/],
  ["no integers", () => integers(wrong(undefined)), /whole numbers, got undefined/],
])("%s", (_, call, message) => {
  expect(call).toThrow(OnnxError);
  expect(call).toThrow(message);
});

it.each<[string, (graph: GraphBuilder, x: string) => unknown, RegExp]>([
  ["an input without a name", (graph) => graph.input(wrong(undefined), ["n"]), /a name to be a text, got undefined/],
  ["an input without a shape", (graph) => graph.input("z", wrong(undefined)), /input, "z": expected a shape.*got undefined/],
  ["an input of no type", (graph) => graph.input("z", ["n"], wrong("float")), /element type such as "float32".*got "float"/],
  ["an input's name again", (graph) => graph.input("x", ["n"]), /expected a new name, got "x", which is taken/],
  ["an output of no value", (graph) => graph.output("z", "q"), /output: expected values of this graph, got "q"/],
  ["an output of nothing", (graph) => graph.output("z", ""), /expected a value of this graph, got none/],
  [
    "an output of a node",
    (graph, x) => graph.output("z", graph.op("Tanh", [x]).replace("_y", "")),
    /values of this graph, got "Tanh/,
  ],
  ["an op without a name", (graph, x) => graph.op(wrong(undefined), [x]), /operator to be a text/],
  ["an op of no value", (graph) => graph.op("Tanh", ["q"]), /op, Tanh: expected values of this graph, got "q"/],
  ["an op of undefined", (graph) => graph.op("Tanh", wrong([undefined])), /values of this graph, got undefined/],
  ["an op without inputs", (graph) => graph.op("Tanh", wrong("x")), /a list of values as inputs, got "x"/],
  ["no outputs", (graph, x) => graph.ops("Split", [x], 0), /outputs to be an integer ≥ 1/],
  ["a bare attribute", (graph, x) => graph.op("Softmax", [x], wrong({ axis: 1 })), /\{ axis: \{ int: 1 \} \}, got axis: 1/],
  ["a constant that is none", (graph) => graph.constant(wrong([1, 2])), /a constant \{ type, dims, data \}.*got an array/],
  [
    "a constant in another array",
    (graph) => graph.constant({ type: "int64", dims: [1], data: wrong([1]) }),
    /1 elements of int64 in a BigInt64Array/,
  ],
  ["a number that is none", (graph) => graph.float(wrong("1")), /GraphBuilder\.float: expected a number, got "1"/],
  ["a shape of halves", (graph, x) => graph.reshape(x, [0.5, 2]), /whole numbers, got \[0\.5, 2\]/],
  ["a connection that is missing", (graph) => graph.inline(network(), "a/", wrong(undefined)), /a connection for the input "x"/],
  ["a connection too much", (graph, x) => graph.inline(network(), "a/", { x, z: x }), /unknown option "z"/],
  ["a connection to nothing", (graph) => graph.inline(network(), "a/", { x: "q" }), /expected values of this graph, got "q"/],
  ["nothing to build", (graph) => graph.build(), /expected at least one output/],
])("a builder: %s", (_, call, message) => {
  const graph = new GraphBuilder();
  const input = graph.input("x", ["n", 4]);
  const attempt = () => call(graph, input);
  expect(attempt).toThrow(OnnxError);
  expect(attempt).toThrow(message);
});

describe("files", () => {
  it.each([undefined, null, 3, "", {}])("%s in place of a path", async (path) => {
    await expect(readOnnxFile(wrong(path))).rejects.toThrow(/readOnnxFile: expected a path, got/);
    await expect(writeOnnxFile(wrong(path), model)).rejects.toThrow(/writeOnnxFile: expected a path, got/);
  });

  it("folders that are none", async () => {
    await expect(readOnnxFile("/none/at/all.onnx")).rejects.toThrow(/readOnnxFile: expected to read .*ENOENT/);
    await expect(writeOnnxFile(join(import.meta.filename, "x.onnx"), model)).rejects.toThrow(/writeOnnxFile: expected to write/);
    await expect(writeOnnxFile("x.onnx", model, wrong({ external: true }))).rejects.toThrow(/unknown option "external"/);
  });
});

describe("sessions", () => {
  let session: OnnxSession;
  beforeAll(async () => {
    session = await OnnxSession.create(model, { threads: 1 });
  });
  afterAll(() => session.dispose());

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["of nothing", () => OnnxSession.create(wrong(undefined)), /expected the bytes of an \.onnx file, or a model/],
    ["with one provider", () => OnnxSession.create(model, { providers: wrong("cpu") }), /providers to be a list, got "cpu"/],
    ["with half a thread", () => OnnxSession.create(model, { threads: 0.5 }), /threads to be an integer ≥ 1/],
    ["with a profile that is no name", () => OnnxSession.create(model, { profile: wrong(true) }), /profile to be a text/],
    ["with unknown options", () => OnnxSession.create(model, wrong({ thread: 1 })), /did you mean "threads"/],
    ["without inputs", () => session.run(wrong(undefined)), /expected inputs x, got none for x/],
    ["with numbers only", () => session.run({ x: wrong([1, 2, 3, 4]) }), /run, "x": expected a constant \{ type, dims, data \}/],
    ["with too few numbers", () => session.run({ x: { ...x(), dims: [2, 4] } }), /8 elements of float32 .* for \[2, 4\]/],
    ["for no output", () => session.run({ x: x() }, ["z"]), /expected outputs among y, got z/],
    ["for outputs that are no list", () => session.run({ x: x() }, wrong("y")), /outputs among y, got "y"/],
  ])("%s", async (_, call, message) => {
    await expect(call()).rejects.toThrow(OnnxError);
    await expect(call()).rejects.toThrow(message);
  });

  it("after they were disposed", async () => {
    const other = await OnnxSession.create(model, { threads: 1 });
    await other.dispose();
    await other.dispose();
    await expect(other.run({ x: x() })).rejects.toThrow(/a session in use, got one that was disposed/);
    expect(() => other.endProfiling()).toThrow(OnnxError);
  });
});
