import { useBackend } from "@latentflow/backend";
import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { cotangentName, differentiate, gradientName, OnnxSession } from "@latentflow/onnx";
import { div, grad, memory, mul, square, sum, type Tensor4D, tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { FactorRegressor, type RegressorFileOptions } from "../src/index.js";
import reference from "./reference/networks.json" with { type: "json" };
import { expectClose, joined, type Summary, seeded } from "./reference.js";
import { seededNetwork } from "./seeded-weights.js";

beforeAll(() => useBackend("wasm"));

interface Case {
  readonly images: readonly number[];
  readonly classes: readonly number[];
  readonly features: Summary;
  readonly logits: Summary;
  readonly gradient: Summary;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

const cases: Readonly<Record<string, Case>> = reference.regressors;
const OPTIONS: Readonly<Record<string, RegressorFileOptions>> = {
  "resnet18-cifar, 32 px": { imageSize: 32 },
  "resnet18-cifar, batch norm in its head": { imageSize: 16 },
  "resnet18-cifar, batch norm in several heads": { imageSize: 16 },
  "resnet50, a sequence": {
    heads: "binary",
    activation: "tanh",
    preprocessing: {
      ...{ clamp: [-1, 1], resize: { side: 224, method: "bilinear" }, scale: 0.5, shift: 0.5 },
      ...{ mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
    },
  },
};

const stateDict = ({ shapes }: Case): Map<string, TensorData> =>
  seededNetwork(Object.entries(shapes).filter(([name]) => !name.endsWith("num_batches_tracked")));

const read = (name: string) => FactorRegressor.fromSafetensors(writeSafetensors(stateDict(cases[name]!)), OPTIONS[name]);

describe.each(Object.entries(cases))("parity with PyTorch: %s", (name, reference) => {
  const images = () => mul(seeded("pictures", reference.images), 0.7) as Tensor4D;

  it("features, logits and the gradient with respect to images, on tfjs", async () => {
    const before = memory().numTensors;
    const regressor = await read(name);
    expect(name).toContain(regressor.architecture);
    expect(regressor.attributes.map(({ classes }) => classes)).toEqual(reference.classes);
    tidy(() => {
      const x = images();
      expectClose(regressor.features(x), reference.features);
      expectClose(joined(regressor.logits(x)), reference.logits);
      const gradient = grad((x) => div(sum(square(joined(regressor.logits(x as Tensor4D)))), 2))(x);
      expectClose(gradient, reference.gradient);
    });
    regressor.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it("the same of its graph, on ONNX Runtime", async () => {
    const regressor = await read(name);
    const graph = await regressor.toOnnx();
    const x = tidy(() => transpose(images(), [0, 3, 1, 2]));
    const feed = { images: { type: "float32", dims: x.shape, data: (await x.data()) as Float32Array } } as const;
    const session = await OnnxSession.create(graph);
    const answers = await session.run(feed);
    const logits = reference.classes.map((_, k) => answers[`attribute_${k}`]!);
    const asTensor = ({ dims, data }: { dims: readonly number[]; data: unknown }) => tensor(data as Float32Array, [...dims]);
    expectClose(asTensor(answers.features!), reference.features);
    expectClose(joined(logits.map(asTensor)), reference.logits);
    // Half the sum of squares has the logits themselves as its gradient.
    const outputs = logits.map((_, k) => `attribute_${k}`);
    const shapes = { images: ["n", ...x.shape.slice(1)] };
    const back = await OnnxSession.create(differentiate(graph, { outputs, wrt: ["images"], shapes }));
    const cotangents = Object.fromEntries(logits.map((value, k) => [cotangentName(`attribute_${k}`), value]));
    const { [gradientName("images")]: gradient } = await back.run({ ...feed, ...cotangents }, [gradientName("images")]);
    expectClose(transpose(asTensor(gradient!), [0, 2, 3, 1]), reference.gradient);
    session.dispose();
    back.dispose();
    regressor.dispose();
  });
});
