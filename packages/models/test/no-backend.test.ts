import "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { ModelsError, StyleGan2Generator } from "../src/index.js";

it("without a backend, a generator says what to call", () => {
  const make = () => StyleGan2Generator.random({ channels: [4, 4], zDim: 8, latentDim: 8, mappingLayers: 1 });
  expect(make).toThrow(ModelsError);
  expect(make).toThrow("StyleGan2Generator: expected a tfjs backend that has started, got none; call await useBackend()");
});
