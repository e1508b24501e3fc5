import { expect, it } from "vitest";
import { notInstalled, pageOf, userPages } from "../tools/readme-installs.js";

it("every page names in its install line what its programs import", () => {
  const pages = userPages();
  expect(pages.flatMap((page) => notInstalled(page).map((name) => `${page.name}: ${name}`))).toEqual([]);
  expect(pages.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(10);
});

it("reads install lines and imports, and finds what is left out", () => {
  const page = pageOf(
    "p.md",
    [
      "```sh\nnpm install a @b/c@4.2.0   # d is optional\ncp node_modules/@l/m/dist/*.wasm public/\n```",
      '```ts\nimport { x } from "a/sub";\nimport "@b/c";\nimport { join } from "node:path";\nimport own from "./own.js";\n```',
      '```js\nimport url from "@e/f/g.wasm?url";\nconst more = await import("h");\nnew URL("@i/j/k.wasm", import.meta.url);\n```',
    ].join("\n\n"),
  );
  expect(page.installs).toEqual(["a", "@b/c"]);
  expect(page.imports).toEqual(["a/sub", "@b/c", "@e/f/g.wasm", "h", "@i/j/k.wasm"]);
  expect(page.copies).toEqual(["@l/m"]);
  expect(notInstalled(page)).toEqual(["@e/f", "h", "@i/j", "@l/m"]);
});
