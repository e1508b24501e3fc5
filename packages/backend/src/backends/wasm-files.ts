import type { BackendOptions } from "../types.js";

/** What a page does that lacks the files. The addresses are examples. */
const MEND =
  'serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist and name their folder in the option wasmPaths: useBackend("auto", { wasmPaths: "/wasm/" })';
/** A server that does not answer must not keep the fallback waiting. */
const PATIENCE_MS = 2000;
/** "\0asm", with which every WebAssembly file begins. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** Why wasm's file could not be loaded: where it was looked for, what is there instead, and what to do. */
export async function whyNotLoaded(wasmPaths: BackendOptions["wasmPaths"], name: string): Promise<string> {
  const page = pageAddress();
  if (page === undefined) return `its .wasm file could not be loaded; in a browser, ${MEND}`;
  const address = addressOf(wasmPaths, name, page);
  const found = await whatIsAt(address);
  return found === undefined
    ? `its file was found at ${address} but did not start; the console says why (a Content-Security-Policy must allow 'wasm-unsafe-eval')`
    : `its file was looked for at ${address}: ${found}; ${MEND}`;
}

/** The file that tfjs takes. */
export function fileName(simd: boolean, threaded: boolean): string {
  return `tfjs-backend-wasm${simd && threaded ? "-threaded" : ""}${simd ? "-simd" : ""}.wasm`;
}

/** What relative addresses are relative to, in a page or in a worker of one; undefined elsewhere. */
export function pageAddress(): string | undefined {
  if (typeof document === "object") return document.baseURI;
  return typeof location === "object" ? location.href : undefined;
}

function addressOf(paths: BackendOptions["wasmPaths"], name: string, page: string): string {
  if (paths !== undefined) return new URL(typeof paths === "string" ? paths + name : (paths[name] ?? name), page).href;
  // Beside the script, or the page, as the bundler has it: the browser knows.
  const asked = performance.getEntriesByType("resource").map((entry) => entry.name);
  return asked.reverse().find((address) => address.endsWith(`/${name}`)) ?? new URL(name, page).href;
}

/** What a server gives in place of a WebAssembly file, or undefined when it gives one. */
async function whatIsAt(address: string): Promise<string | undefined> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) return `HTTP status ${response.status}`;
    const start = new Uint8Array(await response.arrayBuffer());
    if (MAGIC.every((byte, i) => start[i] === byte)) return undefined;
    return `no WebAssembly but ${response.headers.get("content-type") ?? "something else"}, a page for unknown addresses perhaps`;
  } catch (cause) {
    return `no answer (${cause instanceof Error ? cause.message : cause})`;
  }
}
