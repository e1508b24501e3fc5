import { describe, expect, it } from "vitest";
import { differentiate, floats, foldConstants, GraphBuilder, inferShapes, integers, OnnxError } from "../src/index.js";
import { runModel } from "./run-model.js";

describe("differentiate", () => {
  it("adds up cotangents of a value that is used twice, for batches of any size", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 2]);
    graph.output("y", graph.op("Add", [graph.op("Mul", [x, x]), graph.op("Exp", [x])]), ["n", 2]);
    const model = differentiate(graph.build(), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
    for (const data of [
      [1, 2],
      [0, 1, -1, 0.5, 3, 2],
    ]) {
      const { x_gradient } = await runModel(model, { x: { dims: [data.length / 2, 2], data } });
      data.forEach((value, i) => {
        expect(x_gradient!.data[i]).toBeCloseTo(2 * value + Math.exp(value), 4);
      });
    }
  });

  it("drops the batch axis where a weight of one row is broadcast", async () => {
    const graph = new GraphBuilder();
    const [x, a] = [graph.input("x", ["n", 2]), graph.input("a", [1, 2])];
    graph.output("y", graph.op("Mul", [x, a]), ["n", 2]);
    const model = differentiate(graph.build(), { outputs: ["y"], wrt: ["a"], cotangents: "ones" });
    const { a_gradient } = await runModel(model, {
      x: { dims: [3, 2], data: [1, 2, 3, 4, 5, 6] },
      a: { dims: [1, 2], data: [0, 0] },
    });
    expect(a_gradient).toEqual({ dims: [1, 2], data: Float32Array.of(9, 12) });
  });

  it("sums up for a repeated factor before it goes on, so that nothing is kept until the end", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 3, 4]);
    const scale = graph.reduce("ReduceMean", x, [2], true);
    graph.output("y", graph.op("Mul", [graph.op("Exp", [x]), scale]), ["n", 3, 4]);
    const { nodes } = differentiate(graph.build(), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
    const before = (value: string): string[] => {
      const node = nodes.find(({ outputs }) => outputs.includes(value));
      return node ? [node.op, ...node.inputs.flatMap(before)] : [];
    };
    // Of the products with Exp(x), the one that goes on to x hangs on the sum.
    const exponential = nodes.find(({ op }) => op === "Exp")!.outputs[0]!;
    const toX = nodes.filter(({ op, inputs }) => op === "Mul" && inputs.includes(exponential)).at(-1)!;
    expect(toX.inputs.flatMap(before)).toContain("ReduceSum");
  });

  it("names an op without a rule, and an output that does not depend on the input", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 4]);
    graph.output("y", graph.op("ThresholdedRelu", [x]), ["n", 4]);
    graph.output("z", graph.op("Floor", [x]), ["n", 4]);
    const model = graph.build();
    expect(() => differentiate(model, { outputs: ["y"], wrt: ["x"] })).toThrow(
      /"ThresholdedRelu".*expected an op with a gradient rule/,
    );
    expect(() => differentiate(model, { outputs: ["z"], wrt: ["x"] })).toThrow(/nothing flows back/);
    expect(() => differentiate(model, { outputs: ["q"], wrt: ["x"] })).toThrow(/among y, z, got q/);
    expect(() => differentiate(model, { outputs: ["y"], wrt: ["x"], seed: 1 } as never)).toThrow(OnnxError);
  });

  it("names an op that shape inference does not understand, and refuses a second output and dropout while training", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 4]);
    const volume = graph.op("Det", [graph.reshape(graph.op("Tanh", [x]), [-1, 2, 2])]);
    graph.output("y", graph.op("Exp", [volume]), ["n"]);
    const [normal, , inverse] = graph.ops("LayerNormalization", [x, graph.constant(floats([4], [1, 1, 1, 1]))], 3);
    graph.output("normal", normal!, ["n", 4]);
    graph.output("inverse", inverse!, ["n", 1]);
    const training = graph.constant({ type: "bool", dims: [], data: Uint8Array.of(1) });
    graph.output("dropped", graph.op("Dropout", [x, graph.float(0.5), training]), ["n", 4]);
    const model = graph.build();
    expect(() => differentiate(model, { outputs: ["y"], wrt: ["x"] })).toThrow(/output "y", but node .*Det/);
    expect(() => differentiate(model, { outputs: ["normal", "inverse"], wrt: ["x"] })).toThrow(OnnxError);
    expect(() => differentiate(model, { outputs: ["dropped"], wrt: ["x"] })).toThrow(/Dropout.*model\.eval/);
  });

  it("gives 0 for a part that is empty, names a Resize to nothing, and takes integers as exponents", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 1, 2, 3]);
    const [from, to, axis, step] = [[0], [2], [3], [-2]].map((value) => graph.ints(value)) as [string, string, string, string];
    const none = graph.op("ReduceSum", [graph.op("Slice", [x, from, to, axis, step]), axis], { keepdims: { int: 1 } });
    const powers = graph.op("Pow", [x, graph.constant(integers([1, 2, 3]))]);
    graph.output("y", graph.op("Add", [none, powers]), ["n", 1, 2, 3]);
    const model = differentiate(graph.build(), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
    const { x_gradient } = await runModel(model, { x: { dims: [1, 1, 2, 3], data: [5, 2, 3, 4, -1, -2] } });
    expect([...x_gradient!.data]).toEqual([1, 4, 27, 1, -2, 12]);
    graph.output("small", graph.op("Resize", [x, "", graph.constant(floats([4], [1, 1, 0.4, 1]))]));
    expect(() => inferShapes(graph.build())).toThrow(/Resize.*at least one pixel/);
  });

  it("knows the derivative of Mish", async () => {
    const graph = new GraphBuilder();
    graph.output("y", graph.op("Mish", [graph.input("x", ["n"])]), ["n"]);
    const model = differentiate(graph.build(), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
    const data = [-30, -2.5, -1, 0, 0.3, 2, 40];
    const { x_gradient } = await runModel(model, { x: { dims: [data.length], data } });
    const mish = (x: number) => x * Math.tanh(Math.log1p(Math.exp(x)));
    data.forEach((x, i) => {
      expect(x_gradient!.data[i]).toBeCloseTo((mish(x + 1e-5) - mish(x - 1e-5)) / 2e-5, 5);
    });
  });

  it("follows Cast and CastLike between floats and stops at integers", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 2]);
    const twice = graph.op("CastLike", [graph.op("Cast", [x], { to: { int: 11 } }), x]);
    const whole = graph.op("Cast", [graph.op("Cast", [x], { to: { int: 7 } })], { to: { int: 1 } });
    graph.output("y", graph.op("Dropout", [graph.op("Mul", [twice, whole])]), ["n", 2]);
    const model = differentiate(graph.build(), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
    const { x_gradient } = await runModel(model, { x: { dims: [1, 2], data: [2.5, 3.5] } });
    expect([...x_gradient!.data]).toEqual([2, 3]);
  });
});

