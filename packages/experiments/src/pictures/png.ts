import { encode } from "fast-png";
import { checkPicture, type Picture } from "./picture.js";

/** A picture as a PNG file. */
export function encodePng(picture: Picture): Uint8Array {
  checkPicture("encodePng", picture);
  const { width, height, data } = picture;
  return encode({ width, height, data, channels: 3, depth: 8 });
}
