import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const packagesFolder = fileURLToPath(new URL("../packages/", import.meta.url));

/** Names of the folders under packages/ that hold a package. */
export function packageNames(): string[] {
  return readdirSync(packagesFolder).filter((name) => existsSync(`${packagesFolder}${name}/package.json`));
}

/** Every public entry of every package with the source file that it is built from: tests run on sources, without a build. */
export function sourceAliases(): { find: RegExp; replacement: string }[] {
  return packageNames().flatMap((name) => {
    const manifest = JSON.parse(readFileSync(`${packagesFolder}${name}/package.json`, "utf8"));
    return Object.entries<{ default?: string }>(manifest.exports)
      .filter(([, target]) => target.default?.startsWith("./dist/"))
      .map(([subpath, target]) => ({
        find: new RegExp(`^${manifest.name}${subpath.slice(1)}$`),
        replacement: `${packagesFolder}${name}/${target.default?.replace("./dist/", "src/").replace(/\.js$/, ".ts")}`,
      }));
  });
}
