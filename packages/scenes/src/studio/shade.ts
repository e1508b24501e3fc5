import { type PlaneFunction, planeGrid } from "../raymarch/plane-grid.js";
import { softShadow } from "../raymarch/shadow.js";
import type { Shape } from "../raymarch/shapes.js";
import type { Vec3 } from "../raymarch/vector.js";
import { FOOT_HEIGHTS, LIGHTS, STUDIO_RADII, STUDIO_SHAPES, STUDIO_WALL_Z } from "./look.js";

// Lengths here are in units of the object's radius, its foot at the origin.

/** How much of the lamp's light reaches floor (x, z) and wall (x, y) past the object, 0 to 1. */
export interface StudioShade {
  readonly floor: PlaneFunction;
  readonly wall: PlaneFunction;
}

/** A shadow lies within this distance of the shadow of the object's centre. */
const SHADOW_EXTENT = 3.6;
const CELLS = 192;

const floors = new Map<number, PlaneFunction>();
const walls = new Map<number, PlaneFunction>();

/** The shade around an object; the same wherever `horizontal` puts it. */
export function studioShade(shape: number, scale: number, direction: number, vertical: number): StudioShade {
  const kind = (shape * STUDIO_RADII.length + scale) * LIGHTS.length + direction;
  return {
    floor: remembered(floors, kind * FOOT_HEIGHTS.length + vertical, () => floorShade(shape, scale, direction, vertical)),
    wall: remembered(walls, kind, () => wallShade(shape, scale, direction)),
  };
}

function remembered(known: Map<number, PlaneFunction>, key: number, make: () => PlaneFunction): PlaneFunction {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function floorShade(shape: number, scale: number, direction: number, vertical: number): PlaneFunction {
  const { distance } = STUDIO_SHAPES[shape] as Shape;
  const light = LIGHTS[direction] as Vec3;
  const floor = -(FOOT_HEIGHTS[vertical] as number) / (STUDIO_RADII[scale] as number);
  const t = (1 - floor) / light[1];
  return planeGrid((x, z) => softShadow(distance, light, x, floor, z), -t * light[0], -t * light[2], SHADOW_EXTENT, CELLS);
}

/** Only a lamp in front of the object throws its shadow on the wall. */
function wallShade(shape: number, scale: number, direction: number): PlaneFunction {
  const { distance } = STUDIO_SHAPES[shape] as Shape;
  const light = LIGHTS[direction] as Vec3;
  if (light[2] <= 0) return () => 1;
  const wall = STUDIO_WALL_Z / (STUDIO_RADII[scale] as number);
  const t = -wall / light[2];
  return planeGrid((x, y) => softShadow(distance, light, x, y, wall), -t * light[0], 1 - t * light[1], SHADOW_EXTENT, CELLS);
}
