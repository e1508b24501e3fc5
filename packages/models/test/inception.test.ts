import { useBackend } from "@latentflow/backend";
import { differentiate, floats, gradientName, OnnxSession } from "@latentflow/onnx";
import { grad, memory, mul, norm, square, sub, sum, type Tensor, type Tensor2D, tensor, transpose } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { shapes } from "../src/embedder/inception-resnet-v1.js";
import { InceptionResnetV1 } from "../src/index.js";
import { picture } from "./perceptual-cases.js";
import reference from "./reference/perceptual.json" with { type: "json" };
import { expectClose, seeded } from "./reference.js";
import { seededNetwork } from "./seeded-weights.js";

beforeAll(() => useBackend("wasm"));

describe("InceptionResnetV1", () => {
  it("gives PyTorch's embedding and its gradient with respect to the image, on tfjs and on ONNX Runtime", async () => {
    const { side, embedding, gradient } = reference.inception;
    const network = new InceptionResnetV1(seededNetwork(shapes()));
    const images = picture("first", 1, side);
    const before = memory().numTensors;
    const found = network.embed(images);
    expectClose(found, embedding);
    found.dispose();
    expect(memory().numTensors).toBe(before);
    const other = seeded("other", [1, 512]);
    const direction = mul(other, 1 / norm(other).dataSync()[0]!);
    const loss = (x: Tensor) => mul(sum(square(sub(network.embed(x as never), direction))), 0.5);
    expectClose(grad(loss)(images), gradient);

    const model = differentiate(network.toOnnx(), {
      ...{ outputs: ["embedding"], wrt: ["images"] },
      shapes: { images: ["n", 3, side, side] },
    });
    const session = await OnnxSession.create(model, { threads: 1 });
    const planes = transpose(images, [0, 3, 1, 2]);
    const cotangent = sub(network.embed(images), direction) as Tensor2D;
    const outputs = await session.run({
      images: floats(planes.shape, planes.dataSync()),
      embedding_cotangent: floats(cotangent.shape, cotangent.dataSync()),
    });
    const [made, pulled] = ["embedding", gradientName("images")].map((name) => outputs[name]!);
    expectClose(tensor(made!.data as Float32Array, [1, 512]), embedding);
    const turned = transpose(tensor(pulled!.data as Float32Array, [1, 3, side, side]), [0, 2, 3, 1]);
    expectClose(turned, gradient);
    await session.dispose();
    network.dispose();
    expect(() => network.embed(images)).toThrow("expected a embedder, got one that has been disposed");
  });

  it("says what is missing from a file of another network", () => {
    const tensors = seededNetwork([["conv2d_1a.conv.weight", [32, 3, 3, 3]]]);
    expect(() => new InceptionResnetV1(tensors)).toThrow(/InceptionResnetV1: \d+ tensors missing: conv2d_1a.bn.weight \[32\]/);
  });
});
