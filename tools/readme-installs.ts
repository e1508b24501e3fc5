import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageNames } from "./source-aliases.js";

/** A page for users: what it tells them to install, and what its programs import. */
export interface Page {
  readonly name: string;
  /** Packages of its `npm install` lines. */
  readonly installs: readonly string[];
  /** What its TypeScript and JavaScript blocks import, but for Node's own modules. */
  readonly imports: readonly string[];
  /** Packages whose files it copies or serves. */
  readonly copies: readonly string[];
}

const root = fileURLToPath(new URL("../", import.meta.url));

/** The root's README, those of the packages, and the guide. Examples are run where everything is installed. */
export function userPages(): Page[] {
  const guides = readdirSync(join(root, "docs/guide")).map((file) => `docs/guide/${file}`);
  const pages = ["README.md", ...packageNames().map((name) => `packages/${name}/README.md`), ...guides];
  return pages.filter((page) => page.endsWith(".md")).map((page) => pageOf(page, readFileSync(join(root, page), "utf8")));
}

export function pageOf(name: string, text: string): Page {
  const lines = [...text.matchAll(/\bnpm install ([^\n#`…]+)/g)];
  const programs = [...text.matchAll(/^```(?:ts|js|typescript|javascript)\b[^\n]*\n([\s\S]*?)^```/gm)].map((block) => block[1]!);
  return {
    name,
    installs: [...new Set(lines.flatMap((line) => line[1]!.trim().split(/\s+/)).map((name) => name.replace(/(?<=.)@.*/, "")))],
    imports: [...new Set(programs.flatMap(importsOf))],
    copies: [...new Set([...text.matchAll(/\bnode_modules\/((?:@[\w-]+\/)?[\w.-]+)\//g)].map((path) => path[1]!))],
  };
}

/** Packages that it uses and that no install line names: under npm they are often found all the same, under pnpm they are not. */
export function notInstalled({ installs, imports, copies }: Page): string[] {
  return [...new Set([...imports.map(packageOf), ...copies])].filter((name) => !installs.includes(name));
}

function importsOf(program: string): string[] {
  return [...program.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"|new URL\("(@[^"]+)"/g)]
    .map((match) => match[1] ?? match[2]!)
    .filter((specifier) => !/^(node:|[./])/.test(specifier))
    .map((specifier) => specifier.replace(/\?.*$/, ""));
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
