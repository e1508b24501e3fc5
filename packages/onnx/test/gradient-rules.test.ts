import { describe, expect, it } from "vitest";
import { GRADIENT_RULES } from "../src/gradients/rules/index.js";
import { cotangentName, differentiate, gradientName } from "../src/index.js";
import { cases, modelOf, relativeError } from "./gradient-cases.js";
import { runModel } from "./run-model.js";

/** Every rule against float64 finite differences of ONNX's reference evaluator, and PyTorch's gradients. */
describe("gradient rules", () => {
  it.each(cases.map((item) => [item.name, item] as const))("%s", async (_, item) => {
    const model = modelOf(item);
    const outputs = Object.keys(item.values).map((i) => `y${i}`);
    const differentiated = differentiate(model, { outputs, wrt: item.wrt.map((i) => `x${i}`) });
    const feeds = {
      ...Object.fromEntries(item.wrt.map((i) => [`x${i}`, item.inputs[i]!])),
      ...Object.fromEntries(Object.entries(item.cotangents).map(([i, value]) => [cotangentName(`y${i}`), value])),
    };
    const results = await runModel(differentiated, feeds);
    for (const [i, value] of Object.entries(item.values)) expect(relativeError(results[`y${i}`]!.data, value)).toBeLessThan(2e-5);
    for (const [i, gradient] of Object.entries(item.gradients)) {
      const got = results[gradientName(`x${i}`)]!;
      expect(got.dims).toEqual(gradient.dims);
      expect(relativeError(got.data, gradient)).toBeLessThan(2e-5);
    }
  });

  it("has a case for every rule", () => {
    // Cast, CastLike, Dropout and Mish are checked in differentiate.test.ts.
    const covered = new Set([...cases.map(({ op }) => op), "Cast", "CastLike", "Dropout", "Mish"]);
    expect(Object.keys(GRADIENT_RULES).filter((op) => !covered.has(op))).toEqual([]);
  });
});
