import { useBackend } from "@latentflow/backend";
import { add, div, grad, memory, mul, reshape, square, sum, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { architectureOf, seededGenerator, seededRegressor } from "./networks.js";
import { expectClose, type GeneratorCase, generatorCases, joined, seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

/** The code that a case is about. */
function codeOf(w: Tensor2D, { plus, arguments: { channels } }: GeneratorCase): Tensor {
  const [n, d] = w.shape;
  const rows = 2 * channels.length;
  return plus ? add(reshape(w, [n, 1, d]), mul(seeded("w+", [n, rows, d]), 0.3)) : w;
}

/** Gradient of half the sum of f's squares. */
function gradientOfSquares(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return grad((x) => div(sum(square(f(x))), 2))(x);
}

describe.each(Object.entries(generatorCases))("parity with PyTorch: %s", (_name, reference) => {
  it("mapping, images, features, logits, and gradients with respect to w", async () => {
    const generator = seededGenerator(architectureOf(reference));
    const regressor = reference.logits ? await seededRegressor() : undefined;
    const before = memory().numTensors;
    tidy(() => {
      const w = generator.map(seeded("codes", reference.z) as Tensor2D);
      expectClose(w, reference.w);
      const code = codeOf(w, reference);
      const images = generator.synthesize(code);
      expectClose(images, reference.images);
      expectClose(
        gradientOfSquares((w) => generator.synthesize(w), code),
        reference.gradient,
      );
      if (!regressor) return;
      expectClose(regressor.features(images), reference.features!);
      const logits = joined(regressor.logits(images));
      expectClose(logits, reference.logits!);
      const logitsOf = (w: Tensor) => joined(regressor.logits(generator.synthesize(w)));
      expectClose(gradientOfSquares(logitsOf, code), reference["logit gradient"]!);
    });
    expect(memory().numTensors).toBe(before);
    generator.dispose();
    regressor?.dispose();
  });
});
