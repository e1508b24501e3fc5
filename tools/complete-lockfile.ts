/**
 * Adds to package-lock.json the optional packages of other platforms that are missing in it: `tsx tools/complete-lockfile.ts`, after an install
 * from a registry mirror that does not hold them. npm leaves out what it can't find, and then `npm ci` refuses the lock file everywhere.
 * With `--check` it only says whether some are missing.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface Entry {
  version?: string;
  link?: boolean;
  dev?: boolean;
  peer?: boolean;
  optional?: boolean;
  cpu?: string[];
  os?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const SYSTEMS = ["android", "darwin", "freebsd", "netbsd", "openbsd", "openharmony", "linux", "win32", "sunos", "aix"];
const PROCESSORS = ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"];

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Entry> };
const added: string[] = [];

for (const [path, owner] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
    if (places.some((place) => lock.packages[place]?.version === version)) continue;
    const words = name.split("/").at(-1)!.split("-");
    const system = SYSTEMS.find((word) => words.includes(word));
    const processor = PROCESSORS.find((word) => words.includes(word));
    // Only what is made for one platform: npm skips it elsewhere without asking the registry.
    if (system === undefined || processor === undefined || !/^\d/.test(version)) continue;
    const place = lock.packages[places[1]!] === undefined ? places[1]! : places[0]!;
    const libc = words.some((word) => word.startsWith("musl"))
      ? ["musl"]
      : words.some((word) => word.startsWith("gnu"))
        ? ["glibc"]
        : undefined;
    lock.packages[place] = {
      version,
      cpu: [processor],
      ...(owner.dev ? { dev: true } : {}),
      ...(system === "linux" && libc ? { libc } : {}),
      optional: true,
      os: [system],
    };
    added.push(place);
  }
}

if (process.argv.includes("--check")) {
  if (added.length > 0) {
    console.error(
      `package-lock.json lacks ${added.length} optional packages of other platforms, such as ${added[0]}: run npx tsx tools/complete-lockfile.ts`,
    );
    process.exitCode = 1;
  }
} else {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${added.length} packages of other platforms`);
}
