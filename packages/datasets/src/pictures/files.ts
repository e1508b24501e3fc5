import { decodePicture } from "./decode.js";
import type { Pictures } from "./pictures.js";

/** Pictures of which each is a file. */
export function pictureFiles(path: (index: number) => string, size?: readonly [width: number, height: number]): Pictures {
  return {
    read: (index, resize) => decodePicture(path(index), resize),
    path,
    ...(size && { size }),
    async close() {},
  };
}
