import { checkNumber } from "@latentflow/core";
import { ScenesError } from "../errors.js";
import { checkFactors, MOST_PIXELS } from "../factors.js";
import { type Camera, camerasAbove, type ScreenBox, screenBoxOfSphere, unionOfBoxes, writeRay } from "../raymarch/camera.js";
import { BOUND, highlightOf, hitDistance, SAMPLES, writeNormal, writePixel } from "../raymarch/march.js";
import { OCCLUSION_REACH, openness, SHADOW_HARDNESS, softShadow } from "../raymarch/shadow.js";
import type { Shape, ShapeDistance } from "../raymarch/shapes.js";
import type { Vec3 } from "../raymarch/vector.js";
import { SCENE_FACTORS, type SceneFactors } from "./factors.js";
import {
  AMBIENT,
  CAMERA_DISTANCE,
  CAMERAS,
  DIFFUSE,
  LIGHT,
  OBJECT_COLORS,
  OBJECT_RADII,
  SHADOW_REACH,
  SHAPES,
  SPECULAR,
  TABLE_COLOR,
  TABLE_HALF_DEPTH,
  TABLE_HALF_WIDTH,
  VIEW_HALF_WIDTH,
  WALL_COLORS,
  WALL_Z,
} from "./look.js";
import { type TableShade, tableShade } from "./shade.js";

/** Side of the data set's pictures, in pixels. */
export const SCENE_SIZE = 64;

const cameras: readonly Camera[] = camerasAbove(CAMERAS, CAMERA_DISTANCE, VIEW_HALF_WIDTH);

interface PlacedObject {
  readonly shape: ShapeDistance;
  readonly convex: boolean;
  readonly shade: TableShade;
  readonly radius: number;
  readonly x: number;
  readonly z: number;
  readonly color: Vec3;
}

/**
 * Renders one scene as 8-bit RGB, row by row from the top: `size · size · 3` bytes.
 * The same factors give the same bytes on every machine.
 *
 * @param size height and width in pixels, by default the data set's 64
 * @throws ScenesError if a factor is out of range or `size` is no integer from 1 to 16,384
 */
export function renderScene(factors: SceneFactors, size: number = SCENE_SIZE): Uint8Array {
  checkFactors("renderScene", SCENE_FACTORS, factors);
  checkNumber("renderScene", "size", size, { integer: true, min: 1, max: MOST_PIXELS }, ScenesError);
  const [color, shape, sizeClass, height, background, horizontal, vertical] = factors;
  const camera = cameras[height] as Camera;
  const object: PlacedObject = {
    shape: (SHAPES[shape] as Shape).distance,
    convex: (SHAPES[shape] as Shape).convex,
    shade: tableShade(shape),
    radius: OBJECT_RADII[sizeClass] as number,
    x: (horizontal / 39) * 2 * TABLE_HALF_WIDTH - TABLE_HALF_WIDTH,
    z: TABLE_HALF_DEPTH - (vertical / 39) * 2 * TABLE_HALF_DEPTH,
    color: OBJECT_COLORS[color] as Vec3,
  };
  const pixels = emptyScene(camera, height, background, size).slice();
  const box = influence(camera, object, size);
  const rgb = new Float64Array(3);
  for (let row = box.top; row < box.bottom; row++) {
    for (let column = box.left; column < box.right; column++) {
      rgb.fill(0);
      addSamples(rgb, camera, object, WALL_COLORS[background] as Vec3, row, column, size);
      writePixel(pixels, (row * size + column) * 3, rgb);
    }
  }
  return pixels;
}

const ray = new Float64Array(3);
const normal = new Float64Array(3);
const emptyScenes = new Map<string, Uint8Array>();

/** The table and the wall alone: nine pictures, each rendered once. */
function emptyScene(camera: Camera, height: number, background: number, size: number): Uint8Array {
  const key = `${height} ${background} ${size}`;
  let pixels = emptyScenes.get(key);
  if (!pixels) {
    pixels = new Uint8Array(size * size * 3);
    const rgb = new Float64Array(3);
    for (let pixel = 0; pixel < size * size; pixel++) {
      rgb.fill(0);
      addSamples(rgb, camera, undefined, WALL_COLORS[background] as Vec3, Math.floor(pixel / size), pixel % size, size);
      writePixel(pixels, pixel * 3, rgb);
    }
    emptyScenes.set(key, pixels);
  }
  return pixels;
}

