import { mkdtempSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "@latentflow/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle } from "./process/bundle.js";
import { command, numbersOf } from "./process/command.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-killed-"));
const config = join(root, "tiny.json");
const KILLS = 25;
let folder: URL;

beforeAll(async () => {
  folder = await bundle("killed");
  await writeFile(config, JSON.stringify(tinyExperiment(fileURLToPath(new URL("tiny-model.js", folder)))));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const run = (out: string) => ["run", "--config", config, "--workers", "2", "--out", join(root, out), "--json"];

it(`killed ${KILLS} times at random moments, on two workers, ends with the numbers of an undisturbed run`, async () => {
  await command(folder, run("whole"));
  const random = new SeededRandom(1);
  for (let i = 0; i < KILLS; i++) {
    const delay = random.uniform(0, 700);
    let armed = false;
    await command(folder, run("killed"), (_line, child) => {
      if (!armed) setTimeout(() => child.kill("SIGKILL"), delay);
      armed = true;
    });
  }
  expect((await command(folder, run("killed"))).code).toBe(0);
  expect(await numbersOf(join(root, "killed"))).toEqual(await numbersOf(join(root, "whole")));
  const left = await readdir(join(root, "killed"), { recursive: true });
  expect(left.filter((name) => name.includes(".tmp") || name.includes(".state"))).toEqual([]);
});
