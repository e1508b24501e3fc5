import { describe, expect, it } from "vitest";
import { bundleOf } from "../../../tools/bundle-of.js";

describe("core without tfjs", () => {
  it("nothing that it imports when it runs is tfjs", async () => {
    const { modules, gzipped } = await bundleOf('import { SeededRandom } from "@latentflow/core"; console.log(SeededRandom);');
    expect(modules).toContain("packages/core/src/random.ts");
    expect(modules.filter((file) => file.includes("tfjs"))).toEqual([]);
    expect(gzipped).toBeLessThan(4096);
  });

  it("SeededRandom says what is missing when a tensor is asked for", async () => {
    // This file imports no tfjs either, so that there is no engine in its process.
    const { SeededRandom } = await import("@latentflow/core");
    expect(new SeededRandom(1).normals(2)).toHaveLength(2);
    expect(() => new SeededRandom(1).normalTensor([2])).toThrow('import "@tensorflow/tfjs-core" and a backend first');
  });
});
