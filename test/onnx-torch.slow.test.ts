import { useBackend } from "@latentflow/backend";
import { beforeAll, it } from "vitest";
import { generatorCases } from "../packages/models/test/reference.js";
import { expectPyTorch, networksOf } from "./onnx-torch.js";

beforeAll(() => useBackend("wasm"));

it.each(["64 px, multiplier 2", "256 px"])("onnxModel equals PyTorch: %s", async (name) => {
  const networks = await networksOf(generatorCases[name]!);
  await expectPyTorch(generatorCases[name]!, networks);
  networks.dispose();
});
