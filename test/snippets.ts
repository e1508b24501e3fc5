import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A fenced TypeScript block of a page. */
export interface Snippet {
  /** Page and line, for messages. */
  readonly place: string;
  readonly code: string;
  /** False for ```ts no-run: only type-checked, since it needs something of the reader's own. */
  readonly run: boolean;
}

export const root = fileURLToPath(new URL("../", import.meta.url));

/** All snippets of README, CONTRIBUTING, the docs and the packages' READMEs. */
export function allSnippets(): Snippet[] {
  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    ...markdownBelow("docs"),
    ...markdownBelow("packages"),
    ...markdownBelow("examples"),
  ];
  return pages.flatMap((page) => snippetsOf(relative(root, join(root, page)), readFileSync(join(root, page), "utf8")));
}

export function snippetsOf(page: string, text: string): Snippet[] {
  return [...text.matchAll(/^```(ts|typescript)([^\n]*)\n([\s\S]*?)^```/gm)].map((match) => ({
    place: `${page}:${text.slice(0, match.index).split("\n").length}`,
    code: match[3]!,
    run: !match[2]!.includes("no-run"),
  }));
}

function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name === "dist" || (folder === "docs" && entry.name === "api")) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? markdownBelow(path) : entry.name.endsWith(".md") && entry.name !== "CHANGELOG.md" ? [path] : [];
  });
}