/** Screen rectangle outside which the picture equals that of the empty scene: the object, its shadow and its occlusion. */
function influence(camera: Camera, { radius, x, z }: PlacedObject, size: number): ScreenBox {
  const boxes: ScreenBox[] = [];
  // The shadow lies within the ball swept along the light and widened by the penumbra, as far as it stays above the table.
  const steps = 6;
  for (let i = 0; i <= steps; i++) {
    const t = (i / steps) * SHADOW_REACH * radius;
    const y = radius - t * LIGHT[1];
    if (y < -2 * BOUND * radius) break;
    const reach = radius * BOUND + t / SHADOW_HARDNESS;
    boxes.push(screenBoxOfSphere(camera, [x - t * LIGHT[0], Math.max(y, 0), z - t * LIGHT[2]], reach, size));
  }
  boxes.push(screenBoxOfSphere(camera, [x, radius, z], radius * (BOUND + OCCLUSION_REACH), size));
  return unionOfBoxes(boxes, size);
}

function addSamples(
  rgb: Float64Array,
  camera: Camera,
  object: PlacedObject | undefined,
  wall: Vec3,
  row: number,
  column: number,
  size: number,
): void {
  for (let sy = 0; sy < SAMPLES; sy++) {
    for (let sx = 0; sx < SAMPLES; sx++) {
      const u = ((column + (sx + 0.5) / SAMPLES) / size) * 2 - 1;
      const v = 1 - ((row + (sy + 0.5) / SAMPLES) / size) * 2;
      writeRay(ray, camera, u, v);
      const [dx, dy, dz] = ray as unknown as Vec3;
      if (object && addObject(rgb, camera, object, dx, dy, dz)) continue;
      addRoom(rgb, camera, object, wall, dx, dy, dz);
    }
  }
}

/** Marches the ray inside the object's bounding sphere; adds its shaded colour and returns true on a hit. */
function addObject(rgb: Float64Array, camera: Camera, object: PlacedObject, dx: number, dy: number, dz: number): boolean {
  const { shape, radius } = object;
  // In units of the object's radius, its foot at the origin.
  const ox = (camera.position[0] - object.x) / radius;
  const oy = camera.position[1] / radius;
  const oz = (camera.position[2] - object.z) / radius;
  const t = hitDistance(shape, ox, oy, oz, dx, dy, dz);
  if (t < 0) return false;
  addShadedObject(rgb, object, ox + t * dx, oy + t * dy, oz + t * dz, dx, dy, dz);
  return true;
}

function addShadedObject(
  rgb: Float64Array,
  { shape, convex, color }: PlacedObject,
  x: number,
  y: number,
  z: number,
  dx: number,
  dy: number,
  dz: number,
): void {
  writeNormal(normal, shape, x, y, z);
  const [nx, ny, nz] = normal as unknown as Vec3;
  const facing = nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2];
  const lit = convex ? 1 : softShadow(shape, LIGHT, x + nx * 0.03, y + ny * 0.03, z + nz * 0.03);
  const light = AMBIENT * (0.7 + 0.3 * ny) + DIFFUSE * Math.max(facing, 0) * lit;
  const shine = SPECULAR * highlightOf(normal, LIGHT, dx, dy, dz) * lit;
  rgb[0] = (rgb[0] as number) + Math.min(1, color[0] * light + shine);
  rgb[1] = (rgb[1] as number) + Math.min(1, color[1] * light + shine);
  rgb[2] = (rgb[2] as number) + Math.min(1, color[2] * light + shine);
}

/** Table and wall are planes, met analytically; only their shadow and occlusion ask the object's distance. */
function addRoom(
  rgb: Float64Array,
  camera: Camera,
  object: PlacedObject | undefined,
  wall: Vec3,
  dx: number,
  dy: number,
  dz: number,
): void {
  const toTable = dy < 0 ? -camera.position[1] / dy : Number.POSITIVE_INFINITY;
  const toWall = (WALL_Z - camera.position[2]) / dz;
  const onTable = toTable < toWall;
  const t = onTable ? toTable : toWall;
  const x = camera.position[0] + t * dx;
  const y = onTable ? 0 : camera.position[1] + t * dy;
  const z = onTable ? camera.position[2] + t * dz : WALL_Z;
  const facing = onTable ? LIGHT[1] : LIGHT[2] + 0.35;
  let lit = 1;
  let open = 1;
  if (object) {
    const px = (x - object.x) / object.radius;
    const pz = (z - object.z) / object.radius;
    if (onTable) {
      lit = object.shade.lit(px, pz);
      open = object.shade.open(px, pz);
    } else {
      lit = softShadow(object.shape, LIGHT, px, y / object.radius, pz);
      open = openness(object.shape, px, y / object.radius, pz);
    }
  }
  const light = (AMBIENT + DIFFUSE * facing * lit) * open;
  const color = onTable ? TABLE_COLOR : wall;
  rgb[0] = (rgb[0] as number) + Math.min(1, color[0] * light);
  rgb[1] = (rgb[1] as number) + Math.min(1, color[1] * light);
  rgb[2] = (rgb[2] as number) + Math.min(1, color[2] * light);
}
