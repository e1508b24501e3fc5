/**
 * Builds packages: `tsx tools/build.ts [--no-types] [package…]`, all of them by default. JavaScript takes seconds; declarations take most of the
 * time and are only needed for publishing and type-checking consumers.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { packageNames } from "./source-aliases.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith("--"));
const queue = names.length > 0 ? names : packageNames();
const env = { ...process.env, ...(args.includes("--no-types") ? { LATENTFLOW_BUILD_TYPES: "no" } : {}) };

/** One tsup process, since esbuild reads the working directory only once in its life. */
function build(name: string): Promise<void> {
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

async function worker(): Promise<void> {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    await build(name);
    console.log(`built ${name}`);
  }
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
