import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A way in which a data set's files get damaged: how, and what the one message must say. */
export type Damage = readonly [what: string, damage: (path: string) => void, says: RegExp];

const PAGE = "<!DOCTYPE html>\n<html><head><title>Quota exceeded</title></head></html>\n";

export const gone = (file: string) => (path: string) => rmSync(join(path, file), { recursive: true });
export const webPage = (file: string) => (path: string) => writeFileSync(join(path, file), PAGE);
export const empty = (file: string) => (path: string) => writeFileSync(join(path, file), "");
export const half = (file: string) => (path: string) =>
  truncateSync(join(path, file), readFileSync(join(path, file)).length >> 1);
export const put = (file: string, text: string) => (path: string) => {
  mkdirSync(dirname(join(path, file)), { recursive: true });
  writeFileSync(join(path, file), text);
};
export const append = (file: string, text: string) => (path: string) => appendFileSync(join(path, file), text);
export const replace = (file: string, old: string | RegExp, text: string) => (path: string) => {
  const before = readFileSync(join(path, file), "latin1");
  const after = before.replace(old, text);
  if (after === before) throw new Error(`nothing to replace in ${file}`);
  writeFileSync(join(path, file), after, "latin1");
};
export const renamed = (from: string, to: string) => (path: string) => renameSync(join(path, from), join(path, to));
/** The last lines cut off, at a line's end. */
export const lines = (file: string, kept: number) => (path: string) => {
  const text = readFileSync(join(path, file), "latin1");
  writeFileSync(join(path, file), `${text.split("\n").slice(0, kept).join("\n")}\n`, "latin1");
};
export const all =
  (...steps: readonly ((path: string) => void)[]) =>
  (path: string) => {
    for (const step of steps) step(path);
  };
