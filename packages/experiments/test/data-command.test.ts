import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { writeCsv } from "../../../tools/made-up-datasets/csv.js";
import { runCommand } from "../src/cli/run-command.js";

let folder: string;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "latentflow-data-"));
  said.length = 0;
  for (const stream of ["log", "error"] as const)
    vi.spyOn(console, stream).mockImplementation((text) => void said.push(String(text)));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => runCommand(["data", "check", ...args, "--cache", join(folder, "cache")]);

it("latentflow data check says what is there, remembers checksums, and names what is broken", async () => {
  const data = await writeCsv(join(folder, "data"));
  expect(await run("csv", data)).toBe(0);
  expect(said.join("\n")).toMatch(/12 pictures \(test 3, train 9\)\n {2}✓ all there; checksums remembered in .*cache/);
  expect(readdirSync(join(folder, "cache"))).toHaveLength(1);
  truncateSync(join(data, "pictures/3.png"), 60);
  said.length = 0;
  expect(await run("csv", data)).toBe(1);
  expect(said.join("\n")).toMatch(
    /✗ 1 of 12 pictures can't be read, its end is missing .*: pictures\/3.png\n[\s\S]*data check: 1 problem in .* \(✗\)/,
  );
});

it("latentflow data check without a path says what a data set must hold, and who publishes it", async () => {
  expect(await run("celeba")).toBe(0);
  expect(said.join("\n")).toMatch(
    /^CelebA\n {2}must hold {2}list_attr_celeba.txt[\s\S]*takes {6}1.4 GB\n {2}from {7}https:\/\/mmlab/,
  );
  said.length = 0;
  expect(await run("celeba", join(folder, "none"), "--json")).toBe(1);
  expect(JSON.parse(said[0]!)).toMatchObject({
    type: "check",
    problems: [{ kind: "structure", message: expect.stringContaining("nothing there") }],
  });
  expect(await run("celeb", folder)).toBe(2);
  expect(await run("mpi3d", folder, "--set", "variant=tiny")).toBe(2);
});
