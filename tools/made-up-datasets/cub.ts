import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attributeNames } from "@latentflow/core";
import { writePicture } from "./pictures.js";

const KINDS = ["001.Black_footed_Albatross", "002.Laysan_Albatross", "200.Common_Yellowthroat"];

/**
 * Kinds take turns. Attribute a (from 1) of picture i (from 1) is there where (i · a) mod 5 is 0, with certainty 1 + (i + a) mod 4; a line of the hundred has two
 * fields too many, as some of the real ones. `inside`: attributes.txt where some copies have it.
 */
export async function writeCub(folder: string, { images = 9, inside = false } = {}): Promise<string> {
  const base = join(folder, "CUB_200_2011");
  mkdirSync(join(base, "attributes"), { recursive: true });
  const names = attributeNames("cub-312");
  const numbers = Array.from({ length: images }, (_, i) => i + 1);
  const file = (i: number) => {
    const kind = KINDS[(i - 1) % KINDS.length]!;
    return `${kind}/${kind.slice(4)}_${String(i).padStart(4, "0")}_${1000 + i}.jpg`;
  };
  const write = (name: string, lines: readonly string[]) => writeFileSync(join(base, name), `${lines.join("\n")}\n`);
  write(
    "images.txt",
    numbers.map((i) => `${i} ${file(i)}`),
  );
  write(
    "train_test_split.txt",
    numbers.map((i) => `${i} ${i % 2}`),
  );
  write(
    "image_class_labels.txt",
    numbers.map((i) => `${i} ${((i - 1) % KINDS.length) + 1}`),
  );
  write(
    "classes.txt",
    KINDS.map((kind, i) => `${i + 1} ${kind}`),
  );
  const rows = numbers.flatMap((i) =>
    names.map((_, k) => {
      const a = k + 1;
      const more = (312 * i + a) % 100 === 0 ? " 0.000 7" : "";
      return `${i} ${a} ${(i * a) % 5 === 0 ? 1 : 0} ${1 + ((i + a) % 4)} ${((i * a) % 97) / 8}${more}`;
    }),
  );
  write("attributes/image_attribute_labels.txt", rows);
  const list = `${names.map((name, k) => `${k + 1} ${name}`).join("\n")}\n`;
  writeFileSync(inside ? join(base, "attributes/attributes.txt") : join(folder, "attributes.txt"), list);
  for (const i of numbers) await writePicture(join(base, "images", file(i)), i, 60 + i, 50);
  return folder;
}
