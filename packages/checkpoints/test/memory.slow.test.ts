import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { crc32, createDeflateRaw } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { type TensorData, writeSafetensors } from "../src/index.js";
import { bytesOf, global, int, little, npyHeader, type Part, tensor, text, torchZip } from "./craft.js";

const folder = mkdtempSync(join(tmpdir(), "latentflow-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Peak resident memory of a process that reads the file. */
function peakOf(path: string): { peak: number; rows: number } {
  const script = fileURLToPath(new URL("read-in-child.ts", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, ["--import", "tsx", script, path], { encoding: "utf8" }));
}

const MB = 1e6;
const COUNT = 6_250_000; // float32 elements of one of four tensors: 25 MB
const random = () => Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i));

describe("a file of 100 MB peaks below 2.5 times its size above an idle process", () => {
  writeFileSync(join(folder, "idle.safetensors"), writeSafetensors({}));
  const idle = peakOf(join(folder, "idle.safetensors")).peak;
  const report = (name: string) => {
    const path = join(folder, name);
    const { peak } = peakOf(path);
    const { size } = statSync(path);
    const ratio = (peak - idle) / size;
    const [mb, all, own] = [size, peak, idle].map((bytes) => (bytes / MB).toFixed(0));
    console.log(`${name}: ${mb} MB file, peak ${all} MB, ${own} of them the runtime's: ${ratio.toFixed(2)} times`);
    expect(size).toBeGreaterThan(99 * MB);
    expect(ratio).toBeLessThan(2.5);
  };

  it("PyTorch zip", () => {
    const bytes = new Uint8Array(random().buffer);
    const keys = ["0", "1", "2", "3"];
    const items: Part = keys.map((key) => [text(key), tensor(key, COUNT, [COUNT], [1]), "s"]);
    writeFileSync(join(folder, "a.pt"), torchZip(["}", items], Object.fromEntries(keys.map((key) => [key, bytes]))));
    report("a.pt");
  });

  it("PyTorch stream", () => {
    const keys = ["0", "1", "2", "3"];
    const items: Part = keys.map((key) => [text(key), tensor(key, COUNT, [COUNT], [1]), "s"]);
    const head = bytesOf(
      "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
      "\x80\x02M\xe9\x03.",
      "\x80\x02}.",
      "\x80\x02}",
      items,
      ".",
      ["\x80\x02]", keys.map((key) => [text(key), "a"]), "."],
    );
    const storage = new Uint8Array(random().buffer);
    writeFileSync(join(folder, "legacy.pt"), Buffer.concat([head, ...keys.flatMap(() => [little(COUNT, 8), storage])]));
    report("legacy.pt");
  });

  it("safetensors, float16", () => {
    const half: TensorData = { dtype: "float16", shape: [2 * COUNT], data: new Float32Array(2 * COUNT).fill(0.5) };
    writeFileSync(join(folder, "half.safetensors"), writeSafetensors({ a: half, b: half, c: half, d: half }));
    report("half.safetensors");
  });

  it("NVlabs pickle", () => {
    const storage = new Uint8Array(random().buffer);
    const id: Part = ["(", text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(COUNT), "Nt", "Q"];
    const legacy = bytesOf(
      "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
      "\x80\x02M\xe9\x03.",
      "\x80\x02}.",
      "\x80\x02",
      id,
      ".",
      ["\x80\x02]", text("0"), "a."],
    );
    const nested = Buffer.concat([
      bytesOf("B", little(legacy.length + 8 + storage.length, 4)),
      legacy,
      little(COUNT, 8),
      storage,
    ]);
    const before = bytesOf(global("torch._utils", "_rebuild_tensor_v2"), "(", global("torch.storage", "_load_from_bytes"), "(");
    const after = bytesOf("tR", int(0), "(", int(COUNT), "t(", int(1), "t\x89}tR");
    const parameters = ["0", "1", "2", "3"].map((key) =>
      Buffer.concat([bytesOf(text(key)), before, nested, after, bytesOf("s")]),
    );
    const open = bytesOf("\x80\x02}", text("G_ema"), global("torch_utils.persistence", "_reconstruct_persistent_obj"), "(", [
      "}",
      [text("class_name"), text("Generator"), "s", text("state"), "}", text("_modules"), "}s", text("_parameters"), "}"],
    ]);
    writeFileSync(join(folder, "nvlabs.pkl"), Buffer.concat([open, ...parameters, bytesOf("sstRs.")]));
    report("nvlabs.pkl");
  });
});

it("a deflated array of 0.5 GB streams through in less memory than it has", async () => {
  const rows = 40_000;
  const row = new Uint8Array(64 * 64 * 3).map((_, i) => (i * i) % 251);
  const head = npyHeader(`(${rows}, 64, 64, 3)`, "|u1");
  const deflate = createDeflateRaw({ level: 1 });
  const memberPath = join(folder, "member");
  const sink = deflate.pipe(createWriteStream(memberPath));
  deflate.write(head);
  let sum = crc32(head);
  for (let i = 0; i < rows; i++) sum = crc32(row, sum);
  for (let i = 0; i < rows; i++) if (!deflate.write(row)) await new Promise((resolve) => deflate.once("drain", resolve));
  deflate.end();
  await finished(sink);
  const compressed = statSync(memberPath).size;
  const size = head.length + rows * row.length;
  const name = "images.npy";
  const zero = (count: number): Part => new Uint8Array(count);
  const local = bytesOf("PK\x03\x04", zero(4), little(8, 2), zero(16), little(name.length, 2), zero(2), name);
  const sizes: Part = [little(compressed, 4), little(size, 4), little(name.length, 2)];
  const central = bytesOf("PK\x01\x02", zero(6), little(8, 2), zero(4), little(sum, 4), sizes, zero(16), name);
  const end = bytesOf(
    "PK\x05\x06",
    zero(4),
    little(1, 2),
    little(1, 2),
    little(central.length, 4),
    little(local.length + compressed, 4),
    zero(2),
  );
  const path = join(folder, "deflated.npz");
  const { readFileSync } = await import("node:fs");
  writeFileSync(path, Buffer.concat([local, readFileSync(memberPath), central, end]));
  const start = performance.now();
  const result = peakOf(path);
  const seconds = (performance.now() - start) / 1000;
  console.log(`deflated npz: ${(size / MB).toFixed(0)} MB in ${seconds.toFixed(1)} s, peak ${(result.peak / MB).toFixed(0)} MB`);
  expect(result.rows).toBe(rows);
  expect(result.peak).toBeLessThan(400 * MB);
});
