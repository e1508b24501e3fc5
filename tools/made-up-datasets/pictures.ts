import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import sharp from "sharp";

/** Writes a plain picture whose colour tells its number: [n % 200 + 20, 60, 120]; the file's ending says in which format. */
export async function writePicture(file: string, n: number, width: number, height: number): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const background = { r: (n % 200) + 20, g: 60, b: 120 };
  await sharp({ create: { width, height, channels: 3, background } })
    .jpeg({ quality: 95, force: false })
    .toFile(file);
}
