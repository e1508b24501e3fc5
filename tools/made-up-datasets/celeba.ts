import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePicture } from "./pictures.js";

/** Line 2 of the real `list_attr_celeba.txt`. */
const NAMES =
  "5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose Black_Hair Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby " +
  "Double_Chin Eyeglasses Goatee Gray_Hair Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard Oval_Face Pale_Skin Pointy_Nose " +
  "Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young ";

/** Attribute k of picture i is a yes where (i + 1) · (k + 3) is a multiple of three. The splits take turns: 0, 0, 1, 2. */
export async function writeCelebA(folder: string, { images = 12 } = {}): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const file = (i: number) => `${String(i + 1).padStart(6, "0")}.jpg`;
  const label = (i: number, k: number) => (((i + 1) * (k + 3)) % 3 === 0 ? " 1" : "-1");
  const rows = Array.from(
    { length: images },
    (_, i) => `${file(i)} ${Array.from({ length: 40 }, (_, k) => label(i, k)).join(" ")}\n`,
  );
  writeFileSync(join(folder, "list_attr_celeba.txt"), `${images}\n${NAMES}\n${rows.join("")}`);
  const partition = Array.from({ length: images }, (_, i) => `${file(i)} ${[0, 0, 1, 2][i % 4]}\n`);
  writeFileSync(join(folder, "list_eval_partition.txt"), partition.join(""));
  for (let i = 0; i < images; i++) await writePicture(join(folder, "img_align_celeba", file(i)), i, 178, 218);
  return folder;
}
