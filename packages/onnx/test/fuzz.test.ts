import { expect, it } from "vitest";
import { exportedFiles, fuzz } from "./fuzz.js";

it("damaged files end in a value or a typed error", () => {
  const { value, error } = fuzz(exportedFiles(), 400, 1);
  expect(value + error).toBe(400);
  expect(error).toBeGreaterThan(100);
});
