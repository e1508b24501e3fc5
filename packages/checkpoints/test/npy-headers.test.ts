import { expect, it } from "vitest";
import { CheckpointError, readNpy } from "../src/index.js";
import { parseNpyHeader } from "../src/npy.js";
import { bytesOf, little } from "./craft.js";
import cases from "./reference/npy-headers.json" with { type: "json" };

const fileOf = ([major, minor]: readonly number[], header: string) =>
  bytesOf("\x93NUMPY", major!, minor!, little(header.length, major === 1 ? 2 : 4), header, new Uint8Array(8 * 64));

it.each(cases)("version $version, $header", async ({ version, header, numpy }) => {
  const file = fileOf(version, header);
  // NumPy has no name here for what is no array of numbers: bytes, dates, records, complex numbers.
  if (numpy === null || numpy.dtype === null) {
    expect(() => parseNpyHeader(file)).toThrow(CheckpointError);
    await expect(readNpy(file)).rejects.toThrow(CheckpointError);
  } else expect(parseNpyHeader(file)).toMatchObject(numpy);
});

it("the table has what NumPy reads and what it refuses", () => {
  const refused = cases.filter(({ numpy }) => numpy === null);
  expect(refused.length).toBeGreaterThan(50);
  expect(cases.length - refused.length).toBeGreaterThan(80);
});
