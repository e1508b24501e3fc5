/**
 * Copies what a finished run says into the repository: its summary as README.md, the pictures that the summary links, and its tables.
 *
 *     npx tsx tools/keep-results.ts out/tabletop docs/results/scenes --machine "two cores of an Intel Xeon, no GPU"
 *
 * The summary gets a line with the date and the kind of machine. A run with missing parts is refused.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "@latentflow/core/files";
import type { ExperimentResults } from "@latentflow/experiments";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { machine: { type: "string" }, date: { type: "string", default: new Date().toISOString().slice(0, 10) } },
});
const [run, folder] = positionals;
if (!run || !folder || !values.machine) throw new Error("keep-results: expected RUN FOLDER --machine TEXT [--date YYYY-MM-DD]");

const { missing } = JSON.parse(await readFile(join(run, "results.json"), "utf8")) as ExperimentResults;
if (missing.length > 0) throw new Error(`keep-results: expected a complete run, got one without ${missing.join(", ")}`);

const summary = await readFile(join(run, "summary.md"), "utf8");
const [title, ...rest] = summary.split("\n\n");
const pictures = [...summary.matchAll(/\]\(((?:figures|pictures)\/[^)]+)\)/g)].map(([, link]) => decodeURIComponent(link!));
const tables = (await readdir(join(run, "csv"))).map((file) => `csv/${file}`);
const made = `Made on ${values.date} on ${values.machine}. All tables of the run are in [csv](csv).`;

// Only what this script made before is replaced, and only when the new is whole.
if (existsSync(folder) && !existsSync(join(folder, "csv", "areas.csv")))
  throw new Error(`keep-results: expected a new folder or one with results of a run, got ${folder}`);
const whole = `${folder.replace(/\/+$/, "")}.tmp`;
await rm(whole, { recursive: true, force: true });
for (const file of [...pictures, ...tables]) {
  await mkdir(dirname(join(whole, file)), { recursive: true });
  await copyFile(join(run, file), join(whole, file));
}
await writeFileAtomic(join(whole, "README.md"), [title, made, ...rest].join("\n\n"));
await rm(folder, { recursive: true, force: true });
await rename(whole, folder);
console.log(`${folder}: README.md, ${pictures.length} pictures, ${tables.length} tables`);
