import type { Activation } from "../operations/operations.js";
import type { NamedTensors } from "../tensors-by-name.js";

/** A linear layer or a batch normalisation by the name of its tensors, or an activation. */
export type LayerName = Activation | NamedLayer;
export type NamedLayer = { readonly linear: string } | { readonly batchNorm: string };
type LayerNames = readonly LayerName[];

/** What follows a backbone in a state dict. */
export interface HeadNames {
  /** Layers that all heads share. */
  readonly trunk: LayerNames;
  readonly heads: readonly { readonly name: string | undefined; readonly layers: LayerNames }[];
}

/** Weights that the paper's released code saves and never uses. */
export const isUnused = (name: string) => /(^|\.)(continuous_head\..*|num_batches_tracked)$/.test(name);

/** Names of lists of heads. */
const LIST = /(heads|classifiers|outputs|branches|attributes|tasks)$/i;

/** A layer, and where it stands below the modules that hold the backbone. */
interface LayerPlace {
  readonly module: string;
  readonly layer: NamedLayer;
  /** Characters of the modules that it shares with the backbone: the more, the nearer. */
  readonly depth: number;
  /** "fc", or "" for a sequence that the backbone itself is a member of. */
  readonly container: string;
  /** What comes behind the container: ["3"], ["smile", "0"], or nothing. */
  readonly inside: readonly string[];
}

/**
 * The layers behind a backbone, by their names: `fc`, a sequence `fc.0`, `fc.2` or `backbone.2` with the activation where a number is left out, lists of
 * heads (`classification_heads.0` …, or by name, `heads.smiling`), which may be sequences themselves. A sequence in front of a list ends in an
 * activation, as the paper's do. Linear layers may have batch normalisation (BatchNorm1d) behind or before them.
 *
 * @param prefix of the backbone's names
 * @param isBackbone which names are the backbone's
 */
export function findHeads(
  tensors: NamedTensors,
  prefix: string,
  isBackbone: (name: string) => boolean,
  activation: Activation,
): HeadNames {
  const layers = new Map<string, NamedLayer>();
  for (const [name, { shape }] of tensors) {
    const [, module, kind] = /^(.*)\.(weight|bias|running_mean)$/.exec(name) ?? [];
    if (module === undefined || isBackbone(name) || isUnused(name) || shape.length !== (kind === "weight" ? 2 : 1)) continue;
    layers.set(module, isBatchNorm(tensors, module) ? { batchNorm: module } : { linear: module });
  }
  const stacks = new Map<string, LayerPlace[]>();
  for (const [module, layer] of layers) {
    const place = { ...placeOf(module, prefix), layer };
    const key = `${place.depth} ${place.container}`;
    stacks.set(key, [...(stacks.get(key) ?? []), place]);
  }
  const sorted = [...stacks.values()].sort(([a], [b]) => b!.depth - a!.depth);
  const list = sorted.find((places) => isList(tensors, places));
  const sequences = sorted.filter((places) => places !== list);
  const start = startOf(prefix);
  const trunk = sequences.flatMap((places) => {
    const layers = sequence(places, places[0]!.container === "" ? start : -1, activation);
    const isSequence = places[0]!.inside.length > 0;
    return isSequence && (list || places !== sequences.at(-1)) ? [...layers, activation] : layers;
  });
  if (list) return { trunk, heads: headsOf(list, activation) };
  const last = trunk.findLastIndex(isLinear);
  return { trunk: trunk.slice(0, Math.max(0, last)), heads: last < 0 ? [] : [{ name: undefined, layers: trunk.slice(last) }] };
}

const isLinear = (layer: LayerName) => typeof layer !== "string" && "linear" in layer;

function isBatchNorm(tensors: NamedTensors, module: string): boolean {
  return tensors.has(`${module}.running_mean`);
}

function placeOf(module: string, prefix: string): Omit<LayerPlace, "layer"> {
  const segments = prefix.split(".").slice(0, -1);
  let shared = segments.length;
  while (shared > 0 && !module.startsWith(`${segments.slice(0, shared).join(".")}.`)) shared--;
  const depth = shared === 0 ? 0 : segments.slice(0, shared).join(".").length + 1;
  const path = module.slice(depth).split(".");
  const isMember = /^\d+$/.test(path[0]!);
  return { module, depth, container: isMember ? "" : path[0]!, inside: isMember ? path : path.slice(1) };
}

/** The backbone's own number in the sequence that holds it; -1 where none does. */
function startOf(prefix: string): number {
  const number = /(^|\.)(\d+)\.(encoder\.)?$/.exec(prefix)?.[2];
  return number === undefined ? -1 : Number(number);
}

function isList(tensors: NamedTensors, places: readonly LayerPlace[]): boolean {
  const [{ container, inside }] = places as [LayerPlace];
  if (inside.length === 0 || container === "") return false;
  if (LIST.test(container) || inside.length > 1 || !/^\d+$/.test(inside[0]!)) return true;
  // Numbered layers that all read the same and don't fit one behind the other.
  const linears = places.filter(({ layer }) => isLinear(layer));
  const shapes = linears.map(({ module }) => tensors.get(`${module}.weight`)?.shape ?? []);
  return shapes.length > 1 && shapes.every(([, inputs]) => inputs === shapes[0]![1]) && shapes[0]![0] !== shapes[1]![1];
}

/**
 * Layers by their numbers; numbers without a layer are an activation (or a dropout, which does nothing here). Between two linear layers there is one
 * activation at most, at the first gap: what follows a normalisation behind it is a dropout. So is a single number behind a normalisation that comes first.
 */
function sequence(places: readonly LayerPlace[], before: number, activation: Activation): LayerName[] {
  const numbered = places.map(({ layer, inside }) => ({ layer, number: Number(inside.at(-1) ?? 0) }));
  numbered.sort((a, b) => a.number - b.number);
  let last = before;
  let [isActive, isFirst] = [false, true];
  return numbered.flatMap(({ layer, number }, i) => {
    const missing = number - last - 1;
    const isDropout = isActive || (isFirst && i > 0 && missing === 1);
    last = number;
    const gap = missing > 0 && !isDropout;
    isActive = !isLinear(layer) && (gap || isActive);
    isFirst &&= !isLinear(layer);
    return gap ? [activation, layer] : [layer];
  });
}

function headsOf(places: readonly LayerPlace[], activation: Activation): HeadNames["heads"] {
  const items = new Map<string, LayerPlace[]>();
  for (const place of places) items.set(place.inside[0]!, [...(items.get(place.inside[0]!) ?? []), place]);
  const areNumbers = [...items.keys()].every((name) => /^\d+$/.test(name));
  if (!areNumbers) return [...items].map(([name, own]) => ({ name, layers: headLayers(own, activation) }));
  const list = places[0]!.module.slice(0, places[0]!.module.length - places[0]!.inside.join(".").length);
  // A head of which nothing is left has its place, so that the check of shapes names it.
  const count = Math.min(Math.max(...[...items.keys()].map(Number)) + 1, places.length + MOST_LOST);
  return Array.from({ length: count }, (_, k) => {
    const own = items.get(String(k));
    return { name: undefined, layers: own ? headLayers(own, activation) : [{ linear: `${list}${k}` }] };
  });
}

/** More lost heads than this are another network. */
const MOST_LOST = 64;

function headLayers(places: readonly LayerPlace[], activation: Activation): LayerName[] {
  return places[0]!.inside.length === 1 ? [places[0]!.layer] : sequence(places, -1, activation);
}
