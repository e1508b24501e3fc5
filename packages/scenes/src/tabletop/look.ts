import { CAPSULE, CONE, CUBE, CYLINDER, RING, type Shape, SPHERE } from "../raymarch/shapes.js";
import { linear, normalize, type Vec3 } from "../raymarch/vector.js";

// Every constant of the scene's appearance. Changing one changes the data set: the shipped networks would no longer fit it.

/** In the order of the factor `object_shape`. */
export const SHAPES: readonly Shape[] = [CUBE, SPHERE, CYLINDER, CONE, RING, CAPSULE];

export const OBJECT_COLORS: readonly Vec3[] = [
  linear(0.96, 0.96, 0.94),
  linear(0.9, 0.14, 0.12),
  linear(0.12, 0.66, 0.2),
  linear(0.14, 0.26, 0.92),
  linear(0.98, 0.82, 0.08),
  linear(0.82, 0.18, 0.78),
];

export const WALL_COLORS: readonly Vec3[] = [linear(0.16, 0.2, 0.42), linear(0.36, 0.68, 0.56), linear(0.96, 0.62, 0.5)];

export const TABLE_COLOR: Vec3 = linear(0.66, 0.64, 0.62);

/** Half the height of the object, in table units, by `object_size`. */
export const OBJECT_RADII = [0.25, 0.37] as const;

/** Positions reach from −TABLE_HALF_… to +TABLE_HALF_…; x runs to the right, z towards the viewer, y up from the table. */
export const TABLE_HALF_WIDTH = 0.79;
export const TABLE_HALF_DEPTH = 0.96;

/** The wall stands upright behind the table. */
export const WALL_Z = -1.7;

/** Sine of the angle at which the camera looks down, and the point it looks at, by `camera_height`. */
export const CAMERAS = [
  { sine: 0.4, target: [0, 0.22, -0.05] },
  { sine: 0.6, target: [0, 0.18, -0.12] },
  { sine: 0.78, target: [0, 0.14, -0.12] },
] as const satisfies readonly { sine: number; target: Vec3 }[];

/** A long lens: size stays readable at every depth. */
export const CAMERA_DISTANCE = 9;
/** Half the width of the picture at the point looked at, in table units. */
export const VIEW_HALF_WIDTH = 1.4;

/** Towards the light: from above, left and a little in front. */
export const LIGHT: Vec3 = normalize([-0.5, 0.85, 0.38]);
export const AMBIENT = 0.3;
export const DIFFUSE = 0.78;
export const SPECULAR = 0.22;
/** No shadow is longer than this, measured along the light, in units of the object's radius. */
export const SHADOW_REACH = 5;
