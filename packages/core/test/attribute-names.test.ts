import { describe, expect, it } from "vitest";
import { ATTRIBUTE_LISTS, attributeNames, CoreError } from "../src/index.js";

describe("attributeNames", () => {
  it.each([
    ["ffhq", 40, { 0: "5_o_Clock_Shadow", 4: "Bald", 15: "Eyeglasses", 20: "Male", 31: "Smiling", 39: "Young" }],
    ["places365", 40, { 0: "dirty", 7: "fog", 22: "rugged", 30: "ice", 39: "lush" }],
    [
      "cub",
      109,
      { 0: "bill:dagger", 2: "bill:cone", 3: "attribute 3", 28: "tail:notched", 79: "shape:perching", 91: "color:yellow" },
    ],
    // attributes.txt counts from 1.
    [
      "cub-312",
      312,
      {
        0: "has_bill_shape::curved_(up_or_down)",
        54: "has_breast_pattern::solid",
        235: "has_shape::perching-like",
        311: "has_wing_pattern::multi-colored",
      },
    ],
    ["isaac3d", 9, { 0: "object_shape", 1: "robot_x-move", 8: "wall_color" }],
    ["mpi3d", 7, { 0: "object_color", 1: "object_shape", 6: "vertical_axis" }],
  ] as const)("of %s: %i, each once, in the order of the released files", (dataset, count, some) => {
    const names = attributeNames(dataset);
    expect(names).toHaveLength(count);
    expect(new Set(names).size).toBe(count);
    for (const [index, name] of Object.entries(some)) expect(names[Number(index)]).toBe(name);
  });

  it("gives a list of the caller's own, and refuses other data sets by name", () => {
    attributeNames("mpi3d").length = 0;
    expect(attributeNames("mpi3d")).toHaveLength(7);
    expect(ATTRIBUTE_LISTS).toContain("ffhq");
    expect(() => attributeNames("celeba" as never)).toThrow(CoreError);
    expect(() => attributeNames("celeba" as never)).toThrow(/dataset/);
  });
});
