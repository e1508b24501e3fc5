import { checkNumber } from "@latentflow/core";
import { ScenesError } from "../errors.js";
import { checkFactors, MOST_PIXELS } from "../factors.js";
import { type Camera, camerasAbove, type ScreenBox, screenBoxOfSphere, unionOfBoxes, writeRay } from "../raymarch/camera.js";
import { BOUND, highlightOf, hitDistance, SAMPLES, writeNormal, writePixel } from "../raymarch/march.js";
import { OCCLUSION_REACH, openness, SHADOW_HARDNESS } from "../raymarch/shadow.js";
import type { Shape, ShapeDistance } from "../raymarch/shapes.js";
import type { Vec3 } from "../raymarch/vector.js";
import { STUDIO_FACTORS, type StudioFactors } from "./factors.js";
import {
  FLOOR_COLOR,
  FOOT_HEIGHTS,
  GLOSS,
  HALF_TRAVEL,
  INTENSITIES,
  KEY,
  LIGHTS,
  POOL_FALLOFF,
  POOL_SHIFT,
  SKY,
  STUDIO_CAMERA_DISTANCE,
  STUDIO_CAMERAS,
  STUDIO_HALF_WIDTH,
  STUDIO_OBJECT_COLORS,
  STUDIO_RADII,
  STUDIO_SHAPES,
  STUDIO_WALL_COLORS,
  STUDIO_WALL_Z,
} from "./look.js";
import { type StudioShade, studioShade } from "./shade.js";

/** Side of the data set's pictures, in pixels. */
export const STUDIO_SIZE = 64;

const cameras: readonly Camera[] = camerasAbove(STUDIO_CAMERAS, STUDIO_CAMERA_DISTANCE, STUDIO_HALF_WIDTH);

interface StudioRoom {
  readonly camera: Camera;
  readonly light: Vec3;
  readonly intensity: number;
  readonly wall: Vec3;
}

interface PlacedObject {
  readonly shape: ShapeDistance;
  readonly shade: StudioShade;
  readonly radius: number;
  readonly x: number;
  /** Height of its foot. */
  readonly y: number;
  readonly color: Vec3;
}

/**
 * Renders one studio scene as 8-bit RGB, row by row from the top: `size · size · 3` bytes.
 * The same factors give the same bytes on every machine.
 *
 * @param size height and width in pixels, by default the data set's 64
 * @throws ScenesError if a factor is out of range or `size` is no integer from 1 to 16,384
 */
export function renderStudio(factors: StudioFactors, size: number = STUDIO_SIZE): Uint8Array {
  checkFactors("renderStudio", STUDIO_FACTORS, factors);
  checkNumber("renderStudio", "size", size, { integer: true, min: 1, max: MOST_PIXELS }, ScenesError);
  const [shape, horizontal, vertical, height, scale, intensity, direction, color, wall] = factors;
  const room: StudioRoom = {
    camera: cameras[height] as Camera,
    light: LIGHTS[direction] as Vec3,
    intensity: INTENSITIES[intensity] as number,
    wall: STUDIO_WALL_COLORS[wall] as Vec3,
  };
  const object: PlacedObject = {
    shape: (STUDIO_SHAPES[shape] as Shape).distance,
    shade: studioShade(shape, scale, direction, vertical),
    radius: STUDIO_RADII[scale] as number,
    x: (horizontal / 7) * 2 * HALF_TRAVEL - HALF_TRAVEL,
    y: FOOT_HEIGHTS[vertical] as number,
    color: STUDIO_OBJECT_COLORS[color] as Vec3,
  };
  const pixels = emptyRoom(room, `${height} ${intensity} ${direction} ${wall} ${size}`, size).slice();
  fill(pixels, influence(room, object, size), room, object, size);
  return pixels;
}

const emptyRooms = new Map<string, Uint8Array>();
/** Of pictures of the data set's size, all 384 empty rooms are kept (5 MB). */
const MOST_ROOMS = 384;

function emptyRoom(room: StudioRoom, key: string, size: number): Uint8Array {
  const known = emptyRooms.get(key);
  if (known) return known;
  const pixels = new Uint8Array(size * size * 3);
  fill(pixels, { left: 0, top: 0, right: size, bottom: size }, room, undefined, size);
  if (emptyRooms.size >= MOST_ROOMS) emptyRooms.clear();
  emptyRooms.set(key, pixels);
  return pixels;
}

