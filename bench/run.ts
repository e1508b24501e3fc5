/** `npm run bench -- backend`: runs bench/<name>/index.ts; without a name, lists what there is. */
import { existsSync, readdirSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const known = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`${here}${entry.name}/index.ts`))
  .map((entry) => entry.name);
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !known.includes(name)) {
  console.error(`bench: expected one of ${known.join(", ")}, got ${name ?? "nothing"}. Example: npm run bench -- ${known[0]}`);
  process.exitCode = 2;
} else {
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}\n`);
  const { run } = (await import(`./${name}/index.ts`)) as { run(args: string[]): Promise<void> };
  await run(args);
}
