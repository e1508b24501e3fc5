import { useBackend } from "@latentflow/backend";
import { beforeAll, describe, expect, it } from "vitest";
import { distanceToOnnx, imageDistances, Lpips, PyramidDistance, Vgg16 } from "../src/index.js";
import { checkLpips, checkVgg16, gradientOnTfjs, lpipsTensors, onOnnx, picture } from "./perceptual-cases.js";

beforeAll(() => useBackend("wasm"));

describe("LPIPS and VGG16, with a quarter of their channels", () => {
  it.each(["alexnet", "vgg16"] as const)(
    "LPIPS of %s gives PyTorch's distances and gradients on tfjs and on ONNX Runtime, and leaks nothing",
    (network) => checkLpips(network, "narrow"),
  );

  it("VGG16 gives the activations of torchvision's layers, and a distance by them on both engines", () => checkVgg16("narrow"));
});

describe("PyramidDistance", () => {
  it("is the mean over sizes of squared differences of pixels and of neighbours", () => {
    const a = picture("first", 2, 8);
    const b = picture("second", 2, 8);
    const found = imageDistances(a, b, new PyramidDistance({ levels: 2, gradientWeight: 0.5 })).dataSync();
    const pixels = Array.from(a.dataSync(), (x, i) => x - b.dataSync()[i]!).slice(0, 8 * 8 * 3);
    const at = (image: readonly number[], side: number, y: number, x: number, c: number) => image[(y * side + x) * 3 + c]!;
    const level = (image: readonly number[], side: number): number => {
      let [squares, steps] = [0, 0];
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          for (let c = 0; c < 3; c++) {
            squares += at(image, side, y, x, c) ** 2;
            if (x > 0) steps += (at(image, side, y, x, c) - at(image, side, y, x - 1, c)) ** 2;
            if (y > 0) steps += (at(image, side, y, x, c) - at(image, side, y - 1, x, c)) ** 2;
          }
      return squares / (side * side * 3) + (0.5 * steps) / (side * (side - 1) * 3);
    };
    const halved = Array.from({ length: 4 * 4 * 3 }, (_, i) => {
      const [y, x, c] = [Math.floor(i / 12), Math.floor(i / 3) % 4, i % 3];
      const four = [0, 1].flatMap((dy) => [0, 1].map((dx) => at(pixels, 8, 2 * y + dy, 2 * x + dx, c)));
      return four.reduce((total, value) => total + value, 0) / 4;
    });
    expect(found[0]).toBeCloseTo((level(pixels, 8) + level(halved, 4)) / 2, 5);
  });

  it("is the same on ONNX Runtime, also for sides that are odd somewhere", async () => {
    const [a, b] = [picture("first", 2, 22), picture("second", 2, 22)];
    const distance = new PyramidDistance();
    const onnx = await onOnnx(distance, a, b);
    const here = imageDistances(a, b, distance).dataSync();
    for (const [i, value] of onnx.distances.dataSync().entries()) expect(value / here[i]!).toBeCloseTo(1, 4);
    const [mine, theirs] = [gradientOnTfjs(distance, a, b), onnx.gradient].map((x) => Array.from(x.dataSync<"float32">()));
    const largest = Math.max(...mine!.map(Math.abs));
    expect(Math.max(...mine!.map((value, i) => Math.abs(value - theirs![i]!)))).toBeLessThan(1e-4 * largest);
  });
});

describe("distances refuse", () => {
  it("other networks, missing layers and weights below 0, by name", () => {
    const tensors = lpipsTensors("alexnet", 4);
    const without = (name: string) => new Map([...tensors].filter(([key]) => key !== name));
    expect(() => new Lpips(new Map())).toThrow(/Lpips: expected torchvision's AlexNet.*or VGG16.*got no tensors/);
    expect(() => new Vgg16(tensors)).toThrow(/Vgg16: expected torchvision's VGG16.*got features.0.weight \[16, 3, 11, 11\]/);
    expect(() => new Lpips(without("features.8.bias"))).toThrow(/1 tensors missing: 8.bias/);
    expect(() => new Lpips(without("lin2.model.1.weight"))).toThrow(/expected a tensor lin2.model.1.weight/);
    const negative = { dtype: "float32", shape: [1, 16, 1, 1], data: new Float32Array(16).fill(-1) } as const;
    expect(() => new Lpips(new Map([...tensors, ["lin0.model.1.weight", negative]]))).toThrow(/at least 0 in lin0.*got -1/);
    const [a, b] = [picture("first", 2, 16), picture("second", 1, 32)];
    expect(() => imageDistances(a, b, new PyramidDistance())).toThrow(/others of shape \[2, 16, 16, 3\]/);
    expect(() => imageDistances(a, a, {} as never)).toThrow(/a distance with name and features/);
    expect(() => new PyramidDistance({ levels: 0 })).toThrow(/levels to be an integer ≥ 1/);
    const small = new Lpips(tensors);
    expect(() => small.features(picture("first", 1, 8))).toThrow(/larger images for alexnet, got 8 × 8/);
    expect(() => distanceToOnnx({ name: "mine", features: (x) => x as never }, { height: 8, width: 8 })).toThrow(
      /"mine", which has none/,
    );
    small.dispose();
  });
});
