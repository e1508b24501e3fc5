import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePicture } from "./pictures.js";

/** Two attributes, "shape" (words) and "size" (numbers, some unknown), and splits. */
export async function writeCsv(folder: string, { images = 12 } = {}): Promise<string> {
  const numbers = Array.from({ length: images }, (_, i) => i);
  for (const i of numbers) await writePicture(join(folder, `pictures/${i}.png`), i, 40, 30);
  const row = (i: number) => [
    `pictures/${i}.png`,
    i % 2 ? "cube" : '"ball, red"',
    i % 4 === 3 ? "" : [10, 9, 2][i % 3],
    i % 4 === 0 ? "test" : "train",
  ];
  writeFileSync(join(folder, "labels.csv"), `file,shape,size,split\r\n${numbers.map((i) => `${row(i).join(",")}\r\n`).join("")}`);
  return folder;
}
