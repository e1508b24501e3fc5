import { mkdtempSync } from "node:fs";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "fast-png";
import { afterAll, expect, it } from "vitest";
import { embedPictures } from "../src/report/embed.js";
import { writeReport } from "../src/report/index.js";
import type { PictureRecord } from "../src/results/index.js";
import { copyPictures } from "../src/store/copy-pictures.js";
import { madeUpResults } from "./made-up/results.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-links-"));
const [run, outside] = [join(root, "run"), join(root, "outside")];
const [width, height] = [8, 8];
const strip: PictureRecord = { kind: "strip", file: "pictures/a/1.png", width, height, methods: ["ode-1"], times: [0], alt: "a" };
const madeUp = madeUpResults();
const results = { ...madeUp, attributes: madeUp.attributes.map((one, i) => (i === 0 ? { ...one, pictures: [strip] } : one)) };

afterAll(() => rm(root, { recursive: true, force: true }));

it("the report and its tables are written into the run's folder and nowhere else", async () => {
  for (const name of ["csv", "report.html"]) {
    await rm(root, { recursive: true, force: true });
    await mkdir(run, { recursive: true });
    await mkdir(outside);
    await writeFile(join(outside, "report.html"), "mine");
    await symlink(name === "csv" ? outside : join(outside, name), join(run, name));
    await expect(writeReport(results, run)).rejects.toThrow(/to lie in/);
    expect(await readdir(outside)).toEqual(["report.html"]);
    expect(await readFile(join(outside, "report.html"), "utf8")).toBe("mine");
  }
});

it("no picture from outside gets into a report, and none is copied", async () => {
  await rm(root, { recursive: true, force: true });
  await mkdir(outside, { recursive: true });
  await writeFile(join(outside, "secret.png"), encode({ width, height, data: new Uint8Array(width * height * 3), channels: 3 }));
  await mkdir(join(run, strip.file, ".."), { recursive: true });
  await symlink(join(outside, "secret.png"), join(run, strip.file));
  expect((await embedPictures(results, run)).strip(strip)).toBe("missing");
  const to = join(root, "copy");
  await copyPictures(results, run, to);
  expect(await readdir(to).catch(() => [])).toEqual([]);
});
