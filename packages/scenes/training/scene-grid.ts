/**
 * Draws the picture of the README: 36 scenes, every colour with every shape.
 *
 *     npx tsx packages/scenes/training/scene-grid.ts
 */
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { renderScene } from "../src/tabletop/render.js";
import { encodePng, tile } from "../test/reference/scenes.js";

const SIZE = 96;
const images = Array.from({ length: 36 }, (_, i) => {
  const [row, column] = [Math.floor(i / 12), i % 12];
  const shape = column % 6;
  const color = (row * 2 + column + Math.floor(column / 6)) % 6;
  return renderScene(
    [color, shape, (row + column) % 2, row, (row + column) % 3, (column * 17 + row * 5) % 40, (column * 11 + row * 13) % 40],
    SIZE,
  );
});
writeFileSync(new URL("../images/scenes.png", import.meta.url), encodePng(tile(images, 12, SIZE), 12 * SIZE, crc32));
