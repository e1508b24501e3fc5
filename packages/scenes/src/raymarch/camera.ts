import type { Vec3 } from "./vector.js";

/** A pinhole camera. A point of the picture at (u, v) in [−1, 1]² is seen along `u·right + v·up + focal·forward`. */
export interface Camera {
  readonly position: Vec3;
  readonly right: Vec3;
  readonly up: Vec3;
  readonly forward: Vec3;
  readonly focal: number;
}

/** Half-open rectangle of pixels. */
export interface ScreenBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A camera that looks down on `target` at an angle of this sine from `distance`; the picture is `2 · halfWidth` wide at the target. */
function cameraAbove(view: { sine: number; target: Vec3 }, distance: number, halfWidth: number): Camera {
  const { sine, target } = view;
  const cosine = Math.sqrt(1 - sine * sine);
  return {
    position: [target[0], target[1] + distance * sine, target[2] + distance * cosine],
    right: [1, 0, 0],
    up: [0, cosine, -sine],
    forward: [0, -sine, -cosine],
    focal: distance / halfWidth,
  };
}

/** {@link cameraAbove} for every view. */
// @__NO_SIDE_EFFECTS__
export function camerasAbove(
  views: readonly { sine: number; target: Vec3 }[],
  distance: number,
  halfWidth: number,
): readonly Camera[] {
  return views.map((view) => cameraAbove(view, distance, halfWidth));
}

/** The ray through the point (u, v) of the picture, as a unit vector, written to `ray`. */
export function writeRay(ray: Float64Array, camera: Camera, u: number, v: number): void {
  const dx = u * camera.right[0] + v * camera.up[0] + camera.focal * camera.forward[0];
  const dy = u * camera.right[1] + v * camera.up[1] + camera.focal * camera.forward[1];
  const dz = u * camera.right[2] + v * camera.up[2] + camera.focal * camera.forward[2];
  const scale = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz);
  ray[0] = dx * scale;
  ray[1] = dy * scale;
  ray[2] = dz * scale;
}

/** A rectangle of pixels that holds the picture of a sphere; at least as large, never smaller. */
export function screenBoxOfSphere(camera: Camera, centre: Vec3, radius: number, size: number): ScreenBox {
  const x = centre[0] - camera.position[0];
  const y = centre[1] - camera.position[1];
  const z = centre[2] - camera.position[2];
  const depth = x * camera.forward[0] + y * camera.forward[1] + z * camera.forward[2];
  const u = (x * camera.right[0] + y * camera.right[1] + z * camera.right[2]) / depth;
  const v = (x * camera.up[0] + y * camera.up[1] + z * camera.up[2]) / depth;
  // The tangent cone of the sphere, widened for points off the axis.
  const reach = (radius * Math.sqrt(1 + u * u + v * v)) / Math.sqrt(depth * depth - radius * radius);
  const toPixels = (value: number): number => ((value * camera.focal + 1) / 2) * size;
  return {
    left: Math.floor(toPixels(u - reach)) - 1,
    right: Math.ceil(toPixels(u + reach)) + 1,
    top: Math.floor(toPixels(-v - reach)) - 1,
    bottom: Math.ceil(toPixels(-v + reach)) + 1,
  };
}

/** Smallest rectangle around all of them, cut to the picture. */
export function unionOfBoxes(boxes: readonly ScreenBox[], size: number): ScreenBox {
  const clip = (value: number): number => Math.max(0, Math.min(size, value));
  return {
    left: clip(Math.min(...boxes.map((box) => box.left))),
    right: clip(Math.max(...boxes.map((box) => box.right))),
    top: clip(Math.min(...boxes.map((box) => box.top))),
    bottom: clip(Math.max(...boxes.map((box) => box.bottom))),
  };
}
