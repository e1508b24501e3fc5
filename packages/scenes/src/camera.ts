import { CAMERA_DISTANCE, CAMERAS, type Vec3, VIEW_HALF_WIDTH } from "./look.js";

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

const cameras: readonly Camera[] = CAMERAS.map(({ sine, target }) => {
  const cosine = Math.sqrt(1 - sine * sine);
  return {
    position: [target[0], target[1] + CAMERA_DISTANCE * sine, target[2] + CAMERA_DISTANCE * cosine],
    right: [1, 0, 0],
    up: [0, cosine, -sine],
    forward: [0, -sine, -cosine],
    focal: CAMERA_DISTANCE / VIEW_HALF_WIDTH,
  };
});

/** The camera of a `camera_height` class. */
export function cameraOf(height: number): Camera {
  return cameras[height] as Camera;
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
