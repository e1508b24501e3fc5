import { expect, it } from "vitest";
import { fuzz } from "./fuzz.js";

it("20,000 mutated files each end in a value or a CheckpointError", async () => {
  const { defects, values, errors } = await fuzz(20_000, 2);
  console.log(`20,000 mutated files: ${values} values, ${errors} CheckpointErrors, ${defects.length} defects`);
  expect(defects).toEqual([]);
});
