export type Vec3 = readonly [number, number, number];

// @__NO_SIDE_EFFECTS__
export function normalize([x, y, z]: Vec3): Vec3 {
  const scale = 1 / Math.sqrt(x * x + y * y + z * z);
  return [x * scale, y * scale, z * scale];
}

/** A colour as displayed (0–1, gamma 2) in linear light: a square, since a power is not the same on every machine. */
// @__NO_SIDE_EFFECTS__
export function linear(r: number, g: number, b: number): Vec3 {
  return [r * r, g * g, b * b];
}
