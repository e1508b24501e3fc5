import { useBackend } from "@latentflow/backend";
import { tfjsModel } from "@latentflow/latent-edit";
import { StyleGan2Generator, withTruncation } from "@latentflow/models";
import { floats, GraphBuilder, onnxModel } from "@latentflow/onnx";
import {
  abs,
  add,
  expandDims,
  max,
  mean,
  memory,
  mul,
  sub,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tidy,
  tile,
} from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";

beforeAll(() => useBackend("wasm"));

const PSI = 0.3;
const CUTOFF = 3;
const meanLatent = [0.5, -1, 0.25, 2, 0, 1, -0.5, 0.125];

/** NVlabs' rule, row by row: the first rows are pulled towards the mean, the others are left to the bit. */
function pulled(w: Tensor2D, rowCount: number): Tensor {
  const rows = tile(expandDims(w, 1), [1, rowCount, 1]);
  const factor = Array.from({ length: rowCount }, (_, row) => [row < CUTOFF ? PSI : 1]);
  return add(mul(rows, factor), mul(tensor1d(meanLatent), sub(1, factor)));
}

const regressor = {
  attributes: [{ name: "red", classes: 3 }],
  logits: (images: Tensor) => [mean(images, [1, 2]) as Tensor2D],
  toOnnx() {
    const graph = new GraphBuilder();
    const images = graph.input("images", ["n", 3, 16, 16]);
    const scaled = graph.op("Mul", [graph.reduce("ReduceMean", images, [2, 3], false), graph.constant(floats([1], [1]))]);
    graph.output("red", scaled, ["n", 3]);
    return graph.build();
  },
};

it("truncation with a cutoff pulls the first rows only, in models, on tfjs and on ONNX Runtime", async () => {
  const generator = StyleGan2Generator.random({ channels: [8, 8, 6], latentDim: 8, zDim: 8, mappingLayers: 1 });
  const w = generator.sample(2, { seed: 1 });
  const expected = tidy(() => generator.synthesize(pulled(w, generator.rowCount)));
  const all = tidy(() => generator.withTruncation(PSI, tensor1d(meanLatent)).synthesize(w));
  const difference = (found: Tensor) => tidy(() => max(abs(sub(found, expected))).dataSync()[0]!);
  expect(difference(all)).toBeGreaterThan(1e-2);
  const before = memory().numTensors;
  const centre = tensor1d(meanLatent);
  const truncated = tidy(() => generator.withTruncation(PSI, centre, { cutoff: CUTOFF }).synthesize(w));
  expect(difference(truncated)).toBeLessThan(1e-5);
  truncated.dispose();
  const truncation = { psi: PSI, meanLatent, cutoff: CUTOFF };
  for (const model of [tfjsModel({ generator, regressor, truncation }), await onnxModel({ generator, regressor, truncation })]) {
    const images = await model.synthesize(w);
    expect(difference(images)).toBeLessThan(1e-5);
    images.dispose();
    model.dispose();
  }
  expect(() => generator.withTruncation(PSI, centre, { cutoff: 7 })).toThrow(/expected cutoff to be an integer .*6.*got 7/);
  expect(() => withTruncation({ latentDim: 8, synthesize: generator.synthesize }, PSI, centre, { cutoff: 1 })).toThrow(
    /without rowCount/,
  );
  await expect(onnxModel({ generator, regressor, truncation: { ...truncation, cutoff: 9 } })).rejects.toThrow(
    /takes 6 rows, got 9/,
  );
  centre.dispose();
  expect(memory().numTensors).toBe(before);
});
