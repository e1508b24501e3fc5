/**
 * Bundles packages/experiments/src/study/page, the script of a study's page, into page-script.ts beside it: `tsx tools/build-study-page.ts`. With `--check` it only
 * says whether that file is what the sources give.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const TARGET = `${root}packages/experiments/src/study/page-script.ts`;

const { outputFiles } = await build({
  entryPoints: [`${root}packages/experiments/src/study/page/main.ts`],
  write: false,
  bundle: true,
  minify: true,
  charset: "ascii",
  format: "iife",
  platform: "browser",
  target: ["chrome90", "firefox90", "safari15"],
});
const script = outputFiles[0]!.text.trim().replaceAll("</script", "<\\/script");
const literal = script.replace(/[\\`]|\$\{/g, "\\$&");
const made = `/** The script that \`page\` compiles to. Made by tools/build-study-page.ts. */\nexport const PAGE_SCRIPT = \`${literal}\`;\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(TARGET, "utf8") !== made) {
    console.error(
      "build-study-page: src/study/page-script.ts is not what src/study/page of packages/experiments gives. Run: npx tsx tools/build-study-page.ts",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(TARGET, made);
  console.log(`${TARGET}: ${Math.round(made.length / 1024)} kB`);
}
