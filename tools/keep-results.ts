/**
 * Copies what a finished run says into the repository: its summary as README.md, the pictures that the summary links, and its tables.
 *
 *     npx tsx tools/keep-results.ts out/scenes docs/results/scenes --machine "two cores of an Intel Xeon, no GPU"
 *
 * The summary gets a line with the date and the kind of machine. A run with missing parts is refused.
 */
import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
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

await rm(folder, { recursive: true, force: true });
for (const file of [...pictures, ...tables]) {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await copyFile(join(run, file), join(folder, file));
}
await writeFileAtomic(join(folder, "README.md"), [title, made, ...rest].join("\n\n"));
console.log(`${folder}: README.md, ${pictures.length} pictures, ${tables.length} tables`);
