import { CONE, CUBE, type Shape, SPHERE } from "../raymarch/shapes.js";
import { linear, normalize, type Vec3 } from "../raymarch/vector.js";

// Every constant of the studio's appearance. Changing one changes the data set: the shipped networks would no longer fit it.
// x runs to the right, y up from the floor, z towards the viewer. The object stands or hovers at z = 0.

/** In the order of the factor `object_shape`. All are convex. */
export const STUDIO_SHAPES: readonly Shape[] = [CUBE, SPHERE, CONE];

/** Half the object's height, by `object_scale`: a quarter to a half of the picture's width. */
export const STUDIO_RADII = [0.53, 0.66, 0.82, 1] as const;

/** `horizontal` runs from −HALF_TRAVEL to +HALF_TRAVEL. */
export const HALF_TRAVEL = 0.8;
/** Height of the object's foot above the floor, by `vertical`: the first stands, the others hover. */
export const FOOT_HEIGHTS = [0, 0.3, 0.6, 0.9, 1.2] as const;

/** Sine of the angle at which the camera looks down, and the point it looks at, by `camera_height`. */
export const STUDIO_CAMERAS = [
  { sine: 0.16, target: [0, 1.46, 0] },
  { sine: 0.32, target: [0, 1.44, 0] },
  { sine: 0.48, target: [0, 1.42, 0] },
  { sine: 0.64, target: [0, 1.4, 0] },
] as const satisfies readonly { sine: number; target: Vec3 }[];

export const STUDIO_CAMERA_DISTANCE = 10;
/** Half the width of the picture at the point looked at. */
export const STUDIO_HALF_WIDTH = 2.15;

/** The wall stands upright behind the object. */
export const STUDIO_WALL_Z = -1.7;

export const STUDIO_OBJECT_COLORS: readonly Vec3[] = [
  linear(0.88, 0.13, 0.13),
  linear(0.98, 0.78, 0.08),
  linear(0.14, 0.66, 0.24),
  linear(0.13, 0.32, 0.93),
];

export const STUDIO_WALL_COLORS: readonly Vec3[] = [
  linear(0.9, 0.9, 0.88),
  linear(0.88, 0.52, 0.4),
  linear(0.24, 0.6, 0.6),
  linear(0.53, 0.41, 0.72),
];

export const FLOOR_COLOR: Vec3 = linear(0.8, 0.72, 0.62);

/** Strength of all light, by `lighting_intensity`. */
export const INTENSITIES = [0.55, 0.85, 1.3, 2] as const;

const COS_30 = Math.sqrt(0.75);

/** Towards the light, by `lighting_direction`: every 60° around the object, clockwise as seen from above, from the front right on. */
export const LIGHTS: readonly Vec3[] = [
  normalize([0.5, 1.15, COS_30]),
  normalize([1, 1.15, 0]),
  normalize([0.5, 1.15, -COS_30]),
  normalize([-0.5, 1.15, -COS_30]),
  normalize([-1, 1.15, 0]),
  normalize([-0.5, 1.15, COS_30]),
];

/** Light from everywhere, a little more from above. */
export const SKY = 0.4;
export const KEY = 1;
export const GLOSS = 0.3;
/** The bright pool that the lamp makes on floor and wall: its centre lies this far towards the lamp, and light falls off around it. */
export const POOL_SHIFT = 1.6;
export const POOL_FALLOFF = 0.05;
