import * as all from "@latentflow/scenes";
import * as render from "@latentflow/scenes/render";
import { expect, it } from "vitest";
import { bundleOf } from "../../../tools/bundle-of.js";

it("@latentflow/scenes/render loads no tfjs and no networks", async () => {
  const { modules, gzipped } = await bundleOf(
    'import { renderScene } from "@latentflow/scenes/render"; console.log(renderScene);',
  );
  expect(modules).toContain("packages/scenes/src/tabletop/render.ts");
  expect(modules.filter((file) => /tfjs|packages\/(models|checkpoints|backend)/.test(file))).toEqual([]);
  expect(gzipped).toBeLessThan(5 * 1024);
});

it("its exports are those of @latentflow/scenes", () => {
  expect(all).toMatchObject(render);
  expect(Object.keys(all).filter((name) => !(name in render))).toEqual([
    "loadPretrainedScenes",
    "loadSceneGenerator",
    "loadSceneJudge",
    "loadSceneRegressor",
  ]);
});
