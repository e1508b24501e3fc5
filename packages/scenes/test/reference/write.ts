/**
 * Writes the reference pictures anew. Only for a deliberate change of a benchmark's look, which makes the shipped networks stale.
 *
 *     npx tsx packages/scenes/test/reference/write.ts
 */
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { renderStudio } from "../../src/studio/render.js";
import { renderScene, SCENE_SIZE } from "../../src/tabletop/render.js";
import { encodePng, REFERENCE_COLUMNS, REFERENCE_SCENES, tile } from "./scenes.js";
import { REFERENCE_STUDIO } from "./studio.js";

write(
  "scenes.png",
  REFERENCE_SCENES.map((factors) => renderScene(factors)),
);
write(
  "studio.png",
  REFERENCE_STUDIO.map((factors) => renderStudio(factors)),
);

function write(name: string, images: Uint8Array[]): void {
  const pixels = tile(images, REFERENCE_COLUMNS, SCENE_SIZE);
  writeFileSync(new URL(`./${name}`, import.meta.url), encodePng(pixels, REFERENCE_COLUMNS * SCENE_SIZE, crc32));
}
