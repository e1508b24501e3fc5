import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fuzz } from "./fuzz.js";

const folder = new URL("./reference/exported/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".onnx"))
  .map((name) => new Uint8Array(readFileSync(new URL(name, folder))));

it("2,000 damaged files end in a value or a typed error", () => {
  const { value, error } = fuzz(files, 2000, 2);
  expect(value + error).toBe(2000);
});
