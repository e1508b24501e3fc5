/**
 * Signed distance of a unit-sized shape that rests on the table: it spans y in [0, 2] and stays within
 * the sphere of radius √3 around (0, 1, 0). Formulas: Quilez, "Distance functions" (3D SDFs).
 * Only +, −, ×, ÷, √, min, max and abs are used: IEEE 754 fixes those to the last bit, so pictures are equal on every machine.
 */
export type ShapeDistance = (x: number, y: number, z: number) => number;

const length2 = (a: number, b: number): number => Math.sqrt(a * a + b * b);
const length3 = (a: number, b: number, c: number): number => Math.sqrt(a * a + b * b + c * c);
const clamp = (v: number, low: number, high: number): number => Math.max(low, Math.min(high, v));

/** Slight rounding of edges: gives highlights something to catch and keeps silhouettes free of jaggies. */
const EDGE = 0.06;

/** Turned about the vertical by the angle with cosine 0.8 and sine 0.6, so that two faces of different shade are seen. */
function cube(x: number, y: number, z: number): number {
  const half = 0.78 - EDGE;
  const qx = Math.abs(0.8 * x - 0.6 * z) - half;
  const qy = Math.abs(y - 0.78) - half;
  const qz = Math.abs(0.6 * x + 0.8 * z) - half;
  const outside = length3(Math.max(qx, 0), Math.max(qy, 0), Math.max(qz, 0));
  return outside + Math.min(Math.max(qx, qy, qz), 0) - EDGE;
}

function sphere(x: number, y: number, z: number): number {
  return length3(x, y - 1, z) - 1;
}

/** Tall and slim, so that it is not taken for the cube. */
function cylinder(x: number, y: number, z: number): number {
  const dr = length2(x, z) - (0.62 - EDGE);
  const dy = Math.abs(y - 1) - (1 - EDGE);
  return length2(Math.max(dr, 0), Math.max(dy, 0)) + Math.min(Math.max(dr, dy), 0) - EDGE;
}

/** Base radius 1 at y = 0, apex at y = 2: the exact distance to the slanted side or to the base, in the half plane (r, y). */
function cone(x: number, y: number, z: number): number {
  const r = length2(x, z);
  const radius = 1 - EDGE;
  const height = 2 - 2 * EDGE;
  const h = y - EDGE;
  // Nearest point of the slanted side, which runs from (radius, 0) to (0, height).
  const t = clamp(((r - radius) * -radius + h * height) / (radius * radius + height * height), 0, 1);
  const toSide = length2(r - radius * (1 - t), h - height * t);
  const toBase = length2(Math.max(r - radius, 0), h);
  const inside = h > 0 && r * height + h * radius < radius * height;
  const distance = Math.min(toSide, toBase);
  return (inside ? -distance : distance) - EDGE;
}

/** A torus that leans back (cosine 0.8, sine 0.6), so that every camera looks through its hole. */
function ring(x: number, y: number, z: number): number {
  const h = y - RING_CENTRE;
  const up = 0.8 * h - 0.6 * z;
  const along = 0.6 * h + 0.8 * z;
  return length2(length2(x, up) - RING_RADIUS, along) - RING_TUBE;
}

const RING_RADIUS = 0.78;
const RING_TUBE = 0.25;
/** Its lowest point touches the table. */
const RING_CENTRE = 0.8 * RING_RADIUS + RING_TUBE;

/** Lies on the table, turned so that it is seen as a slanting bar. */
function capsule(x: number, y: number, z: number): number {
  const along = 0.8 * x - 0.6 * z;
  const across = 0.6 * x + 0.8 * z;
  return (
    length3(along - clamp(along, CAPSULE_RADIUS - CAPSULE_HALF, CAPSULE_HALF - CAPSULE_RADIUS), across, y - CAPSULE_RADIUS) -
    CAPSULE_RADIUS
  );
}

const CAPSULE_HALF = 1.2;
const CAPSULE_RADIUS = 0.54;

/** `convex` shapes never shade themselves. */
export interface Shape {
  readonly distance: ShapeDistance;
  readonly convex: boolean;
}

export const CUBE: Shape = { distance: cube, convex: true };
export const SPHERE: Shape = { distance: sphere, convex: true };
export const CYLINDER: Shape = { distance: cylinder, convex: true };
export const CONE: Shape = { distance: cone, convex: true };
export const RING: Shape = { distance: ring, convex: false };
export const CAPSULE: Shape = { distance: capsule, convex: true };
