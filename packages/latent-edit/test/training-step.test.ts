import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { directionLoss, importSeedFlow, pullBack, tfjsModel, toStateDict } from "../src/index.js";
import reference from "./reference/training-step.json" with { type: "json" };
import { CLASSES, D, embedder, generator, regressor, weights } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

/** The reference's flow, loaded under the paper's keys. */
function flow(depth: number) {
  const tensor = (data: Float32Array, shape: number[]) => ({ dtype: "float32" as const, shape, data: Float32Array.from(data) });
  if (depth === -1) return importSeedFlow({ "odefunc.model.const": tensor(weights(50, D, 1), [1, D]) });
  const layers = Array.from({ length: depth }, (_, i): [string, ReturnType<typeof tensor>][] => [
    [`odefunc.model.${2 * i}.weight`, tensor(weights(60 + i, D * D, 0.35), [D, D])],
    [`odefunc.model.${2 * i}.bias`, tensor(weights(70 + i, D, 0.35), [D])],
  ]);
  return importSeedFlow(new Map(layers.flat()));
}

const norm = (a: ArrayLike<number>) => Math.sqrt(Array.from(a).reduce((sum, x) => sum + x * x, 0));
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => norm(Array.from(a, (x, i) => x - b[i]!));

describe.each(
  reference.map(
    (c) => [`depth ${c.depth}, t = ${c.t}, attribute ${c.attribute}${c.identity ? ", identity loss" : ""}`, c] as const,
  ),
)("one training step equals PyTorch's: %s", (_, c) => {
  it("end points, loss terms, dL/dw and the gradients of the weights, within 1e-4 relative", async () => {
    const before = tf.memory().numTensors;
    const direction = flow(c.depth);
    const model = tfjsModel({ generator, regressor, embedder });
    const w = tf.tensor2d(weights(99, 5 * D, 1.5), [5, D]);
    const original = await model.logits(w);
    const embeddings = c.identity ? tf.tidy(() => embedder.embed(generator.synthesize(w))) : undefined;
    const end = direction.flow(w, c.t);
    expect(distance(await end.data(), c.end) / norm(c.end)).toBeLessThan(1e-5);

    const target = CLASSES[c.attribute]! - 1;
    const request = { attributeIndex: c.attribute, target, originalLogits: original, temperature: 4, preservationWeight: 1 };
    const answer = await model.lossAndGradient(end, embeddings ? { ...request, originalEmbeddings: embeddings } : request);
    expect(Math.abs(answer.attributeLoss / c.attributeLoss - 1)).toBeLessThan(1e-4);
    expect(Math.abs(answer.preservationLoss / c.preservationLoss - 1)).toBeLessThan(1e-4);
    expect(distance(await answer.gradient.data(), c.latentGradient) / norm(c.latentGradient)).toBeLessThan(1e-4);

    const gradients = pullBack(direction, w, c.t, answer.gradient, "steps");
    for (const [i, gradient] of gradients.entries()) {
      const ours = await gradient.data();
      // Weights are stored transposed here.
      const square = gradient.shape[0] === D;
      const theirs = square
        ? Array.from({ length: D * D }, (_, k) => c.gradients[i]![(k % D) * D + Math.floor(k / D)]!)
        : c.gradients[i]!;
      expect(Math.abs(norm(ours) / norm(theirs) - 1)).toBeLessThan(1e-4);
      expect(distance(ours, theirs) / norm(theirs)).toBeLessThan(1e-4);
    }
    tf.dispose([w, end, answer.gradient, ...answer.logits, ...original, ...gradients, ...(embeddings ? [embeddings] : [])]);
    direction.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

const attributeCases = reference.filter((c) => !c.identity);

it.each(attributeCases.map((c) => [c.depth, c.t, c] as const))(
  "directionLoss is the same as one differentiable program: depth %i, t = %d",
  (_, __, c) => {
    const direction = flow(c.depth);
    const w = tf.tensor2d(weights(99, 5 * D, 1.5), [5, D]);
    const loss = () => directionLoss({ direction, generator, regressor, attributeIndex: c.attribute, w, t: c.t }).total;
    const { value, grads } = tf.variableGrads(loss, direction.variables);
    expect(value.dataSync()[0]! / (c.attributeLoss + c.preservationLoss)).toBeCloseTo(1, 4);
    direction.variables.forEach((variable, i) => {
      expect(norm(grads[variable.name]!.dataSync()) / norm(c.gradients[i]!)).toBeCloseTo(1, 3);
    });
    direction.dispose();
  },
);

describe("the model seam", () => {
  const model = tfjsModel({ generator, regressor });
  const w = () => tf.tensor2d(weights(99, 5 * D, 1.5), [5, D]);

  it("gives a custom loss's value and gradient", async () => {
    const answer = await model.lossAndGradient(
      w(),
      (logits, images) => tf.add(tf.mean(logits[0]!), tf.mean(images)) as tf.Scalar,
    );
    const step = 1e-2;
    const value = (shift: number) =>
      tf.tidy(() => {
        const moved = weights(99, 5 * D, 1.5);
        moved[3]! += shift;
        const images = generator.synthesize(tf.tensor2d(moved, [5, D]));
        return tf.add(tf.mean(regressor.logits(images)[0]!), tf.mean(images)).dataSync()[0]!;
      });
    expect(answer.attributeLoss).toBeCloseTo(value(0), 6);
    expect(answer.preservationLoss).toBe(0);
    expect((await answer.gradient.data())[3]).toBeCloseTo((value(step) - value(-step)) / (2 * step), 3);
  });

  it("truncates after the flow: ψ = 0 gives one image for all codes", async () => {
    const mean = Array.from(weights(5, D, 1));
    const truncated = tfjsModel({ generator, regressor, truncation: { psi: 0, meanLatent: mean } });
    const images = await truncated.synthesize(w());
    const expected = generator.synthesize(tf.tensor2d(mean, [1, D]));
    expect(tf.max(tf.abs(tf.sub(images, expected))).dataSync()[0]!).toBeLessThan(1e-5);
  });

  it("refuses codes of another width and embeddings without an embedder", async () => {
    await expect(model.logits(tf.zeros([2, 3]))).rejects.toThrow(/\[n, 8\]/);
    const originalLogits = await model.logits(w());
    const request = {
      attributeIndex: 0,
      target: 1,
      originalLogits,
      temperature: 4,
      preservationWeight: 1,
      originalEmbeddings: tf.zeros([5, 7]) as tf.Tensor2D,
    };
    await expect(model.lossAndGradient(w(), request)).rejects.toThrow(/embedder/);
  });
});

describe("the paper's keys", () => {
  it.each([-1, 1, 3])("depth %i: toStateDict is the inverse of importSeedFlow, to the bit", async (depth) => {
    const direction = flow(depth);
    const state = await toStateDict(direction);
    const again = importSeedFlow(state);
    expect(again.depth).toBe(depth);
    again.variables.forEach((variable, i) => {
      expect(variable.dataSync()).toEqual(direction.variables[i]!.dataSync());
    });
    if (depth > 0) expect(state.get("odefunc.model.0.weight")!.data).toEqual(weights(60, D * D, 0.35));
  });

  it("refuses other keys", () => {
    const layer = {
      weight: { dtype: "float32", shape: [2, 2], data: Float32Array.from(weights(1, 4, 1)) },
      bias: { dtype: "float32", shape: [2], data: Float32Array.from(weights(2, 2, 1)) },
    } as const;
    const first = { "odefunc.model.0.weight": layer.weight, "odefunc.model.0.bias": layer.bias };
    expect(() =>
      importSeedFlow({ ...first, "odefunc.model.4.weight": layer.weight, "odefunc.model.4.bias": layer.bias }),
    ).toThrow(/without a gap/);
    expect(() => importSeedFlow({ ...first, "odefunc.model.const": layer.bias })).toThrow(/nothing else/);
    expect(() => importSeedFlow({ "odefunc.model.const": layer.weight })).toThrow(/const \[1, d\]/);
    expect(() => importSeedFlow({ foo: { dtype: "float32", shape: [1], data: new Float32Array(1) } })).toThrow(
      /odefunc.model.0.weight/,
    );
  });
});
