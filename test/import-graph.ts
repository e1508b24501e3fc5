import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { sourceAliases } from "../tools/source-aliases.js";

const root = fileURLToPath(new URL("../", import.meta.url));

export function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : /\.(ts|tsx|mts)$/.test(entry.name) ? [path] : [];
  });
}

/** Everything that a file imports, static or dynamic, types included. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text).importedFiles.map((file) => file.fileName);
}

/** The same without what the compiler erases: `import type` and `export type`. */
export function importsWhenRun(text: string): string[] {
  const erased = ts
    .createSourceFile("file.ts", text, ts.ScriptTarget.Latest)
    .statements.filter((statement) =>
      ts.isImportDeclaration(statement)
        ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        : ts.isExportDeclaration(statement) && statement.isTypeOnly,
    );
  return ts
    .preProcessFile(text)
    .importedFiles.filter(({ pos }) => !erased.some((statement) => statement.pos <= pos && pos < statement.end))
    .map((file) => file.fileName);
}

/** The imports of a package's files among each other, as paths below its `src/`, types included. */
export function importsWithin(source: string): [from: string, to: string][] {
  return sourceFiles(source).flatMap((file) =>
    importsOf(readFileSync(file, "utf8"))
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => resolve(dirname(file), specifier.replace(/\.js$/, ".ts")))
      .filter((to) => !relative(source, to).startsWith(".."))
      .map((to): [string, string] => [relative(source, file), relative(source, to)]),
  );
}

/**
 * The circles of a tree of files. In each folder its files and its folders, these as wholes, are one graph: an import joins the two entries of the
 * innermost folder that holds both ends.
 *
 * @returns each circle once, as "folder: a → b → a"
 */
export function circlesAmong(imports: readonly (readonly [from: string, to: string])[]): string[] {
  const graphs = new Map<string, Map<string, Set<string>>>();
  for (const [from, to] of imports) {
    const [a, b] = [from.split("/"), to.split("/")];
    let depth = 0;
    while (a[depth] === b[depth] && depth < a.length - 1 && depth < b.length - 1) depth++;
    if (a[depth] === b[depth]) continue;
    const folder = a.slice(0, depth).join("/") || ".";
    const graph = graphs.get(folder) ?? new Map<string, Set<string>>();
    graphs.set(folder, graph);
    graph.set(a[depth]!, (graph.get(a[depth]!) ?? new Set()).add(b[depth]!));
  }
  return [...graphs].flatMap(([folder, graph]) => circlesOf(graph).map((circle) => `${folder}: ${circle.join(" → ")}`));
}

/** One circle for each way back that a walk through the graph meets. */
function circlesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) circles.push([...path.slice(start), node]);
    if (start >= 0 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return circles;
}

/** The public entries of a package as source files, each with its name as others import it, such as `core/files`. */
export function entriesOf(name: string): { entry: string; file: string; browser: string }[] {
  const folder = join(root, "packages", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const sourceOf = (built: string) => join(folder, built.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"));
  return Object.entries<{ default?: string; browser?: string }>(manifest.exports)
    .filter(([, target]) => target.default?.startsWith("./dist/"))
    .map(([subpath, target]) => ({
      entry: `${name}${subpath.slice(1)}`,
      file: sourceOf(target.default!),
      browser: sourceOf(target.browser ?? target.default!),
    }));
}

/** Read once, since most entries share most files. */
const known = new Map<string, string[]>();

function importsOfFile(path: string): string[] {
  const imports = known.get(path) ?? importsWhenRun(readFileSync(path, "utf8"));
  known.set(path, imports);
  return imports;
}

/** The ways from a file to Node's own modules, through our packages, by what is imported when the program runs: "a → b → node:fs". */
export function waysToNode(file: string): string[] {
  const aliases = sourceAliases();
  const seen = new Set<string>();
  const follow = (path: string, way: readonly string[]): string[] => {
    if (seen.has(path)) return [];
    seen.add(path);
    const here = [...way, relative(root, path)];
    return importsOfFile(path).flatMap((specifier) => {
      if (specifier.startsWith("node:")) return [[...here, specifier].join(" → ")];
      if (specifier.startsWith(".")) {
        const next = resolve(dirname(path), specifier.replace(/\.js$/, ".ts"));
        return next.endsWith(".ts") ? follow(next, here) : [];
      }
      const alias = aliases.find(({ find }) => find.test(specifier));
      return alias ? follow(alias.replacement, here) : [];
    });
  };
  return follow(file, []);
}
