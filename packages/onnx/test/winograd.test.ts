import { SeededRandom } from "@latentflow/core";
import { expect, it } from "vitest";
import { type Attributes, floats, GraphBuilder } from "../src/index.js";
import { winogradConvolutions } from "../src/rewrites/winograd.js";
import { runModel } from "./run-model.js";

const random = new SeededRandom(1);

function convolution(
  inputs: number,
  outputs: number,
  height: number,
  width: number,
  attributes: Attributes = { pads: { ints: [1, 1, 1, 1] } },
) {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["n", inputs, height, width]);
  const filter = graph.constant(
    floats([outputs, inputs, 3, 3], random.normals(outputs * inputs * 9, 0, 1 / Math.sqrt(inputs * 9))),
  );
  graph.output("y", graph.op("Conv", [x, filter], attributes));
  return graph.build();
}

it.each([
  [128, 144, 16, 20],
  [144, 128, 24, 16],
])(
  "%i to %i channels, %i × %i pixels: the same as the plain convolution, for batches of any size",
  async (inputs, outputs, height, width) => {
    const model = convolution(inputs, outputs, height, width);
    const fast = winogradConvolutions(model);
    expect(fast.nodes.length).toBeGreaterThan(36);
    for (const n of [1, 3]) {
      const x = { dims: [n, inputs, height, width], data: random.normals(n * inputs * height * width) };
      const [expected, actual] = [(await runModel(model, { x })).y!, (await runModel(fast, { x })).y!];
      expect(actual.dims).toEqual(expected.dims);
      const scale = expected.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const worst = expected.data.reduce((max, value, i) => Math.max(max, Math.abs(value - actual.data[i]!)), 0);
      expect(worst / scale).toBeLessThan(5e-5);
    }
  },
);

it.each<[string, ReturnType<typeof convolution>]>([
  ["few channels", convolution(16, 128, 16, 16)],
  ["channels that are no multiple of 16", convolution(136, 128, 16, 16)],
  ["sides that are no multiple of 4", convolution(128, 128, 18, 16)],
  ["other padding", convolution(128, 128, 16, 16, { pads: { ints: [0, 0, 0, 0] } })],
  ["stride 2", convolution(128, 128, 16, 16, { pads: { ints: [1, 1, 1, 1] }, strides: { ints: [2, 2] } })],
  ["dilation", convolution(128, 128, 16, 16, { pads: { ints: [1, 1, 1, 1] }, dilations: { ints: [2, 2] } })],
])("%s: stays as it is", (_, model) => {
  expect(winogradConvolutions(model).nodes).toEqual(model.nodes);
});
