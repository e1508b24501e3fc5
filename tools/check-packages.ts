/**
 * What a user will get, checked before anybody gets it: publint, licences and "are the types wrong" on every packed package, then all of them installed
 * in an empty project, where a program (test/packed/consumer.ts) is type-checked under both module resolutions and run with plain node, and with pnpm,
 * README by README, where only what an install line names is found.
 * What must be small is bundled, and the demo is run in an empty folder. Run `npm run build` first. `--keep` leaves the project in place.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { checkUnderPnpm } from "./check-pnpm.js";
import { packageNames } from "./source-aliases.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "latentflow-consumer-"));
const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });

function step(title: string): void {
  console.log(`· ${title}`);
}

async function lintPackages(): Promise<void> {
  for (const name of packageNames()) {
    const folder = join(root, "packages", name);
    if (!existsSync(join(folder, "dist", "index.d.ts")))
      throw new Error(`check-packages: packages/${name}/dist is missing. Run npm run build first.`);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const { messages } = await publint({ pkgDir: folder, strict: true });
    const serious = messages
      .filter((message) => message.type !== "suggestion")
      .map((message) => formatMessage(message, manifest));
    if (serious.length > 0) throw new Error(`check-packages: publint on ${name}: ${serious.join("; ")}`);
  }
}

function packAll(): string[] {
  const folders = packageNames().map((name) => `./packages/${name}`);
  run("npm", ["pack", "--silent", "--pack-destination", project, ...folders], root);
  return readdirSync(project).filter((file) => file.endsWith(".tgz"));
}

/** Every package says under which licence it is, and whose code it contains. */
function checkLicences(tarballs: readonly string[]): void {
  const licence = readFileSync(join(root, "LICENSE"), "utf8");
  for (const [name, tarball] of tarballsByName(tarballs)) {
    const files = run("tar", ["-tzf", tarball], project).split("\n");
    const read = (file: string) => (files.includes(file) ? run("tar", ["-xzOf", tarball, file], project) : undefined);
    if (read("package/LICENSE") !== licence)
      throw new Error(
        `check-packages: expected ${name} to contain the LICENSE, got ${files.length} files without it. Build first.`,
      );
    const bundlesOthers = readFileSync(join(root, "packages", folderOf(name), "tsup.config.ts"), "utf8").includes("noExternal");
    const notice = read("package/NOTICE");
    if (bundlesOthers && !/under\s+this\s+licence/.test(notice ?? ""))
      throw new Error(
        `check-packages: expected a NOTICE of ${name} with the licence of the code that it bundles, got ${notice ?? "none"}.`,
      );
  }
}

const folderOf = (name: string) => name.replace("@latentflow/", "");

function checkTypes(tarballs: string[]): void {
  const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  for (const tarball of tarballs)
    run(process.execPath, [attw, join(project, tarball), "--profile", "esm-only", "--no-emoji"], root);
}

function useAsAStranger(tarballs: string[]): void {
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  run(
    "npm",
    [
      "install",
      "--no-audit",
      "--no-fund",
      "--silent",
      ...tarballs.map((file) => `./${file}`),
      "@tensorflow/tfjs-core@4.22.0",
      "typescript@6.0.3",
      "@types/node@20",
    ],
    project,
  );
  for (const file of ["consumer.ts", "consumer-browser.ts"]) copyFileSync(join(root, "test/packed", file), join(project, file));
  const tsc = join(project, "node_modules/typescript/bin/tsc");
  const common = ["consumer.ts", "--strict", "--target", "es2022", "--types", "node", "--skipLibCheck"];
  run(process.execPath, [tsc, ...common, "--module", "esnext", "--moduleResolution", "bundler", "--noEmit"], project);
  run(process.execPath, [tsc, ...common, "--module", "node16", "--moduleResolution", "node16"], project);
  console.log(run(process.execPath, ["consumer.js"], project).trim());
  const page = ["consumer-browser.ts", ...common.slice(1), "--customConditions", "browser"];
  run(process.execPath, [tsc, ...page, "--module", "esnext", "--moduleResolution", "bundler", "--noEmit"], project);
}

