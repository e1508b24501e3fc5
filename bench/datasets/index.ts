/**
 * `npm run bench -- datasets`: reading beside what the libraries below it take. Pictures: processor time and time by the clock of our loop against a
 * bare loop over sharp with as many at once. MPI3D: a stored file with a gigabyte that is no hole, in order and at random, in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "@latentflow/core";
import { openDataset } from "@latentflow/datasets";
import sharp from "sharp";
import { writeMpi3d } from "../../tools/made-up-datasets/mpi3d.js";
import { median, printTable } from "../measure.js";

const PICTURES = 400;
const ROUNDS = 5;
const AT_ONCE = 8;
const MPI3D_BYTES = 1e9;

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "latentflow-bench-"));
  try {
    await pictures(folder);
    await mpi3d(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function pictures(folder: string): Promise<void> {
  const files: string[] = [];
  for (const [format, side] of [
    ["jpg", 256],
    ["png", 128],
  ] as const) {
    const base = join(folder, format);
    mkdirSync(base);
    files.length = 0;
    for (let i = 0; i < PICTURES; i++) {
      files.push(join(base, `${i}.${format}`));
      await sharp(scene(i, side), { raw: { width: side, height: side, channels: 3 } }).toFile(files[i]!);
    }
    writeFileSync(join(base, "labels.csv"), `file,a\n${files.map((_, i) => `${i}.${format},${i % 2}\n`).join("")}`);
    const rows = [];
    for (const [what, options, bare] of [
      ["as they are", {}, (file: string) => sharp(file).raw().toBuffer()],
      [
        "64 px, lanczos",
        { size: 64, kernel: "lanczos" },
        (file: string) => sharp(file).resize(64, 64, { kernel: "lanczos3" }).raw().toBuffer(),
      ],
      ["64 px, area (beside decoding alone)", { size: 64 }, (file: string) => sharp(file).raw().toBuffer()],
    ] as const) {
      const dataset = await openDataset("csv", base, options);
      const ours = async () => {
        let bytes = 0;
        for await (const { image } of dataset.items({ prefetch: AT_ONCE })) bytes += image.data.length;
        return bytes;
      };
      const [own, library] = [[] as Cost[], [] as Cost[]];
      for (let round = -1; round < ROUNDS; round++) {
        const costs = [await costOf(ours), await costOf(() => bareLoop(files, bare))] as const;
        if (round >= 0) for (const [i, list] of [own, library].entries()) list.push(costs[i]!);
      }
      const of = (list: Cost[], key: keyof Cost) => median(list.map((cost) => cost[key]));
      rows.push([
        what,
        (PICTURES / of(own, "seconds")).toFixed(0),
        (PICTURES / of(library, "seconds")).toFixed(0),
        (of(library, "seconds") / of(own, "seconds")).toFixed(2),
        (of(library, "processor") / of(own, "processor")).toFixed(2),
      ]);
      await dataset.close();
    }
    console.log(`${PICTURES} ${format} pictures of ${side} × ${side}`);
    printTable(["", "ours, pictures/s", "sharp alone", "share of its speed", "by processor time"], rows);
    console.log();
  }
}

/** Smooth colours with some noise, as photographs have. */
function scene(seed: number, side: number): Uint8Array {
  const random = new SeededRandom(seed);
  const [a, b, c] = [random.uniform(), random.uniform(), random.uniform()] as const;
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return 128 + 60 * Math.sin((x * a + y * b) / 7) + 40 * Math.cos((x * y * c) / side / 9) + 27 * random.uniform();
  });
}

async function bareLoop(files: readonly string[], read: (file: string) => Promise<Uint8Array>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < files.length; i = next++) await read(files[i]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

interface Cost {
  /** By the clock, and of all processors. */
  readonly seconds: number;
  readonly processor: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
}

async function mpi3d(folder: string): Promise<void> {
  const file = writeMpi3d(folder);
  const out = openSync(file, "r+");
  const block = Buffer.from(new SeededRandom(0).normals(1 << 20).buffer);
  for (let at = 4096; at < MPI3D_BYTES; at += block.length) writeSync(out, block, 0, block.length, at);
  closeSync(out);
  const rows = ["in order", "at random"].map((order) => {
    const program = fileURLToPath(new URL("./read-mpi3d.ts", import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, program, file, order, String(MPI3D_BYTES)], {
      encoding: "utf8",
    });
    if (!stdout.startsWith("{")) throw new Error(`bench: reading MPI3D failed: ${stderr}`);
    const { megabytes, seconds, processor, peak } = JSON.parse(stdout) as Record<string, number>;
    return [order, (megabytes! / seconds!).toFixed(0), (megabytes! / processor!).toFixed(0), (peak! / 1e6).toFixed(0)];
  });
  console.log("MPI3D, stored");
  printTable(["", "MB/s", "MB a second of processor", "peak memory of the process, MB"], rows);
}
