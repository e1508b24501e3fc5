import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { gradientRegistryAlias } from "../../tools/gradient-registry.js";
import { sourceAliases } from "../../tools/source-aliases.js";

/** The browser: the environment variable CHROMIUM, else where distributions put it. Undefined when there is none. */
export function findChromium(): string | undefined {
  const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** Below the tests' own limit, so that the browser is ended; far above what a loaded machine takes. */
const PATIENCE_MS = 600_000;

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What the packages fetch beside their scripts. */
const FETCHED_FOLDERS = [
  "node_modules/onnxruntime-web/dist",
  "node_modules/@tensorflow/tfjs-backend-wasm/dist",
  "packages/scenes/data/tabletop",
];
const TYPES: Record<string, string> = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

export interface PageOptions {
  /** As a production build. */
  readonly minify?: boolean;
  /** With the headers that let a page share memory among threads. */
  readonly isolated?: boolean;
  /** What follows the page's address, such as "?threads=2". */
  readonly query?: string;
}

/**
 * Bundles a page script from sources, opens it in headless Chromium, and gives what it POSTs to /answer.
 *
 * @throws when the browser ends, or hangs, without an answer
 */
export async function runInChromium(
  chromium: string,
  script: string,
  { minify = false, isolated = false, query = "" }: PageOptions = {},
): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "latentflow-browser-"));
  try {
    await bundle(folder, script, minify);
    return await openInChromium(chromium, folder, { isolated, query });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The page's script as `page.js` and its parts, from sources. */
async function bundle(folder: string, script: string, minify: boolean): Promise<void> {
  await build({
    entryPoints: { page: script },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify,
    format: "esm",
    platform: "browser",
    logLevel: "error",
    plugins: [fromSources()],
  });
}

/**
 * Opens a folder's page, `index.html` or one that runs `page.js`, in headless Chromium, and gives what it POSTs to /answer.
 *
 * @throws when the browser ends, or hangs, without an answer
 */
export async function openInChromium(
  chromium: string,
  folder: string,
  { isolated = false, query = "" }: Omit<PageOptions, "minify"> = {},
): Promise<unknown> {
  const { server, address, answer } = await serve(folder, isolated);
  const profile = mkdtempSync(join(tmpdir(), "latentflow-profile-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${profile}`];
  const browser = spawn(chromium, [...flags, `${address}${query}`], { stdio: "ignore", detached: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise((_, reject) => {
        browser.on("error", reject);
        browser.on("exit", (code) => reject(new Error(`runInChromium: the browser ended (${code}) without an answer.`)));
        timer = setTimeout(() => reject(new Error(`runInChromium: no answer within ${PATIENCE_MS} ms.`)), PATIENCE_MS);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    if (browser.exitCode === null && browser.kill()) await ended;
    endGroup(browser.pid);
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** The browser's helpers outlive it for a moment and write into its profile, which is to be removed. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // None is left.
  }
}

/** Our packages' public entries from their sources, as in tests. */
function fromSources(): Plugin {
  const aliases = [...sourceAliases(), gradientRegistryAlias()];
  return {
    name: "sources",
    setup(builder) {
      builder.onResolve({ filter: /^@(latentflow|tensorflow)\// }, ({ path }) => {
        const alias = aliases.find(({ find }) => (typeof find === "string" ? find === path : find.test(path)));
        return alias && { path: alias.replacement };
      });
    },
  };
}

/** A server of the bundle and of the packages' wasm and data files. */
async function serve(folder: string, isolated: boolean): Promise<{ server: Server; address: string; answer: Promise<unknown> }> {
  let resolveAnswer: (value: unknown) => void;
  const answer = new Promise<unknown>((resolve) => {
    resolveAnswer = resolve;
  });
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://page");
    const name = pathname.endsWith("/") ? "" : basename(pathname);
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    // A server that never answers.
    if (request.url?.startsWith("/hangs/")) return;
    if (name === "answer") {
      resolveAnswer(JSON.parse(await text(request)));
      response.end();
      return;
    }
    const page = join(folder, "index.html");
    if (name === "") {
      response.setHeader("content-type", "text/html");
      response.end(existsSync(page) ? readFileSync(page) : '<!doctype html><script type="module" src="/page.js"></script>');
      return;
    }
    // A server that has a page for every address that it does not know.
    if (pathname.startsWith("/unknown/")) {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html>");
      return;
    }
    const own = join(folder, pathname);
    const path = pathname.startsWith("/missing/")
      ? undefined
      : [own, ...FETCHED_FOLDERS.map((fetched) => join(root, fetched, name))].find(existsSync);
    response.statusCode = path ? 200 : 404;
    response.setHeader("content-type", TYPES[extname(name)] ?? "text/plain");
    response.end(path && readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, answer };
}
