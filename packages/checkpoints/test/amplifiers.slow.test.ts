import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { amplifiers } from "./amplifiers.js";

const folder = mkdtempSync(join(tmpdir(), "latentflow-amplifiers-"));
afterAll(() => rmSync(folder, { recursive: true }));

const script = fileURLToPath(new URL("read-amplifier-in-child.ts", import.meta.url));
/** A harmless file for the same reader, read before. */
const harmless: Readonly<Record<string, string>> = {
  pt: "training.zip.pt",
  pkl: "nvlabs.protocol4.pkl",
  safetensors: "types.safetensors",
  npy: "c.npy",
  npz: "stored.npz",
};

/** A few mebibytes of values are free, and V8 tidies up when it likes. */
const SMALL = 16e6;

it.each(Object.entries(amplifiers))("%s: under a second, and less than four times the file", (title, make) => {
  const { name, bytes } = make(20e6);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const warm = fileURLToPath(new URL(`reference/${harmless[name.slice(2)]}`, import.meta.url));
  const output = execFileSync(process.execPath, ["--expose-gc", "--import", "tsx", script, path, warm], { encoding: "utf8" });
  const { outcome, milliseconds, bytes: peak } = JSON.parse(output);
  const [size, above] = [bytes.length, peak].map((n) => `${(n / 1e6).toFixed(1)} MB`);
  console.log(`${title}: ${size}, ${above} more at its peak, ${milliseconds.toFixed(0)} ms: ${outcome}`);
  expect(outcome).toMatch(/^(value|CheckpointError: )/);
  expect(peak).toBeLessThan(4 * bytes.length + SMALL);
  // Reading from front to back comes on top: 50 ns a byte, as for integers of the longest kind.
  expect(milliseconds).toBeLessThan(1000 + 50e-6 * bytes.length);
});
