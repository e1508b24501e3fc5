import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { whyNotImported } from "../src/import-file.js";

// Where `npm init` was told, or by itself decided, that modules are CommonJS.
const folder = mkdtempSync(join(tmpdir(), "latentflow-commonjs-"));
writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Node itself, without Vite, says of a file of this text; undefined where it runs it. */
function whyNot(name: string, text: string): string | undefined {
  const path = join(folder, name);
  writeFileSync(path, text);
  const program = `import(${JSON.stringify(pathToFileURL(path).href)}).then(() => console.log("null"), ({ message, code }) => console.log(JSON.stringify({ message, code })));`;
  const told = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8", stdio: "pipe" });
  const failure = JSON.parse(told) as { message: string; code?: string } | null;
  return failure === null ? undefined : whyNotImported(path, Object.assign(new Error(failure.message), { code: failure.code }));
}

describe("a module that Node takes for something else than it is", () => {
  it.each([
    ["config.js", 'import { join } from "node:path";\nexport default join("a", "b");'],
    ["model.js", "export default () => 1;"],
  ])("%s of ES modules among CommonJS ones: what to call it", (name, text) => {
    expect(whyNot(name, text)).toMatch(
      /^[A-Z].*\. Call it \.mjs in place of \.js, or put "type": "module" into its package\.json\.$/,
    );
    expect(whyNot(name.replace(".js", ".mjs"), text)).toBeUndefined();
  });

  it("TypeScript, in a Node that takes none: which ones do", () => {
    const why = whyNot("extensions.ts", "const one: number = 1;\nexport default one;");
    const [major, minor] = process.versions.node.split(".").map(Number) as [number, number];
    if (major > 22 || (major === 22 && minor >= 18)) expect(why ?? "Call it .mts").toContain("Call it .mts");
    else
      expect(why).toMatch(/^Node [\d.]+ takes no TypeScript: write it as JavaScript \(\.mjs\), or take Node 22\.18 or later\.$/);
  });

  it("anything else as it was thrown", () => {
    expect(whyNot("wrong.mjs", 'throw new Error("not today");')).toBe("not today");
    expect(whyNotImported("a.mjs", 7)).toBe("something that is no error was thrown: 7");
  });
});
