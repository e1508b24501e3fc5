import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { testProjects } from "../tools/test-projects.js";
import { ALLOWED_IMPORTS, NODE_ENTRIES, violations } from "./architecture-rules.js";
import { circlesAmong, entriesOf, importsOf, importsWhenRun, importsWithin, sourceFiles, waysToNode } from "./import-graph.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const packages = readdirSync(join(root, "packages")).filter((name) => statSync(join(root, "packages", name)).isDirectory());

/** Development dependencies that are bundled into what is published, which the package's NOTICE says with their licence. */
function bundledInto(name: string, { devDependencies = {} }: { devDependencies?: Record<string, string> }): string[] {
  const notice = join(root, "packages", name, "NOTICE");
  const text = existsSync(notice) ? readFileSync(notice, "utf8") : "";
  return Object.keys(devDependencies).filter((dependency) => text.includes(`contain parts of ${dependency}`));
}

describe("the house", () => {
  it("has a rule for every package, and every package keeps to it", () => {
    expect(Object.keys(ALLOWED_IMPORTS)).toEqual(expect.arrayContaining(packages));
    const found = packages.flatMap((name) => {
      const source = join(root, "packages", name, "src");
      const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
      const declared = [
        ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
        ...bundledInto(name, manifest),
      ];
      return sourceFiles(source).flatMap((file) => {
        const imports = importsOf(readFileSync(file, "utf8")).map((specifier) =>
          // A relative path is judged by where it leads.
          specifier.startsWith(".") ? relative(join(root, "packages"), resolve(dirname(file), specifier)) : specifier,
        );
        return violations(name, imports, declared).map((what) => `${relative(root, file)}: ${what}`);
      });
    });
    expect(found).toEqual([]);
  });

  it("allows nothing that no package needs", () => {
    const needless = packages.flatMap((name) => {
      const files = sourceFiles(join(root, "packages", name, "src"));
      const imports = new Set(files.flatMap((file) => importsOf(readFileSync(file, "utf8"))));
      const unused = ALLOWED_IMPORTS[name]!.filter((target) => !imports.has(`@latentflow/${target}`));
      return unused.map((target) => `${name} → ${target}`);
    });
    expect(needless).toEqual([]);
  });

  it("has no cycles among its rules", () => {
    const visit = (name: string, path: string[]): void => {
      if (path.includes(name)) throw new Error(`cycle: ${[...path, name].join(" → ")}`);
      for (const next of ALLOWED_IMPORTS[name] ?? []) visit(next.split("/")[0]!, [...path, name]);
    };
    for (const name of Object.keys(ALLOWED_IMPORTS)) visit(name, []);
  });

  it.each(packages)("has rooms in %s that know each other one way: no circle of folders, nor of files", (name) => {
    expect(circlesAmong(importsWithin(join(root, "packages", name, "src")))).toEqual([]);
  });

  it("keeps Node's modules out of what browsers load, from every entry that is not Node's alone", () => {
    const entries = packages.flatMap(entriesOf);
    const browsers = entries.filter(({ entry, file, browser }) => !NODE_ENTRIES.includes(entry) || browser !== file);
    expect(browsers.flatMap(({ browser }) => waysToNode(browser))).toEqual([]);
    // Nothing stands among Node's entries that browsers could load.
    const needless = entries.filter(({ entry, file }) => NODE_ENTRIES.includes(entry) && waysToNode(file).length === 0);
    expect(needless.map(({ entry }) => entry)).toEqual([]);
    expect(NODE_ENTRIES.filter((entry) => !entries.some((one) => one.entry === entry))).toEqual([]);
  });

  it("has no test that depends on being quick: the one limit is for what hangs, and no file sets its own", () => {
    const limits = [...testProjects("*.test.ts", []), ...testProjects("*.slow.test.ts", [])].map(({ test }) => test);
    for (const { testTimeout, hookTimeout } of limits) expect(Math.min(testTimeout, hookTimeout)).toBeGreaterThanOrEqual(900_000);
    const folders = [join(root, "test"), ...packages.map((name) => join(root, "packages", name, "test"))];
    const limited = folders.flatMap(sourceFiles).filter((file) => {
      const text = readFileSync(file, "utf8");
      return /\btimeout: ?\d|^\s*\}, ?[\d_]{4,}\);/m.test(text);
    });
    expect(limited.map((file) => relative(root, file))).toEqual([]);
  });

  it("has the rooms that docs/architecture.md names, each on those before it alone", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    for (const name of packages) {
      const source = join(root, "packages", name, "src");
      const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const row = page.slice(page.indexOf("| package | rooms")).match(new RegExp(`^\\| \`${name}\` \\|(.*)$`, "m"));
      const rooms = [...(row?.[1] ?? "").matchAll(/`([a-z0-9-]+)`/g)].map((match) => match[1]!);
      expect([...rooms].sort(), name).toEqual(folders.map((folder) => folder.name).sort());
      const upwards = importsWithin(source)
        .map(([from, to]) => [from.split("/")[0]!, to.split("/")[0]!] as const)
        .filter(([from, to]) => rooms.includes(from) && rooms.indexOf(to) > rooms.indexOf(from));
      expect(upwards, name).toEqual([]);
    }
  });

  it("has the files and folders to which docs/architecture.md says that things are added", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    const table = page.slice(page.indexOf("| a new …")).split("\n\n")[0]!;
    const paths = [...table.matchAll(/`([a-z-]+\/src\/[^`]*)`/g)].map((match) => match[1]!);
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(root, "packages", path)))).toEqual([]);
  });

  it("is drawn in docs/architecture.md with the same arrows", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    for (const name of packages) {
      const line = page.split("\n").find((text) => text.startsWith(`| \`${name}\``));
      expect(line, `a row of the table for ${name}`).toBeDefined();
      const arrows =
        line!
          .split("|")[3]!
          .match(/`([a-z-/]+)`/g)
          ?.map((word) => word.slice(1, -1)) ?? [];
      expect(new Set(arrows), `arrows of ${name}`).toEqual(new Set(ALLOWED_IMPORTS[name]));
    }
  });
});