it("gives its nodes other names than those of constants that were folded", async () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["n", 3]);
  const mask = graph.op("Greater", [graph.constant(floats([3], [1, -1, 1])), graph.float(0)]);
  graph.output("y", graph.op("Relu", [graph.op("Where", [mask, x, graph.float(0.5)])]), ["n", 3]);
  const model = differentiate(graph.build(), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
  const { x_gradient } = await runModel(model, { x: { dims: [1, 3], data: [2, 2, -2] } });
  expect([...x_gradient!.data]).toEqual([1, 0, 0]);
});

it("refuses an axis that the tensor has not, naming the node", () => {
  const graph = new GraphBuilder();
  const scale = graph.constant(floats([4], [1, 1, 1, 1]));
  const y = graph.op("LayerNormalization", [graph.input("x", ["n", 4]), scale], { axis: { int: -4294967297 } });
  graph.output("y", y, ["n", 4]);
  expect(() => differentiate(graph.build(), { outputs: ["y"], wrt: ["x"] })).toThrow(
    new OnnxError(
      'node "LayerNormalization" (LayerNormalization → LayerNormalization_y): expected an axis of a tensor of rank 2, got -4294967297.',
    ),
  );
});

describe("shapes", () => {
  it("evaluates the chains by which exporters compute a Reshape's target", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 3, 4]);
    const batch = graph.op("Gather", [graph.op("Shape", [x]), graph.constant({ ...integers([0]), dims: [] })], {
      axis: { int: 0 },
    });
    const target = graph.op("Concat", [graph.op("Unsqueeze", [batch, graph.ints([0])]), graph.ints([12])], { axis: { int: 0 } });
    graph.output("y", graph.op("Reshape", [x, target]));
    const model = graph.build();
    expect(inferShapes(model).get("y")!.dims).toEqual(["n", 12]);
    const folded = foldConstants(model);
    expect(folded.nodes.map(({ op }) => op)).toEqual(["Reshape", "Identity"]);
  });

  it("tells of the batch as n in errors, whatever size stood in for it", () => {
    const messageOf = (build: (graph: GraphBuilder, x: string) => string) => {
      const graph = new GraphBuilder();
      graph.output("y", build(graph, graph.input("x", ["n", 6])));
      try {
        inferShapes(graph.build());
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    const twice = (graph: GraphBuilder, x: string) => graph.op("Concat", [x, x], { axis: { int: 0 } });
    const oneMore = (graph: GraphBuilder, x: string) =>
      graph.op("Concat", [x, graph.constant(floats([1, 6], Array(6).fill(0)))], { axis: { int: 0 } });
    expect(messageOf((graph, x) => graph.reshape(x, [4, 2]))).toContain("for the elements of [n, 6], got [4, 2]");
    expect(messageOf((graph, x) => graph.op("Add", [twice(graph, x), x]))).toContain("got [2n, 6] and [n, 6]");
    expect(messageOf((graph, x) => graph.op("Add", [oneMore(graph, x), x]))).toContain("got [n+1, 6] and [n, 6]");
    expect(messageOf((graph, x) => graph.op("MatMul", [x, x]))).toContain("matching matrices, got [n, 6] and [n, 6]");
    expect(messageOf((graph, x) => graph.op("Conv", [x, x]))).toContain("a tensor [n, channels, …], got [n, 6]");
    // A size that only one of the two batches fits.
    const only = messageOf((graph, x) => graph.op("Expand", [x, graph.ints([10007, 6])]));
    expect(only).toContain("a shape that [n, 6] broadcasts to, got [10007, 6]");
  });

  it("tells multiples of the batch, and contradictions", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 4]);
    graph.output("y", graph.reshape(x, [-1, 1]));
    expect(inferShapes(graph.build()).get("y")!.dims).toEqual(["4n", 1]);
    const wrong = new GraphBuilder();
    wrong.output("y", wrong.op("Add", [wrong.input("x", ["n", 4]), wrong.constant(floats([3], [1, 2, 3]))]));
    expect(() => inferShapes(wrong.build())).toThrow(/shapes that broadcast, got \[n, 4\] and \[3\]/);
    const free = new GraphBuilder();
    free.output("y", free.op("Relu", [free.input("x", ["n", "width"])]));
    expect(() => inferShapes(free.build())).toThrow(/free dimension only first/);
    expect(inferShapes(free.build(), { shapes: { x: ["n", 7] } }).get("y")!.dims).toEqual(["n", 7]);
  });
});

it("gives constants that it adds names that the model has not", async () => {
  const graph = new GraphBuilder({ opset: 13 });
  const x = graph.input("x", ["n", 3]);
  const own = graph.input("ReduceMean_y_axes", ["n", 3]);
  graph.output("y", graph.op("Mul", [graph.reduce("ReduceMean", x, [1], true), own]), ["n", 3]);
  const model = differentiate(graph.build(), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
  const feeds = { x: { dims: [1, 3], data: [1, 2, 6] }, ReduceMean_y_axes: { dims: [1, 3], data: [1, 10, 100] } };
  const { x_gradient } = await runModel(model, feeds);
  expect([...x_gradient!.data]).toEqual([37, 37, 37]);
});
