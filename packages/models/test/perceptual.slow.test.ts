import { useBackend } from "@latentflow/backend";
import { beforeAll, describe, it } from "vitest";
import { checkLpips, checkVgg16 } from "./perceptual-cases.js";

beforeAll(() => useBackend("wasm"));

describe("LPIPS and VGG16 with all their channels", () => {
  it.each(["alexnet", "vgg16"] as const)("LPIPS of %s is PyTorch's on both engines", (network) => checkLpips(network, "whole"));

  it("VGG16's activations are PyTorch's", () => checkVgg16("whole"));
});
