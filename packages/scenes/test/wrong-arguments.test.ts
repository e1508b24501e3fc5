import * as scenes from "@latentflow/scenes";
import { exportScenesNpz, renderScenes } from "@latentflow/scenes/node";
import { describe, expect, it } from "vitest";
import { JUNK as ANYWHERE, complaint } from "../../../tools/wrong-arguments.js";

const dataset = scenes.scenesDataset("tabletop");
const factors = [0, 0, 0, 0, 0, 0, 0] as const;
const studio = [0, 0, 0, 0, 0, 0, 0, 0, 0] as const;

type Call = readonly [f: (...args: never[]) => unknown, args: readonly unknown[]];
/** A right call of every public function and method. */
const calls: Readonly<Record<string, Call>> = {
  scenesDataset: [scenes.scenesDataset as never, ["studio"]],
  "dataset.factors": [(i: never) => dataset.factors(i), [1]],
  "dataset.index": [(some: never) => dataset.index(some), [factors]],
  "dataset.image": [(i: never) => dataset.image(i), [1]],
  "dataset.images": [(some: never) => dataset.images(some), [[1]]],
  "dataset.labels": [(some: never) => dataset.labels(some), [[1]]],
  sceneFactors: [scenes.sceneFactors, [1]],
  sceneIndex: [scenes.sceneIndex, [factors]],
  studioFactors: [scenes.studioFactors, [1]],
  studioIndex: [scenes.studioIndex, [studio]],
  renderScene: [scenes.renderScene, [factors, 2]],
  renderStudio: [scenes.renderStudio, [studio, 2]],
};
/** Wrong calls that start workers or read files when they are right. */
const refused: Readonly<Record<string, Call>> = {
  loadPretrainedScenes: [scenes.loadPretrainedScenes, ["studio", {}]],
  loadSceneGenerator: [scenes.loadSceneGenerator, ["studio", {}]],
  loadSceneRegressor: [scenes.loadSceneRegressor, ["studio", {}]],
  loadSceneJudge: [scenes.loadSceneJudge, ["studio", {}]],
  renderScenes: [renderScenes, [[1], {}]],
  exportScenesNpz: [exportScenesNpz, ["/nowhere/x.npz", {}]],
};
const JUNK: typeof ANYWHERE = [
  // No indices at all are a right list of them.
  ...ANYWHERE.filter(([what]) => what !== "[]"),
  ["1.5", 1.5],
  ['["studio"]', ["studio"]],
  ["[1n]", [1n]],
  ["[symbol]", [Symbol("s")]],
];
const DEFAULT = ["scenesDataset 0", "renderScene 1", "renderStudio 1"];

it("names every public function", () => {
  const functions = Object.entries(scenes).filter(([name, value]) => typeof value === "function" && name !== "ScenesError");
  expect(Object.keys({ ...calls, ...refused })).toEqual(expect.arrayContaining(functions.map(([name]) => name)));
});

describe.each(Object.entries({ ...calls, ...refused }))("%s", (name, [f, args]) => {
  it.skipIf(name in refused)("takes what is right", () => expect(f(...(args as never[]))).toBeDefined());

  it("refuses each argument that is missing or of another kind", async () => {
    const complaints: string[] = [];
    for (const i of args.keys()) {
      for (const [what, junk] of JUNK) {
        if (
          what === "undefined" &&
          (DEFAULT.includes(`${name} ${i}`) || i === args.length - 1) &&
          !(name in calls && !DEFAULT.includes(`${name} ${i}`))
        )
          continue;
        // Options may be empty, and any text is a path.
        if (name in refused && i === args.length - 1 && what === "{}") continue;
        if (name === "exportScenesNpz" && i === 0 && what === '"x"') continue;
        const found = await complaint(f, args.with(i, junk));
        if (found) complaints.push(`argument ${i} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
  });
});

it.each<[string, () => unknown, string]>([
  ["indices that would be rounded", () => exportScenesNpz("/nowhere/x.npz", { indices: [1.5] }), "integer index .* got 1.5"],
  ["a missing index", () => exportScenesNpz("/nowhere/x.npz", { indices: [null as never] }), "integer index .* got null"],
  ["no list", () => exportScenesNpz("/nowhere/x.npz", { indices: 5 as never }), "expected an array of indices, got 5"],
  [
    "no function",
    () => renderScenes([1], { onProgress: 5 as never }),
    "renderScenes: expected onProgress to be a function, got 5",
  ],
  ["too many at once", () => renderScenes({ length: 1e15 }), "expected at most 349525 indices at once"],
  ["too large a picture", () => scenes.renderScene(factors, 1e9), "size to be an integer ≥ 1 and ≤ 16384, got 1000000000"],
])("says what is wrong: %s", async (_, act, message) => {
  await expect((async () => act())()).rejects.toThrow(scenes.ScenesError);
  await expect((async () => act())()).rejects.toThrow(new RegExp(message));
});