/** Entries that must run where tfjs is not loaded, or not there. */
const WITHOUT_TFJS = [
  ...["@latentflow/core", "@latentflow/core/files", "@latentflow/core/workers"],
  ...["@latentflow/ode/float64", "@latentflow/scenes/render", "@latentflow/datasets"],
];

/** Programs that must be small, with the most bytes that they may take, minified and gzipped. */
const SMALL: readonly (readonly [program: string, limit: number])[] = [
  ['import { odeint } from "@latentflow/ode/float64"; console.log(odeint);', 15 * 1024],
  ['import { SeededRandom } from "@latentflow/core"; console.log(SeededRandom);', 4 * 1024],
  ['import { renderScene } from "@latentflow/scenes/render"; console.log(renderScene);', 5 * 1024],
];

async function measureSmall(): Promise<void> {
  for (const [contents, limit] of SMALL) {
    const options = { bundle: true, minify: true, format: "esm", write: false } as const;
    const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: project } });
    const size = gzipSync(outputFiles[0]!.contents).length;
    console.log(`  ${size} bytes: ${contents}`);
    if (size > limit) throw new Error(`check-packages: expected at most ${limit} bytes gzipped of ${contents}, got ${size}.`);
  }
}

/** Tarballs by the packages' names, as npm calls them: "@latentflow/core" is latentflow-core-0.1.0.tgz. */
function tarballsByName(tarballs: readonly string[]): Map<string, string> {
  return new Map(
    packageNames().map((folder) => {
      const { name } = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
      const start = `${name.replace("@", "").replace("/", "-")}-`;
      const file = tarballs.find((tarball) => tarball.startsWith(start) && /^\d/.test(tarball.slice(start.length)));
      return [name, join(project, file!)];
    }),
  );
}

function loadWithoutTfjs(): void {
  for (const entry of WITHOUT_TFJS) {
    const program = `await import("${entry}"); if (globalThis._tfengine) throw new Error("${entry} loads tfjs");`;
    run(process.execPath, ["--input-type=module", "--eval", program], project);
  }
}

/** What a page is given of `latentflow`: nothing of the pipeline, which needs Node. */
async function bundleForBrowsers(): Promise<void> {
  const contents = 'import { loadModel, odeint } from "latentflow"; console.log(loadModel, odeint);';
  const options = { bundle: true, format: "esm", platform: "browser", write: false, metafile: true, logLevel: "error" } as const;
  const { metafile } = await build({ ...options, external: ["onnxruntime-*"], stdin: { contents, resolveDir: project } });
  const inputs = Object.keys(metafile.inputs);
  const wrong = inputs.filter((file) => file.includes("@latentflow/experiments") || file.startsWith("node:"));
  if (wrong.length > 0 || !inputs.some((file) => file.includes("@latentflow/engine")))
    throw new Error(
      `check-packages: expected a bundle of latentflow for browsers without the pipeline, got ${wrong.join(", ")}.`,
    );
}

/** The first thing that anyone runs, in an empty folder. */
function tryTheDemo(tarballs: ReadonlyMap<string, string>): void {
  const folder = join(project, "empty");
  mkdirSync(folder);
  const packages = [...tarballs.values()].map((file) => `--package=${file}`);
  run("npm", ["exec", "--yes", ...packages, "--", "latentflow", "demo", "--quick"], folder);
  const made = existsSync(join(folder, "out", "demo", "report.html"));
  if (!made) throw new Error("check-packages: expected npx latentflow demo --quick to end in out/demo/report.html, got none.");
}

try {
  step("publint");
  await lintPackages();
  step("pack");
  const tarballs = packAll();
  step("licences");
  checkLicences(tarballs);
  step(`types of ${tarballs.length} tarballs`);
  checkTypes(tarballs);
  step("install, type-check and run in an empty project");
  useAsAStranger(tarballs);
  step("load without tfjs what must not need it");
  loadWithoutTfjs();
  step("install with pnpm what each README says, resolve what it imports, and run the first example");
  checkUnderPnpm(tarballsByName(tarballs), join(project, "pnpm"));
  step("bundle what must be small, and latentflow for browsers");
  await measureSmall();
  await bundleForBrowsers();
  step("npx latentflow demo --quick, in an empty folder");
  tryTheDemo(tarballsByName(tarballs));
} finally {
  if (!process.argv.includes("--keep")) rmSync(project, { recursive: true, force: true });
}
