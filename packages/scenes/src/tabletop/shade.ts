import { type PlaneFunction, planeGrid } from "../raymarch/plane-grid.js";
import { openness, softShadow } from "../raymarch/shadow.js";
import type { Shape } from "../raymarch/shapes.js";
import { LIGHT, SHAPES } from "./look.js";

/** How much light the table gets around an object: a function of the place alone, the same for every size and position. */
export interface TableShade {
  readonly lit: PlaneFunction;
  readonly open: PlaneFunction;
}

/** The tabulated square reaches from −EXTENT to +EXTENT; outside it the table is neither shaded nor occluded. */
const EXTENT = 4;
const CELLS = 256;

const shades: (TableShade | undefined)[] = [];

/** The table's shade for one class of `object_shape`. */
export function tableShade(shape: number): TableShade {
  const known = shades[shape];
  if (known) return known;
  const { distance } = SHAPES[shape] as Shape;
  const shade = {
    lit: planeGrid((x, z) => softShadow(distance, LIGHT, x, 0, z), 0, 0, EXTENT, CELLS),
    open: planeGrid((x, z) => openness(distance, x, 0, z), 0, 0, EXTENT, CELLS),
  };
  shades[shape] = shade;
  return shade;
}
