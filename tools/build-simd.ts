/**
 * Compiles packages/models/src/kernels/assembly, AssemblyScript, into module.ts beside it: `tsx tools/build-simd.ts`. With `--check` it only says whether that file is
 * what the source gives.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../", import.meta.url));
const TARGET = `${root}packages/models/src/kernels/module.ts`;
const DATA_SECTION = 11;

const made = generated(await compile());
if (process.argv.includes("--check")) {
  if (readFileSync(TARGET, "utf8") !== made) {
    console.error(
      "build-simd: src/kernels/module.ts is not what src/kernels/assembly of packages/models gives. Run: npx tsx tools/build-simd.ts",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(TARGET, made);
  console.log(`${TARGET}: ${Math.round(made.length / 1024)} kB`);
}

async function compile(): Promise<Uint8Array> {
  const name = "module.wasm";
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      ...["assembly/index.ts", "--outFile", name, "-O3", "--converge", "--noAssert", "--enable", "simd"],
      ...["--runtime", "stub", "--use", "abort=", "--importMemory", "--noExportMemory", "--initialMemory", "0"],
    ],
    {
      readFile: (file) => {
        try {
          return readFileSync(`${root}packages/models/src/kernels/${file}`, "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (file, contents) => {
        if (file === name) wasm = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm) throw new Error(`build-simd: ${stderr.toString()}`);
  // Data of the module's own would land on top of tfjs's.
  if (sectionsOf(wasm).includes(DATA_SECTION)) throw new Error("build-simd: expected a module without data, got one with data.");
  return wasm;
}

function generated(wasm: Uint8Array): string {
  const text = Buffer.from(wasm).toString("base64");
  return [
    "/** The module that `assembly` compiles to, as base64. Made by tools/build-simd.ts. */",
    "export const SIMD_MODULE =",
    `  "${text}";`,
    "",
  ].join("\n");
}

/** Ids of a module's sections (WebAssembly specification, section 5.5). */
function sectionsOf(wasm: Uint8Array): number[] {
  const ids: number[] = [];
  let at = 8;
  while (at < wasm.length) {
    ids.push(wasm[at++]!);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++]!;
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return ids;
}
