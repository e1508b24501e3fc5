import { expect, it } from "vitest";
import { floats, GraphBuilder } from "../src/index.js";
import { splitTransposedConvolutions } from "../src/rewrites/polyphase.js";
import { runModel } from "./run-model.js";

it("a transposed convolution and its four phases give the same image", async () => {
  const wave = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1));
  const graph = new GraphBuilder();
  const x = graph.input("x", ["n", 3, 4, 5]);
  const y = graph.op("ConvTranspose", [x, graph.constant(floats([3, 2, 3, 3], wave(54)))], { strides: { ints: [2, 2] } });
  const blur = graph.constant(floats([2, 1, 4, 4], wave(32)));
  graph.output("y", graph.op("Conv", [y, blur], { pads: { ints: [1, 1, 1, 1] }, group: { int: 2 } }), ["n", 2, 8, 10]);
  const model = graph.build();
  const split = splitTransposedConvolutions(model);
  expect(split.nodes.map(({ op }) => op)).not.toContain("ConvTranspose");
  const feeds = { x: { dims: [2, 3, 4, 5], data: wave(120) } };
  const [expected, actual] = [(await runModel(model, feeds)).y!, (await runModel(split, feeds)).y!];
  expect(actual.dims).toEqual(expected.dims);
  expected.data.forEach((value, i) => {
    expect(actual.data[i]).toBeCloseTo(value, 4);
  });
});
