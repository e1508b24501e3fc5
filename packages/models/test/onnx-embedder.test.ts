import { useBackend } from "@latentflow/backend";
import { floats, GraphBuilder, writeOnnx } from "@latentflow/onnx";
import { image, mean, memory, type Tensor4D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { OnnxEmbedder } from "../src/index.js";
import { seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

/** A network of 8 × 8 images: their mean colour, first channel counted twice, [n, 3]. */
function network(side: number | string = 8): Uint8Array {
  const graph = new GraphBuilder({ opset: 14 });
  const images = graph.input("input.1", ["n", 3, side, side]);
  const weights = graph.constant(floats([1, 3], [2, 1, 1]), "weights");
  const colour = graph.op("Mul", [graph.reduce("ReduceMean", images, [2, 3], false), weights]);
  graph.output("683", colour, ["n", 3]);
  return writeOnnx(graph.build());
}

describe("OnnxEmbedder", () => {
  it.each(["rgb", "bgr"] as const)("resizes, scales, orders %s colours and gives rows of length 1", async (channels) => {
    const embedder = new OnnxEmbedder(network(), { channels, scale: 0.5, shift: 0.5 });
    const images = seeded("pictures", [2, 16, 16, 3]) as Tensor4D;
    const before = memory().numTensors;
    const found = await embedder.embed(images);
    const rows = found.arraySync();
    found.dispose();
    expect(memory().numTensors).toBe(before);
    const colours = mean(image.resizeBilinear(images, [8, 8], false, true), [1, 2]).arraySync() as number[][];
    for (const [i, row] of rows.entries()) {
      const ordered = channels === "rgb" ? colours[i]! : colours[i]!.toReversed();
      const expected = ordered.map((value, c) => (c === 0 ? 2 : 1) * (0.5 * value + 0.5));
      for (const [c, value] of expected.entries()) expect(row[c]).toBeCloseTo(value / Math.hypot(...expected), 4);
    }
    embedder.dispose();
    await expect(embedder.embed(images)).rejects.toThrow("expected a embedder, got one that has been disposed");
  });

  it("refuses networks whose side is not known, and what is no network", () => {
    expect(() => new OnnxEmbedder(network("side"))).toThrow(/a known side, got input.1 \[n, 3, side, side\]/);
    expect(() => new OnnxEmbedder({} as never)).toThrow(/a graph or the bytes/);
    expect(() => new OnnxEmbedder(network(), { channels: "grb" as never })).toThrow(/channels to be one of rgb, bgr/);
  });
});
