import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FactorRegressor } from "@latentflow/models";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runCommand } from "../src/cli/run-command.js";

let folder: string;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "latentflow-train-"));
  said.length = 0;
  for (const stream of ["log", "error"] as const)
    vi.spyOn(console, stream).mockImplementation((text) => void said.push(String(text)));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Pictures of two colours in two brightnesses. */
async function pictures(): Promise<string> {
  const data = join(folder, "data");
  mkdirSync(data);
  const rows = ["file,colour,light,split"];
  for (let i = 0; i < 48; i++) {
    const [colour, light] = [i % 2, Math.floor(i / 2) % 2];
    const value = (light === 1 ? 200 : 110) + (i % 7);
    const background = colour === 1 ? { r: value, g: 0, b: 0 } : { r: 0, g: 0, b: value };
    await sharp({ create: { width: 20, height: 20, channels: 3, background } }).toFile(join(data, `${i}.png`));
    rows.push(`${i}.png,${colour === 1 ? "red" : "blue"},${light},${i < 40 ? "train" : "validation"}`);
  }
  writeFileSync(join(data, "labels.csv"), `${rows.join("\n")}\n`);
  return data;
}

it("latentflow train-regressor trains on a folder with a CSV: a file that loads, its report, and the same bits again", async () => {
  const data = await pictures();
  const [out, again] = [join(folder, "r.safetensors"), join(folder, "again.safetensors")];
  const options = ["--size", "16", "--epochs", "12", "--patience", "12", "--batch-size", "8", "--learning-rate", "3e-3"];
  expect(await runCommand(["train-regressor", "--data", data, "--out", out, ...options])).toBe(0);
  expect(said.join("\n")).toMatch(
    /cnn, 40 pictures, judged on 8; epoch \d+ of 12 is the best\n {2}colour {2}100.00 %\n {2}light {3}100.00 %/,
  );
  const regressor = await FactorRegressor.fromSafetensors(out);
  expect(regressor.attributes).toEqual([
    { name: "colour", classes: 2 },
    { name: "light", classes: 2 },
  ]);
  regressor.dispose();
  const report = JSON.parse(readFileSync(`${out}.json`, "utf8"));
  expect(report.heads[0]).toEqual({
    name: "colour",
    accuracy: 1,
    confusion: [
      [4, 0],
      [0, 4],
    ],
  });
  expect(existsSync(`${out}.checkpoint`)).toBe(true);
  expect(await runCommand(["train-regressor", "--data", `csv=${data}`, "--out", again, ...options])).toBe(0);
  expect(readFileSync(again).equals(readFileSync(out))).toBe(true);
});

it("says what is wrong with the command line, the data and the pictures", async () => {
  const data = await pictures();
  const train = (...more: string[]) =>
    runCommand(["train-regressor", "--data", data, "--size", "16", "--out", join(folder, "r.safetensors"), ...more]);
  expect(await train("--network", "frozen")).toBe(2);
  expect(said.at(-1)).toContain("expected --backbone with an ImageNet ResNet for the network frozen");
  expect(await train("--attributes", "colour,size")).toBe(2);
  expect(said.at(-1)).toContain("expected --attributes among colour, light, got size");
  expect(await runCommand(["train-regressor", "--data", join(folder, "nothing")])).toBe(2);
  expect(said.at(-1)).toMatch(/train-regressor: folder with a CSV file: expected the folder .*nothing, got nothing there/);
  writeFileSync(join(data, "3.png"), "<html></html>");
  expect(await train("--epochs", "1")).toBe(1);
  expect(said.at(-1)).toMatch(/could not read the picture .*3\.png: an HTML page under its name/);
  const labels = readFileSync(join(data, "labels.csv"), "utf8")
    .replace("file,colour", "file,kind")
    .replaceAll(/,(red|blue),/g, ",red,");
  writeFileSync(join(data, "labels.csv"), labels);
  expect(await train("--epochs", "1")).toBe(2);
  expect(said.at(-1)).toContain("expected two classes or more of kind, got one; name the others by --attributes");
});
