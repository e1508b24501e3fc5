import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32 } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { NpzFile, readNpy, readSafetensors, readTorch } from "../src/index.js";
import { bytesOf, localHeader, npyHeader, zip64End } from "./craft.js";
import { referenceFile } from "./files.js";

const folder = mkdtempSync(join(tmpdir(), "latentflow-sources-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("sources", () => {
  it("bytes, a buffer, a Blob, a response, a path and a URL give the same values", async () => {
    for (const name of ["training.zip.pt", "training.legacy.pt"]) {
      const bytes = referenceFile(name);
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const expected = await readTorch(bytes);
      const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
      for (const source of [buffer, new Blob([buffer]), new Response(buffer), path, pathToFileURL(path)]) {
        expect(await readTorch(source)).toEqual(expected);
      }
    }
  });

  it("every reader takes a Blob", async () => {
    const blob = (name: string) => new Blob([referenceFile(name) as Uint8Array<ArrayBuffer>]);
    expect((await readSafetensors(blob("types.safetensors"))).tensors.size).toBe(13);
    expect((await readNpy(blob("c.npy"))).shape).toEqual([4, 3]);
    expect((await NpzFile.open(blob("stored.npz"))).names).toEqual(["images", "labels"]);
  });

  it("an error page is not a checkpoint; an address is not a path", async () => {
    await expect(readTorch(new Response("no", { status: 404 }))).rejects.toThrow(/HTTP status 404/);
    await expect(readTorch("https://example.com/a.pt")).rejects.toThrow(/await fetch/);
  });
});

describe("zip64", () => {
  const header = npyHeader("(2, 3)");
  const name = "images.npy";

  it("sizes and offsets come from the 64-bit records", async () => {
    const member = bytesOf(header, new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
    const local = localHeader(name);
    const npz = await NpzFile.open(bytesOf(local, member, zip64End(name, member.length, local.length, crc32(member))));
    expect([...((await npz.read("images")).data as Float32Array)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("a member of 12 GB is read in slices, from a file with a hole", async () => {
    const images = 1_036_800;
    const head = npyHeader(`(${images}, 64, 64, 3)`, "|u1");
    const local = localHeader(name);
    const size = head.length + images * 64 * 64 * 3;
    const path = join(folder, "large.npz");
    const file = openSync(path, "w");
    writeSync(file, bytesOf(local, head));
    const lastRow = local.length + size - 64 * 64 * 3;
    writeSync(file, Uint8Array.of(7, 8, 9), 0, 3, lastRow);
    writeSync(file, zip64End(name, size, local.length), 0, null, local.length + size);
    closeSync(file);
    const npz = await NpzFile.open(path);
    expect((await npz.header("images")).shape).toEqual([images, 64, 64, 3]);
    for await (const { start, tensor } of npz.slices("images", { start: images - 3, rows: 2 })) {
      expect(tensor.shape).toEqual(start === images - 3 ? [2, 64, 64, 3] : [1, 64, 64, 3]);
      expect([...tensor.data.slice(0, 3)]).toEqual(start === images - 1 ? [7, 8, 9] : [0, 0, 0]);
    }
    await npz.close();
  });
});
