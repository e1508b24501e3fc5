import { SCENE_COUNT, SCENE_FACTORS, type SceneFactors, ScenesError, sceneFactors, sceneIndex } from "@latentflow/scenes";
import { describe, expect, it } from "vitest";

describe("index and factors", () => {
  it("has MPI3D's factors in its order and number", () => {
    expect(SCENE_FACTORS.map((factor) => [factor.name, factor.classes])).toEqual([
      ["object_color", 6],
      ["object_shape", 6],
      ["object_size", 2],
      ["camera_height", 3],
      ["background_color", 3],
      ["horizontal_axis", 40],
      ["vertical_axis", 40],
    ]);
    expect(SCENE_COUNT).toBe(1_036_800);
  });

  it("counts with the strides of a C-ordered array, the last factor fastest", () => {
    const strides = SCENE_FACTORS.map((_, k) =>
      sceneIndex(SCENE_FACTORS.map((_, i) => Number(i === k)) as unknown as SceneFactors),
    );
    expect(strides).toEqual([172_800, 28_800, 14_400, 4_800, 1_600, 40, 1]);
  });

  it("goes from index to factors and back, exactly, for every scene", () => {
    for (let index = 0; index < SCENE_COUNT; index++) {
      if (sceneIndex(sceneFactors(index)) !== index) throw new Error(`scene ${index} does not come back`);
    }
  });

  it("names every class of the small factors", () => {
    for (const factor of SCENE_FACTORS) if ("values" in factor) expect(factor.values).toHaveLength(factor.classes);
  });

  it.each([-1, 1_036_800, 0.5, Number.NaN])("refuses index %s", (index) => {
    expect(() => sceneFactors(index)).toThrow(ScenesError);
  });

  it("refuses factors that are missing, out of range or not whole", () => {
    expect(() => sceneIndex([0, 0, 2, 0, 0, 0, 0])).toThrow(/object_size to be an integer in \[0, 2\), got 2/);
    expect(() => sceneIndex([0, 0, 0, 0, 0, 1.5, 0])).toThrow(/horizontal_axis/);
    expect(() => sceneIndex([0, 0] as unknown as SceneFactors)).toThrow(/expected 7 factors/);
  });
});
