import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allSnippets, root, snippetsOf } from "./snippets.js";

const folder = join(root, "test", ".tmp", `snippets-${process.pid}`);
const snippets = allSnippets().map((snippet, i) => ({ ...snippet, file: join(folder, `snippet-${i}.ts`) }));

describe("every TypeScript snippet of the README and the docs", () => {
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    // `export {}` makes a module of a snippet that imports nothing.
    for (const { file, code } of snippets) writeFileSync(file, `${code}\nexport {};\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("type-checks", () => {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const program = ts.createProgram(
      snippets.map(({ file }) => file),
      options,
    );
    const problems = snippets.flatMap(({ file, place }) => {
      const source = program.getSourceFile(file);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        (problem) => `${place}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`,
      );
    });
    expect(problems).toEqual([]);
  });

  for (const { place, file, run } of snippets) {
    if (run) it(`runs: ${place}`, async () => void (await import(/* @vite-ignore */ file)));
  }
});

it("finds snippets, and tells which must run", () => {
  const page = "text\n```ts\nconst a = 1;\n```\n```sh\nls\n```\n```ts no-run\nconst b = 2;\n```\n";
  expect(snippetsOf("p.md", page)).toEqual([
    { place: "p.md:2", code: "const a = 1;\n", run: true },
    { place: "p.md:8", code: "const b = 2;\n", run: false },
  ]);
});
