import { expect, it } from "vitest";
import { exportedFiles, fuzz } from "./fuzz.js";

it("2,000 damaged files end in a value or a typed error", () => {
  const { value, error } = fuzz(exportedFiles(), 2000, 2);
  expect(value + error).toBe(2000);
});
