import { describeValue } from "@latentflow/core";
import { ScenesError } from "./errors.js";
import { countScenes, factorsOfIndex, indexOfFactors, type SceneFactor } from "./factors.js";
import { STUDIO_FACTORS, type StudioFactors } from "./studio/factors.js";
import { renderStudio, STUDIO_SIZE } from "./studio/render.js";
import { SCENE_FACTORS, type SceneFactors } from "./tabletop/factors.js";
import { renderScene, SCENE_SIZE } from "./tabletop/render.js";

/** All scenes of a benchmark, by index. Nothing is stored: pictures are rendered when they are asked for. */
export interface ScenesDataset<Factors extends readonly number[] = readonly number[]> {
  readonly name: SceneSetName;
  /** Number of scenes. */
  readonly length: number;
  /** Height and width of a picture, in pixels. */
  readonly size: number;
  /** The factors, with their numbers of classes; the last one varies fastest with the index. */
  readonly attributes: readonly SceneFactor[];
  factors(index: number): Factors;
  index(factors: Factors): number;
  /** 8-bit RGB, `size · size · 3` bytes. */
  image(index: number): Uint8Array;
  /** Pictures one after the other: [n, size, size, 3]. For many, `renderScenes` of `@latentflow/scenes/node` uses all cores. */
  images(indices: ArrayLike<number>): Uint8Array;
  /** Classes of each factor: [n, factors]. */
  labels(indices: ArrayLike<number>): Uint8Array;
}

/** A benchmark is one entry here; marked as pure, so that a program that renders one of them is not given the other. */
const SETS = {
  tabletop: /* @__PURE__ */ set<SceneFactors>("tabletop", SCENE_FACTORS, SCENE_SIZE, renderScene),
  studio: /* @__PURE__ */ set<StudioFactors>("studio", STUDIO_FACTORS, STUDIO_SIZE, renderStudio),
};

/** `"tabletop"`: small objects on a table, MPI3D's factors. `"studio"`: one large object in a photographer's studio, Isaac3D's. */
export type SceneSetName = "tabletop" | "studio";

export const SCENE_SETS = /* @__PURE__ */ Object.keys(SETS) as readonly SceneSetName[];

/**
 * A benchmark as a data set: 1,036,800 tabletop or 737,280 studio scenes of 64 px, labelled.
 * Its methods throw {@link ScenesError} for an index or a factor out of range.
 *
 * @throws ScenesError if there is no benchmark of that name
 */
export function scenesDataset(name?: "tabletop"): ScenesDataset<SceneFactors>;
export function scenesDataset(name: "studio"): ScenesDataset<StudioFactors>;
export function scenesDataset(name: SceneSetName): ScenesDataset;
export function scenesDataset(name: SceneSetName = "tabletop"): ScenesDataset {
  if (typeof name !== "string" || !Object.hasOwn(SETS, name)) {
    throw new ScenesError(`scenesDataset: expected one of ${SCENE_SETS.join(", ")}, got ${describeValue(name)}`);
  }
  return SETS[name] as unknown as ScenesDataset;
}

function set<Factors extends readonly number[]>(
  name: SceneSetName,
  table: readonly SceneFactor[],
  size: number,
  render: (factors: Factors) => Uint8Array,
): ScenesDataset<Factors> {
  const factors = (index: number): Factors => factorsOfIndex(`${name}.factors`, table, index) as readonly number[] as Factors;
  const image = (index: number): Uint8Array => render(factors(index));
  return {
    name,
    length: countScenes(table),
    size,
    attributes: table,
    factors,
    index: (some) => indexOfFactors(`${name}.index`, table, some),
    image,
    images: (indices) => stack(`${name}.images`, indices, size * size * 3, image),
    labels: (indices) => stack(`${name}.labels`, indices, table.length, factors),
  };
}

function stack(
  caller: string,
  indices: ArrayLike<number>,
  length: number,
  row: (index: number) => ArrayLike<number>,
): Uint8Array {
  checkIndices(caller, indices, length);
  const result = new Uint8Array(indices.length * length);
  for (let i = 0; i < indices.length; i++) result.set(row(indices[i] as number), i * length);
  return result;
}

/** The most bytes that an array of every engine can have. */
const MOST_BYTES = 2 ** 32 - 1;

/** Throws {@link ScenesError} unless there is a list of indices, and the `bytes` of each fit into one array. Returns them. */
export function checkIndices(caller: string, indices: ArrayLike<number>, bytes = 1): ArrayLike<number> {
  const length = typeof indices === "object" && indices !== null ? indices.length : undefined;
  if (length === undefined || !Number.isSafeInteger(length) || length < 0) {
    throw new ScenesError(`${caller}: expected an array of indices, got ${describeValue(indices)}`);
  }
  if (length * bytes <= MOST_BYTES) return indices;
  const most = Math.floor(MOST_BYTES / bytes);
  throw new ScenesError(`${caller}: expected at most ${most} indices at once, got ${length}; take them in parts`);
}
