/**
 * Builds packages: `tsx tools/build.ts [--no-types] [package…]`, all of them by default. JavaScript takes seconds; declarations take most of the
 * time and are only needed for publishing and type-checking consumers.
 */
import { spawn } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { packageNames } from "./source-aliases.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith("--"));
const chosen = names.length > 0 ? names : packageNames();
const env = { ...process.env, ...(args.includes("--no-types") ? { LATENTFLOW_BUILD_TYPES: "no" } : {}) };

/** One tsup process, since esbuild reads the working directory only once in its life; and the licence, which npm packs only from beside the manifest. */
function build(name: string): Promise<void> {
  copyFileSync(`${root}LICENSE`, `${root}packages/${name}/LICENSE`);
  const tsup = spawn(process.execPath, [`${root}node_modules/tsup/dist/cli-default.js`, "--silent"], {
    cwd: `${root}packages/${name}`,
    env,
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    tsup.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`build: tsup failed in packages/${name} with code ${code}.`)),
    );
  });
}

/** Packages of ours that a package needs: their declarations must exist before its own can be made. */
function dependenciesOf(name: string): string[] {
  const manifest = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8"));
  return Object.keys(manifest.dependencies ?? {})
    .filter((dependency) => dependency.startsWith("@latentflow/"))
    .map((dependency) => dependency.slice("@latentflow/".length))
    .filter((dependency) => chosen.includes(dependency));
}

/** At most two at once, each after those that it needs. */
const waiting: (() => void)[] = [];
let free = Math.min(2, availableParallelism());
async function withSlot(work: () => Promise<void>): Promise<void> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free--;
  try {
    await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}

const builds = new Map<string, Promise<void>>();
function buildAfterDependencies(name: string): Promise<void> {
  const known = builds.get(name);
  if (known !== undefined) return known;
  const promise = Promise.all(dependenciesOf(name).map(buildAfterDependencies))
    .then(() => withSlot(() => build(name)))
    .then(() => console.log(`built ${name}`));
  builds.set(name, promise);
  return promise;
}

await Promise.all(chosen.map(buildAfterDependencies));
