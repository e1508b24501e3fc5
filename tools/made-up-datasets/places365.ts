import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePicture } from "./pictures.js";

const CATEGORIES = 365;
const KNOWN = [
  "/a/airfield",
  "/a/alcove",
  "/a/apartment_building/outdoor",
  "/b/beach",
  "/c/canal/natural",
  "/f/forest/broadleaf",
];

/** Six names of the real list, then made-up ones, some of them nested. */
function nameOf(i: number): string {
  if (i < KNOWN.length) return KNOWN[i]!;
  return i % 5 === 0 ? `/s/scene_${i}/outdoor` : `/s/scene_${i}`;
}

/** What the hierarchy says: [indoor, outdoor natural, outdoor man-made]; /c/canal/natural is in two. */
function kindsOf(i: number): readonly [number, number, number] {
  const known = [
    [0, 0, 1],
    [1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
    [0, 1, 1],
    [0, 1, 0],
  ] as const;
  return known[i] ?? (i % 3 === 0 ? [1, 0, 0] : [0, 0, 1]);
}

/** Two pictures of each of the six known categories; `easy` is the layout with train and val and one folder a category. */
export async function writePlaces365(folder: string, { easy = false } = {}): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const all = Array.from({ length: CATEGORIES }, (_, i) => i);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("categories_places365.txt", all.map((i) => `${nameOf(i)} ${i}\n`).join(""));
  write("IO_places365.txt", all.map((i) => `${nameOf(i)} ${kindsOf(i)[0] === 1 ? 1 : 2}\n`).join(""));
  const headings = ',"Level 1",,,"Level 2"\ncategory,indoor,"outdoor, natural","outdoor, man-made","shopping and dining"\n';
  write("Scene hierarchy - Places365.csv", headings + all.map((i) => `'${nameOf(i)}',${kindsOf(i).join(",")},0\n`).join(""));
  for (const [i, name] of KNOWN.entries()) {
    const flat = name.slice(3).replaceAll("/", "-");
    for (const n of [0, 1]) {
      const root = easy ? `places365_standard/${n === 0 ? "train" : "val"}/${flat}` : `data_256_standard${name}`;
      await writePicture(join(folder, root, `0000000${n + 1}.jpg`), 10 * i + n, 256, 256);
    }
  }
  return folder;
}
