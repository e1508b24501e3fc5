import { describeValue } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import { checkPicture, type Picture } from "./picture.js";

/** A picture made smaller by an integer: each new pixel is the mean of `factor` · `factor` old ones; what is left over at the edges is dropped. */
export function shrink(picture: Picture, factor: number): Picture {
  checkPicture("shrink", picture);
  if (typeof factor !== "number")
    throw new ExperimentsError(`shrink: expected factor to be an integer, got ${describeValue(factor)}.`);
  const [width, height] = [Math.floor(picture.width / factor), Math.floor(picture.height / factor)];
  if (!Number.isInteger(factor) || factor < 1 || width < 1 || height < 1) {
    throw new ExperimentsError(
      `shrink: expected an integer factor that leaves a pixel, got ${factor} for ${picture.width} × ${picture.height}.`,
    );
  }
  if (factor === 1) return picture;
  const sums = new Uint32Array(width * height * 3);
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const to = (Math.floor(y / factor) * width + Math.floor(x / factor)) * 3;
      const from = (y * picture.width + x) * 3;
      for (let c = 0; c < 3; c++) sums[to + c]! += picture.data[from + c]!;
    }
  }
  const data = new Uint8Array(sums.length);
  for (let k = 0; k < data.length; k++) data[k] = Math.round(sums[k]! / (factor * factor));
  return { width, height, data };
}
