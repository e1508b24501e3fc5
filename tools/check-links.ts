/**
 * Looks for dead links in the API site: every relative `href` and `src` must lead to a file of it, every `#fragment` to an id there.
 *
 *     npx tsx tools/check-links.ts docs/api
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const folder = process.argv[2];
if (folder === undefined || !existsSync(folder)) {
  console.error(`check-links: expected the folder of a built site, got ${folder ?? "nothing"}; run npm run docs first.`);
  process.exit(2);
}
const pages = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".html"))
  .map((file) => join(folder, file));
const texts = new Map(pages.map((page) => [resolve(page), readFileSync(page, "utf8")]));
const ids = new Map(
  [...texts].map(([page, text]) => [page, new Set([...text.matchAll(/\b(?:id|name)="([^"]*)"/g)].map(([, id]) => id))]),
);

const dead: string[] = [];
let links = 0;
for (const [page, text] of texts) {
  for (const [, raw] of text.matchAll(/\b(?:href|src)="([^"]*)"/g)) {
    const link = decodeURIComponent((raw as string).replaceAll("&amp;", "&"));
    if (/^(https?:|mailto:|data:|javascript:)/.test(link) || link === "#") continue;
    links++;
    const [path, fragment] = link.split("#") as [string, string | undefined];
    let target = path === "" ? page : resolve(dirname(page), path.split("?")[0] as string);
    if (existsSync(target) && statSync(target).isDirectory()) target = join(target, "index.html");
    const known = ids.get(target);
    const found = existsSync(target) && (!fragment || known === undefined || known.has(fragment));
    if (!found) dead.push(`${relative(folder, page)} → ${link}`);
  }
}
console.log(`${pages.length} pages, ${links} links, ${dead.length} dead`);
for (const line of [...new Set(dead)].slice(0, 50)) console.log(line);
process.exitCode = dead.length === 0 ? 0 : 1;