/** Screen rectangle outside which the picture equals that of the empty room: the object, its shadows and its occlusion. */
function influence({ camera, light }: StudioRoom, { radius, x, y }: PlacedObject, size: number): ScreenBox {
  const centre: Vec3 = [x, y + radius, 0];
  const boxes = [screenBoxOfSphere(camera, centre, radius * (BOUND + OCCLUSION_REACH), size)];
  // The shadow lies within the ball swept along the light and widened by the penumbra, until it is through the floor or the wall.
  const step = radius / 2;
  for (let t = 0; ; t += step) {
    const reach = radius * BOUND + t / SHADOW_HARDNESS + step;
    const below = centre[1] - t * light[1];
    const behind = -t * light[2];
    if (below < -reach || behind < STUDIO_WALL_Z - reach) break;
    boxes.push(screenBoxOfSphere(camera, [x - t * light[0], Math.max(below, 0), Math.max(behind, STUDIO_WALL_Z)], reach, size));
  }
  return unionOfBoxes(boxes, size);
}

const rgb = new Float64Array(3);
const ray = new Float64Array(3);
const normal = new Float64Array(3);

function fill(pixels: Uint8Array, box: ScreenBox, room: StudioRoom, object: PlacedObject | undefined, size: number): void {
  for (let row = box.top; row < box.bottom; row++) {
    for (let column = box.left; column < box.right; column++) {
      rgb.fill(0);
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        const u = ((column + ((sample % SAMPLES) + 0.5) / SAMPLES) / size) * 2 - 1;
        const v = 1 - ((row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / size) * 2;
        writeRay(ray, room.camera, u, v);
        if (!object || !addObject(room, object)) addRoom(room, object);
      }
      writePixel(pixels, (row * size + column) * 3, rgb);
    }
  }
}

/** Adds the object's shaded colour along the ray and returns true on a hit. */
function addObject({ camera, light, intensity }: StudioRoom, { shape, radius, x, y, color }: PlacedObject): boolean {
  const [dx, dy, dz] = ray as unknown as Vec3;
  const ox = (camera.position[0] - x) / radius;
  const oy = (camera.position[1] - y) / radius;
  const oz = camera.position[2] / radius;
  const t = hitDistance(shape, ox, oy, oz, dx, dy, dz);
  if (t < 0) return false;
  writeNormal(normal, shape, ox + t * dx, oy + t * dy, oz + t * dz);
  const [nx, ny, nz] = normal as unknown as Vec3;
  const facing = nx * light[0] + ny * light[1] + nz * light[2];
  const matte = SKY * (0.72 + 0.28 * ny) + KEY * Math.max(facing, 0);
  const shine = facing > 0 ? GLOSS * highlightOf(normal, light, dx, dy, dz) : 0;
  addLight(color, intensity * matte, intensity * shine);
  return true;
}

/** Floor and wall are planes, met analytically. */
function addRoom({ camera, light, intensity, wall }: StudioRoom, object: PlacedObject | undefined): void {
  const [dx, dy, dz] = ray as unknown as Vec3;
  const toFloor = dy < 0 ? -camera.position[1] / dy : Number.POSITIVE_INFINITY;
  const toWall = (STUDIO_WALL_Z - camera.position[2]) / dz;
  const onFloor = toFloor < toWall;
  const t = onFloor ? toFloor : toWall;
  const x = camera.position[0] + t * dx;
  const y = onFloor ? 0 : camera.position[1] + t * dy;
  const z = onFloor ? camera.position[2] + t * dz : STUDIO_WALL_Z;
  const facing = onFloor ? light[1] : 0.42 + 0.4 * light[2];
  let lit = 1;
  let open = 1;
  if (object) {
    const px = (x - object.x) / object.radius;
    const py = (y - object.y) / object.radius;
    const pz = z / object.radius;
    lit = onFloor ? object.shade.floor(px, pz) : object.shade.wall(px, py);
    open = openness(object.shape, px, py, pz);
  }
  const fromPoolX = x - POOL_SHIFT * light[0];
  const fromPoolY = y - 1;
  const fromPoolZ = z - POOL_SHIFT * light[2];
  const pool = 1 / (1 + POOL_FALLOFF * (fromPoolX * fromPoolX + fromPoolY * fromPoolY + fromPoolZ * fromPoolZ));
  addLight(onFloor ? FLOOR_COLOR : wall, intensity * (SKY + KEY * facing * lit) * open * pool, 0);
}

/** Adds a surface's light to the pixel, bent towards white where it would be too bright (Reinhard et al. 2002, equation 4). */
function addLight(color: Vec3, matte: number, shine: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const light = (color[channel] as number) * matte + shine;
    rgb[channel] = (rgb[channel] as number) + Math.min(1, (light * (1 + light / 2.25)) / (1 + light));
  }
}
