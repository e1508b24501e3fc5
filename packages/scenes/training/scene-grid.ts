/**
 * Draws the pictures of the README: 36 tabletop scenes, every colour with every shape; 24 studio scenes, every direction of the light.
 *
 *     npx tsx packages/scenes/training/scene-grid.ts
 */
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { renderStudio } from "../src/studio/render.js";
import { renderScene } from "../src/tabletop/render.js";
import { encodePng, tile } from "../test/reference/scenes.js";

const SIZE = 96;
const tabletop = Array.from({ length: 36 }, (_, i) => {
  const [row, column] = [Math.floor(i / 12), i % 12];
  const shape = column % 6;
  const color = (row * 2 + column + Math.floor(column / 6)) % 6;
  return renderScene(
    [color, shape, (row + column) % 2, row, (row + column) % 3, (column * 17 + row * 5) % 40, (column * 11 + row * 13) % 40],
    SIZE,
  );
});
const studio = Array.from({ length: 24 }, (_, i) => {
  const [row, column] = [Math.floor(i / 12), i % 12];
  return renderStudio(
    [
      column % 3,
      (column * 3 + row * 2 + 1) % 8,
      (column * 2 + row) % 5,
      (column + row) % 4,
      (3 * row + 5 * column + 3) % 4,
      1 + ((column + 2 * row) % 3),
      (column + row * 3) % 6,
      (column + row + Math.floor(column / 4)) % 4,
      (column + 2 + Math.floor(column / 3) + row * 3) % 4,
    ],
    SIZE,
  );
});
write("scenes", tabletop);
write("studio", studio);

function write(name: string, images: Uint8Array[]): void {
  writeFileSync(new URL(`../images/${name}.png`, import.meta.url), encodePng(tile(images, 12, SIZE), 12 * SIZE, crc32));
}
