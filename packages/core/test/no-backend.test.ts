import "@tensorflow/tfjs-core";
import { CoreError, SeededRandom } from "@latentflow/core";
import { expect, it } from "vitest";

it("without a backend, tensors of random numbers say what to call", () => {
  for (const make of [(random: SeededRandom) => random.normalTensor([2]), (random: SeededRandom) => random.uniformTensor([2])]) {
    expect(() => make(new SeededRandom(1))).toThrow(CoreError);
    expect(() => make(new SeededRandom(1))).toThrow(/expected a tfjs backend that has started, .*; call await useBackend\(\)/);
  }
});
