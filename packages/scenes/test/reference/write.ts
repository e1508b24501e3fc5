/**
 * Writes the reference picture anew. Only for a deliberate change of the scenes' look, which makes the shipped networks stale.
 *
 *     npx tsx packages/scenes/test/reference/write.ts
 */
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { renderScene, SCENE_SIZE } from "../../src/render.js";
import { encodePng, REFERENCE_COLUMNS, REFERENCE_SCENES, tile } from "./scenes.js";

const pixels = tile(
  REFERENCE_SCENES.map((factors) => renderScene(factors)),
  REFERENCE_COLUMNS,
  SCENE_SIZE,
);
writeFileSync(new URL("./scenes.png", import.meta.url), encodePng(pixels, REFERENCE_COLUMNS * SCENE_SIZE, crc32));
