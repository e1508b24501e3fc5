import { useBackend } from "@latentflow/backend";
import {
  add,
  addN,
  backend,
  clipByValue,
  depthwiseConv2d,
  grad,
  grads,
  leakyRelu,
  memory,
  mul,
  ones,
  pad,
  reshape,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { scaleChannels } from "../src/kernels/scale-channels.js";
import { styledActivation } from "../src/kernels/styled-activation.js";
import { Resampler } from "../src/stylegan2/resample.js";
import { seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

const [n, h, w, c] = [2, 3, 5, 7];
const image = () => seeded("image", [n, h, w, c]) as Tensor4D;
const perChannel = () => seeded("scale", [n, c]) as Tensor2D;
const asImage = (x: Tensor) => reshape(x, [n, 1, 1, c]);

/** Values and gradients with respect to every input, for a sum with random weights. */
function allOf(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): number[] {
  const probe = seeded("probe", [n, h, w, c]);
  const gradients = grads((...x: Tensor[]) => sum(mul(f(...x), probe)))(inputs);
  return [f(...inputs), ...gradients].flatMap((tensor) => Array.from(tensor.dataSync()));
}

function expectSame(found: number[], expected: number[]): void {
  expect(found.length).toBe(expected.length);
  found.forEach((x, i) => void expect(Math.abs(x - expected[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!))));
}

describe("the kernels for wasm equal tfjs's operations, gradients included", () => {
  it.each([
    { noiseImages: 1, clamp: null },
    { noiseImages: n, clamp: null },
    { noiseImages: 1, clamp: 0.7 },
  ])("styledActivation: noise for $noiseImages, clamp $clamp", ({ noiseImages, clamp }) => {
    const inputs = [image(), perChannel(), seeded("noise", [noiseImages, h, w, 1]), seeded("bias", [c])];
    const ours = (y: Tensor, demodulation: Tensor, noise: Tensor, bias: Tensor) =>
      styledActivation(y as Tensor4D, {
        demodulation: demodulation as Tensor2D,
        noise: noise as Tensor4D,
        bias: bias as Tensor1D,
        clamp,
      });
    const theirs = (y: Tensor, demodulation: Tensor, noise: Tensor, bias: Tensor) => {
      const activated = leakyRelu(add(add(mul(y, asImage(demodulation)), bias), noise), 0.2);
      return clamp === null ? activated : clipByValue(activated, -clamp, clamp);
    };
    expectSame(allOf(ours as never, inputs), allOf(theirs as never, inputs));
    // The squared length of the gradients, as a path-length or R1 penalty has it, differentiated once more.
    const probe = seeded("probe", [n, h, w, c]);
    const penalty =
      (f: (...x: [Tensor, Tensor, Tensor, Tensor]) => Tensor) =>
      (...x: Tensor[]) => {
        const loss = (...x: Tensor[]) => sum(mul(square(f(...(x as Parameters<typeof f>))), probe));
        return addN(grads(loss)(x).map((dx) => sum(square(dx))));
      };
    const second = (f: Parameters<typeof penalty>[0]) =>
      grads(penalty(f))(inputs).flatMap((tensor) => Array.from(tensor.dataSync()));
    expectSame(second(ours), second(theirs));
  });

  it("styledActivation without noise", () => {
    const [demodulation, bias] = [perChannel(), seeded("bias", [c]) as Tensor1D];
    const found = styledActivation(image(), { demodulation, bias, clamp: null });
    expectSame(
      Array.from(found.dataSync()),
      Array.from(leakyRelu(add(mul(image(), asImage(demodulation)), bias), 0.2).dataSync()),
    );
  });

  it("scaleChannels, and its gradient's gradient", () => {
    const inputs = [image(), perChannel()];
    const ours = (x: Tensor, scale: Tensor) => scaleChannels(x as Tensor4D, scale as Tensor2D);
    const theirs = (x: Tensor, scale: Tensor) => mul(x, asImage(scale));
    expectSame(allOf(ours as never, inputs), allOf(theirs as never, inputs));
    const second = (f: (x: Tensor, scale: Tensor) => Tensor) => (x: Tensor, scale: Tensor) => {
      const [dx, dScale] = grads((x: Tensor, scale: Tensor) => sum(mul(f(x, scale), f(x, scale))))([x, scale]);
      return add(dx!, asImage(dScale!));
    };
    expectSame(allOf(second(ours) as never, inputs), allOf(second(theirs) as never, inputs));
  });

  it("blur", () => {
    const resampler = new Resampler([c]);
    const filter = mul(
      reshape(tensor([1, 3, 3, 1, 3, 9, 9, 3, 3, 9, 9, 3, 1, 3, 3, 1]), [4, 4, 1, 1]),
      ones([1, 1, c, 1]),
    ) as Tensor4D;
    const theirs = (x: Tensor) =>
      mul(
        depthwiseConv2d(
          pad(x, [
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 0],
          ]) as Tensor4D,
          filter,
          1,
          "valid",
        ),
        1 / 16,
      );
    const x = seeded("image", [n, 5, 9, c]) as Tensor4D;
    const probe = seeded("probe", [n, 4, 8, c]);
    const both = (f: (x: Tensor) => Tensor) =>
      [f(x), grad((x) => sum(mul(f(x), probe)))(x)].flatMap((tensor) => Array.from(tensor.dataSync()));
    expectSame(
      both((x) => resampler.blur(x as Tensor4D)),
      both(theirs),
    );
    resampler.dispose();
  });

  it("leave nothing behind", () => {
    const inputs = [image(), perChannel()] as const;
    const dataIds = () => (backend() as unknown as { numDataIds(): number }).numDataIds();
    const resampler = new Resampler([c]);
    const before = [memory().numTensors, dataIds()];
    scaleChannels(...inputs).dispose();
    resampler.blur(inputs[0]).dispose();
    grads(scaleChannels as never)([...inputs]).forEach((gradient) => {
      gradient.dispose();
    });
    expect([memory().numTensors, dataIds()]).toEqual(before);
    resampler.dispose();
  });
});
