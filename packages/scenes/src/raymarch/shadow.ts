import { BOUND } from "./march.js";
import type { ShapeDistance } from "./shapes.js";
import type { Vec3 } from "./vector.js";

// Lengths here are in units of the object's radius, its foot at the origin.

/** An object darkens by occlusion what is nearer to it than this. */
export const OCCLUSION_REACH = 0.7;

/** Sharpness of shadows: larger is harder. */
export const SHADOW_HARDNESS = 7;

/** 1 in full light, 0 in full shadow, between them in the penumbra: how near the ray to the light (a unit vector) passes the object. */
export function softShadow(shape: ShapeDistance, light: Vec3, x: number, y: number, z: number): number {
  const [lx, ly, lz] = light;
  // Rays that pass the bounding sphere beyond the widest penumbra see all of the light.
  const along = -(x * lx + (y - 1) * ly + z * lz);
  const cx = x + along * lx;
  const cy = y - 1 + along * ly;
  const cz = z + along * lz;
  const end = along + BOUND;
  const reach = BOUND + end / SHADOW_HARDNESS;
  if (end <= 0 || cx * cx + cy * cy + cz * cz > reach * reach) return 1;
  let lit = 1;
  let t = Math.max(0.02, along - reach);
  for (let step = 0; step < 48 && t < end; step++) {
    const distance = shape(x + t * lx, y + t * ly, z + t * lz);
    if (distance < 1e-3) return 0;
    lit = Math.min(lit, (SHADOW_HARDNESS * distance) / t);
    t += Math.max(distance * 0.8, 0.03);
  }
  return lit * lit * (3 - 2 * lit);
}

/** Darkening where the table comes close under the object; 1 from {@link OCCLUSION_REACH} radii on. */
export function openness(shape: ShapeDistance, x: number, y: number, z: number): number {
  const distance = Math.max(0, shape(x, y, z));
  if (distance >= OCCLUSION_REACH) return 1;
  const near = 1 - distance / OCCLUSION_REACH;
  return 1 - 0.45 * near * near;
}
