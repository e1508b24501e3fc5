import type { ShapeDistance } from "./shapes.js";
import type { Vec3 } from "./vector.js";

// Lengths here are in units of the object's radius, its foot at the origin.

/** A unit shape fits the sphere of this radius around (0, 1, 0). */
export const BOUND = 1.5;

/** Rays a pixel, along each side, on a regular grid. */
export const SAMPLES = 3;

/** How far along the ray (origin o, unit direction d) the shape is met; −1 where it is missed. Marches inside the bounding sphere only. */
export function hitDistance(
  shape: ShapeDistance,
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
): number {
  const b = ox * dx + (oy - 1) * dy + oz * dz;
  const c = ox * ox + (oy - 1) * (oy - 1) + oz * oz - BOUND * BOUND;
  const discriminant = b * b - c;
  if (discriminant <= 0) return -1;
  const root = Math.sqrt(discriminant);
  let t = -b - root;
  for (let step = 0; step < 64 && t < -b + root; step++) {
    const distance = shape(ox + t * dx, oy + t * dy, oz + t * dz);
    if (distance < 1e-3) return t;
    t += distance;
  }
  return -1;
}

/** The shape's outward unit normal at a point of its surface, by central differences, written to `normal`. */
export function writeNormal(normal: Float64Array, shape: ShapeDistance, x: number, y: number, z: number): void {
  const e = 0.004;
  const nx = shape(x + e, y, z) - shape(x - e, y, z);
  const ny = shape(x, y + e, z) - shape(x, y - e, z);
  const nz = shape(x, y, z + e) - shape(x, y, z - e);
  const scale = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz + 1e-20);
  normal[0] = nx * scale;
  normal[1] = ny * scale;
  normal[2] = nz * scale;
}

/** Blinn–Phong highlight with exponent 16 (by repeated squaring), 0 to 1: normal n, unit vector `light` towards the light, unit ray d. */
export function highlightOf(normal: Float64Array, light: Vec3, dx: number, dy: number, dz: number): number {
  const [nx, ny, nz] = normal as unknown as Vec3;
  const hx = light[0] - dx;
  const hy = light[1] - dy;
  const hz = light[2] - dz;
  let highlight = Math.max(0, (nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz));
  for (let i = 0; i < 4; i++) highlight *= highlight;
  return highlight;
}

/** Writes one pixel from the sums of its samples' linear light. */
export function writePixel(pixels: Uint8Array, offset: number, sums: Float64Array): void {
  for (let channel = 0; channel < 3; channel++) {
    // Display gamma 2: a square root is exact everywhere, a power is not.
    pixels[offset + channel] = Math.floor(Math.sqrt((sums[channel] as number) / (SAMPLES * SAMPLES)) * 255 + 0.5);
  }
}