describe("the rules catch", () => {
  const declared = ["@latentflow/core", "fflate"];
  it.each([
    ["an import against the grain", "core", ["@latentflow/ode"], "may not import @latentflow/ode"],
    [
      "a subpath that is not allowed",
      "ode",
      ["@latentflow/latent-edit/workers"],
      "may not import @latentflow/latent-edit/workers",
    ],
    ["a reach into another package's sources", "ode", ["core/src/tree.js"], "reaches into core"],
    ["a reach by name into another package's files", "ode", ["@latentflow/core/src/tree.js"], "reaches into @latentflow/core"],
    ["a dependency that is not declared", "ode", ["left-pad"], "left-pad is not in its package.json"],
  ])("%s", (_what, name, imports, message) => {
    expect(violations(name, imports, declared).join()).toContain(message);
  });
  it("nothing in what is allowed", () => {
    expect(violations("ode", ["@latentflow/core", "ode/src/solve.js"], declared)).toEqual([]);
  });
  it.each<[string, [string, string][], string[]]>([
    [
      "two folders",
      [
        ["a/x.ts", "b/y.ts"],
        ["b/z.ts", "a/w.ts"],
      ],
      [".: a → b → a"],
    ],
    [
      "a folder and a file",
      [
        ["a/x.ts", "b.ts"],
        ["b.ts", "a/w.ts"],
      ],
      [".: a → b.ts → a"],
    ],
    [
      "two files, deep",
      [
        ["a/b/x.ts", "a/b/y.ts"],
        ["a/b/y.ts", "a/b/x.ts"],
      ],
      ["a/b: x.ts → y.ts → x.ts"],
    ],
    [
      "three folders within one",
      [
        ["a/b/x.ts", "a/c/y.ts"],
        ["a/c/y.ts", "a/d/z.ts"],
        ["a/d/w.ts", "a/b/v.ts"],
      ],
      ["a: b → c → d → b"],
    ],
    [
      "none: a folder, what it stands on, and its own files",
      [
        ["a/x.ts", "b/y.ts"],
        ["a/x.ts", "a/z.ts"],
        ["c.ts", "a/x.ts"],
      ],
      [],
    ],
  ])("a circle of %s", (_, imports, circles) => {
    expect(circlesAmong(imports)).toEqual(circles);
  });
  it("no import that the compiler erases", () => {
    const text = `import type { A } from "a";\nimport { type B, c } from "b";\nexport type { D } from "d";\nexport * from "e";\nawait import("f");\nimport "g";`;
    expect(importsWhenRun(text)).toEqual(["b", "e", "f", "g"]);
  });
  it("static, dynamic, type and side-effect imports", () => {
    const text = `import a from "a";\nimport type { B } from 'b';\nexport * from "c";\nawait import("d");\nimport "e";\n// from "no"\n/* from "no" */`;
    expect(importsOf(text)).toEqual(["a", "b", "c", "d", "e"]);
  });
});
