import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Page, userPages } from "./readme-installs.js";

/** pnpm lets a program import only what its own manifest names, where npm shares whatever lies beside it. */
const PNPM = "pnpm@9";

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Installs with pnpm, page by page, exactly what the page says, and resolves all that its programs import. Then runs the README's first example.
 *
 * @param tarballs packed packages by name
 * @param folder an empty one
 */
export function checkUnderPnpm(tarballs: ReadonlyMap<string, string>, folder: string): void {
  for (const [i, page] of userPages().entries()) {
    if (page.imports.length === 0) continue;
    const project = join(folder, String(i));
    install(project, page.installs, tarballs);
    const program = `for (const name of ${JSON.stringify(page.imports)}) import.meta.resolve(name);`;
    runIn(project, process.execPath, ["--input-type=module", "--eval", program]);
    if (page.name === "README.md") runFirstExample(page, project);
  }
}

function install(project: string, packages: readonly string[], tarballs: ReadonlyMap<string, string>): void {
  mkdirSync(project, { recursive: true });
  const own = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  const versions = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies as Record<string, string>;
  const dependencies = Object.fromEntries(packages.map((name) => [name, own[name] ?? versions[name] ?? "latest"]));
  const manifest = { name: "page", private: true, type: "module", dependencies, pnpm: { overrides: own } };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  runIn(project, "npx", ["--yes", PNPM, "install", "--silent", "--prefer-offline", "--ignore-scripts"]);
}

function runFirstExample({ name }: Page, project: string): void {
  const [, example] = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(root, name), "utf8"))!;
  writeFileSync(join(project, "example.ts"), example!);
  runIn(project, process.execPath, [join(root, "node_modules/tsx/dist/cli.mjs"), "example.ts"]);
}

function runIn(cwd: string, command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
}
