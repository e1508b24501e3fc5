import { SeededRandom } from "@latentflow/core";
import { expect, it } from "vitest";
import { cotangentName, differentiate, floats, GraphBuilder, gradientName, readOnnx, writeOnnx } from "../src/index.js";
import { runModel } from "./run-model.js";

/**
 * A decoder with the structure that tf2onnx gives to Keras layers, written by hand: channels last outside with Transposes around each convolution, dense
 * layers as MatMul and Add, shapes by Cast to int32 and back, LayerNormalization in its parts, Conv2DTranspose with auto_pad, UpSampling2D as Resize.
 */
function decoder() {
  const graph = new GraphBuilder({ opset: 17, name: "tf2onnx" });
  const random = new SeededRandom(3);
  const weight = (...dims: number[]) =>
    graph.constant(
      floats(
        dims,
        random.normals(
          dims.reduce((a, b) => a * b, 1),
          0,
          0.5,
        ),
      ),
      "const_fold_opt",
    );
  const cast = (x: string, to: number) => graph.op("Cast", [x], { to: { int: to } });
  const z = graph.input("z", ["unk__1", 6]);
  const dense = graph.op("Add", [graph.op("MatMul", [z, weight(6, 32)]), weight(32)]);
  const mean = graph.reduce("ReduceMean", dense, [-1], true);
  const centred = graph.op("Sub", [dense, mean]);
  const variance = graph.reduce("ReduceMean", graph.op("Mul", [centred, centred]), [-1], true);
  const inverse = graph.op("Reciprocal", [graph.op("Sqrt", [graph.op("Add", [variance, graph.float(1e-3)])])]);
  const scale = graph.op("Mul", [inverse, weight(32)]);
  const normal = graph.op("Add", [
    graph.op("Mul", [dense, scale]),
    graph.op("Sub", [weight(32), graph.op("Mul", [mean, scale])]),
  ]);
  // GELU by Erf.
  const half = graph.op("Mul", [graph.float(0.5), normal]);
  const bell = graph.op("Add", [graph.op("Erf", [graph.op("Mul", [normal, graph.float(Math.SQRT1_2)])]), graph.float(1)]);
  const active = graph.op("Mul", [half, bell]);
  // tf.shape → int32, its first entry, packed with the sizes.
  const batch = graph.op("Squeeze", [graph.slice(cast(graph.op("Shape", [active]), 6), 0, 0, 1), graph.ints([0])]);
  const packed = [cast(graph.op("Unsqueeze", [batch, graph.ints([0])]), 7), graph.ints([2]), graph.ints([2]), graph.ints([8])];
  const grid = graph.op("Reshape", [active, graph.op("Concat", packed, { axis: { int: 0 } })]);
  const first = (x: string) => graph.transpose(x, [0, 3, 1, 2]);
  const last = (x: string) => graph.transpose(x, [0, 2, 3, 1]);
  const up = graph.op("ConvTranspose", [first(grid), weight(8, 5, 3, 3)], {
    strides: { ints: [2, 2] },
    auto_pad: { string: "SAME_UPPER" },
    kernel_shape: { ints: [3, 3] },
  });
  const biased = first(graph.op("Softplus", [graph.op("Add", [last(up), weight(5)])]));
  const larger = graph.op("Resize", [biased, "", graph.constant(floats([4], [1, 1, 2, 2]), "scales")], {
    mode: { string: "nearest" },
    coordinate_transformation_mode: { string: "asymmetric" },
    nearest_mode: { string: "floor" },
  });
  const convolved = graph.op("Conv", [larger, weight(3, 5, 3, 3), weight(3)], {
    strides: { ints: [1, 1] },
    auto_pad: { string: "SAME_UPPER" },
    kernel_shape: { ints: [3, 3] },
  });
  graph.output("images", last(graph.op("Tanh", [convolved])), ["unk__1", 8, 8, 3]);
  return readOnnx(writeOnnx(graph.build()));
}

it("a Keras decoder as tf2onnx writes it differentiates, for batches of any size", async () => {
  const model = decoder();
  const pulled = differentiate(model, { outputs: ["images"], wrt: ["z"] });
  const random = new SeededRandom(5);
  for (const n of [1, 3]) {
    const [data, direction, cotangent] = [random.normals(n * 6), random.normals(n * 6), random.normals(n * 8 * 8 * 3)];
    const at = async (t: number) => {
      const z = { dims: [n, 6], data: data.map((x, i) => x + t * direction[i]!) };
      const { images } = await runModel(model, { z });
      expect(images!.dims).toEqual([n, 8, 8, 3]);
      return images!.data.reduce((sum, x, i) => sum + x * cotangent[i]!, 0);
    };
    const feeds = { z: { dims: [n, 6], data }, [cotangentName("images")]: { dims: [n, 8, 8, 3], data: cotangent } };
    const gradient = (await runModel(pulled, feeds))[gradientName("z")]!.data;
    const along = gradient.reduce((sum, x, i) => sum + x * direction[i]!, 0);
    // Richardson's: the error of central differences falls with h⁴.
    const central = async (h: number) => ((await at(h)) - (await at(-h))) / (2 * h);
    const difference = (4 * (await central(5e-3)) - (await central(1e-2))) / 3;
    expect(Math.abs(difference - along)).toBeLessThan(2e-3 * Math.max(1, Math.abs(along)));
  }
});
