import { loadPretrainedScenes, loadSceneGenerator, loadSceneJudge, loadSceneRegressor, ScenesError } from "@latentflow/scenes";
import { expect, it } from "vitest";

it.each([
  ["loadPretrainedScenes", loadPretrainedScenes],
  ["loadSceneGenerator", loadSceneGenerator],
  ["loadSceneRegressor", loadSceneRegressor],
  ["loadSceneJudge", loadSceneJudge],
])("without a backend, %s says so and what to call, and blames no file", async (name, load) => {
  await expect(load()).rejects.toThrow(ScenesError);
  await expect(load()).rejects.toThrow(
    `${name}: expected a tfjs backend that has started, got none; call await useBackend() of @latentflow/backend`,
  );
});
