import { LIGHT, SHADOW_HARDNESS } from "./look.js";
import { SHAPES, type Shape, type ShapeDistance } from "./shapes.js";

// Lengths here are in units of the object's radius, its foot at the origin.

/** A unit shape fits the sphere of this radius around (0, 1, 0). */
export const BOUND = 1.5;
/** No shadow is longer than this, measured along the light. */
export const SHADOW_REACH = 5;
/** An object darkens by occlusion what is nearer to it than this. */
export const OCCLUSION_REACH = 0.7;

/** 1 in full light, 0 in full shadow, between them in the penumbra: how near the ray to the light passes the object. */
export function softShadow(shape: ShapeDistance, x: number, y: number, z: number): number {
  // Rays that pass the bounding sphere beyond the widest penumbra see all of the light.
  const along = -(x * LIGHT[0] + (y - 1) * LIGHT[1] + z * LIGHT[2]);
  const cx = x + along * LIGHT[0];
  const cy = y - 1 + along * LIGHT[1];
  const cz = z + along * LIGHT[2];
  const end = along + BOUND;
  const reach = BOUND + end / SHADOW_HARDNESS;
  if (end <= 0 || cx * cx + cy * cy + cz * cz > reach * reach) return 1;
  let light = 1;
  let t = Math.max(0.02, along - reach);
  for (let step = 0; step < 48 && t < end; step++) {
    const distance = shape(x + t * LIGHT[0], y + t * LIGHT[1], z + t * LIGHT[2]);
    if (distance < 1e-3) return 0;
    light = Math.min(light, (SHADOW_HARDNESS * distance) / t);
    t += Math.max(distance * 0.8, 0.03);
  }
  return light * light * (3 - 2 * light);
}

/** Darkening where the table comes close under the object; 1 from {@link OCCLUSION_REACH} radii on. */
export function openness(shape: ShapeDistance, x: number, y: number, z: number): number {
  const distance = Math.max(0, shape(x, y, z));
  if (distance >= OCCLUSION_REACH) return 1;
  const near = 1 - distance / OCCLUSION_REACH;
  return 1 - 0.45 * near * near;
}

/** How much light the table gets around an object: a function of the place alone, the same for every size and position. */
export interface TableShade {
  lit(x: number, z: number): number;
  open(x: number, z: number): number;
}

/** The tabulated square reaches from −EXTENT to +EXTENT; outside it the table is neither shaded nor occluded. */
const EXTENT = 4;
const CELLS = 256;

const shades: (TableShade | undefined)[] = [];

/** The table's shade for one class of `object_shape`: marched once into a grid, then read by bilinear interpolation. */
export function tableShade(shape: number): TableShade {
  const known = shades[shape];
  if (known) return known;
  const { distance } = SHAPES[shape] as Shape;
  const shade = {
    lit: tabulate((x, z) => softShadow(distance, x, 0, z)),
    open: tabulate((x, z) => openness(distance, x, 0, z)),
  };
  shades[shape] = shade;
  return shade;
}

function tabulate(value: (x: number, z: number) => number): (x: number, z: number) => number {
  const side = CELLS + 1;
  const grid = new Float64Array(side * side);
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++)
      grid[j * side + i] = value((i / CELLS) * 2 * EXTENT - EXTENT, (j / CELLS) * 2 * EXTENT - EXTENT);
  }
  return (x, z) => {
    const gx = ((x + EXTENT) / (2 * EXTENT)) * CELLS;
    const gz = ((z + EXTENT) / (2 * EXTENT)) * CELLS;
    if (!(gx >= 0 && gx < CELLS && gz >= 0 && gz < CELLS)) return 1;
    const i = Math.floor(gx);
    const j = Math.floor(gz);
    const fx = gx - i;
    const fz = gz - j;
    const at = j * side + i;
    const near = (grid[at] as number) * (1 - fx) + (grid[at + 1] as number) * fx;
    const far = (grid[at + side] as number) * (1 - fx) + (grid[at + side + 1] as number) * fx;
    return near * (1 - fz) + far * fz;
  };
}
