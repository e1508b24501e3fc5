import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { asError } from "./errors.js";

/** Runs a module of the user's, such as a configuration, from its file. */
export function importFile(path: string): Promise<{ readonly default?: unknown }> {
  return import(/* @vite-ignore */ pathToFileURL(path).href);
}

/** What a module that could not be run threw, and what to do where Node took its file for something else than it is. */
export function whyNotImported(path: string, thrown: unknown): string {
  const { message, code } = asError(thrown) as NodeJS.ErrnoException;
  const isTypeScript = /^\.[mc]?ts$/.test(extname(path));
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && isTypeScript)
    return `Node ${process.versions.node} takes no TypeScript: write it as JavaScript (.mjs), or take Node 22.18 or later.`;
  // What V8 says of `import` and `export` in a file that a package.json without "type": "module" declares to be CommonJS.
  if (/outside a module|Unexpected token 'export'/.test(message))
    return `${message}. Call it ${isTypeScript ? ".mts" : ".mjs"} in place of ${extname(path)}, or put "type": "module" into its package.json.`;
  return message;
}
