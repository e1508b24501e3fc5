/** `npm run bench -- checkpoints`: how fast a file of 100 MB is read, from bytes and from disk. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpy, readSafetensors, type TensorData, writeNpy, writeSafetensors } from "@latentflow/checkpoints";
import { compare, printTable } from "../measure.js";

const MEGABYTES = 100;

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "latentflow-bench-"));
  const rows: string[][] = [];
  try {
    for (const dtype of ["float32", "float16"] as const) {
      const count = (MEGABYTES * 1e6) / (dtype === "float32" ? 4 : 2);
      const tensor: TensorData = { dtype, shape: [count], data: Float32Array.from({ length: count }, (_, i) => i % 100) };
      for (const [format, bytes, read] of [
        ["safetensors", writeSafetensors({ tensor }), readSafetensors],
        ["npy", writeNpy(tensor), readNpy],
      ] as const) {
        const path = join(folder, `${dtype}.${format}`);
        writeFileSync(path, bytes);
        const times = await compare({ bytes: () => read(bytes), path: () => read(path) }, { rounds: 5 });
        const speed = (ms: number) => ((1000 * MEGABYTES) / ms).toFixed(0);
        rows.push([`${format}, ${dtype}`, speed(times.bytes), speed(times.path)]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`files of ${MEGABYTES} MB, MB/s`);
  printTable(["", "from bytes", "from disk"], rows);
}
