import { type DeclaredOptions, type GivenOptions, readOptions } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import { checkSameSize, type Picture } from "./picture.js";

const GRID = {
  /** Pictures in a row. */
  columns: { min: 1, integer: true },
  /** Pixels between pictures (default 0). */
  gap: { default: 0, min: 0, integer: true },
  /** Colour of gaps and of places without a picture, RGB bytes (default white). */
  background: { default: [255, 255, 255], is: isColour, expected: "three bytes" },
} as const satisfies DeclaredOptions;

export interface GridOptions extends GivenOptions<typeof GRID> {}

function isColour(value: unknown): value is readonly [red: number, green: number, blue: number] {
  return Array.isArray(value) && value.length === 3 && value.every((x) => x >= 0 && x <= 255);
}

/** Pictures of one size in rows from the top left, as one picture. An edit strip is a grid with one column a time and one row a sample. */
export function grid(pictures: readonly Picture[], options: GridOptions): Picture {
  const { columns, gap, background } = readOptions("grid", GRID, options, ExperimentsError);
  const { width, height } = checkSameSize("grid", pictures);
  const rows = Math.ceil(pictures.length / columns);
  const whole = canvas(columns * (width + gap) - gap, rows * (height + gap) - gap, background);
  pictures.forEach((picture, i) => {
    paste(whole, picture, (i % columns) * (width + gap), Math.floor(i / columns) * (height + gap));
  });
  return whole;
}

/** A picture of one colour. */
function canvas(width: number, height: number, colour: readonly [number, number, number]): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let k = 0; k < data.length; k++) data[k] = colour[k % 3]!;
  return { width, height, data };
}

function paste(onto: Picture, picture: Picture, left: number, top: number): void {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
    onto.data.set(row, ((top + y) * onto.width + left) * 3);
  }
}
