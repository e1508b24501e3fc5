import type { Activation } from "../operations/operations.js";
import type { NamedTensors } from "../tensors-by-name.js";

/** A linear layer by the name of its tensors, or an activation. */
export type LayerName = Activation | { readonly linear: string };
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

/** A linear layer, and where it stands below the modules that hold the backbone. */
interface LinearPlace {
  readonly linear: string;
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
 * activation, as the paper's do.
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
  const linears = new Set<string>();
  for (const [name, { shape }] of tensors) {
    const [, linear, kind] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
    if (linear !== undefined && !isBackbone(name) && !isUnused(name) && shape.length === (kind === "weight" ? 2 : 1))
      linears.add(linear);
  }
  const stacks = new Map<string, LinearPlace[]>();
  for (const linear of linears) {
    const place = placeOf(linear, prefix);
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
  const last = trunk.at(-1);
  return { trunk: trunk.slice(0, -1), heads: last === undefined ? [] : [{ name: undefined, layers: [last] }] };
}

function placeOf(linear: string, prefix: string): LinearPlace {
  const segments = prefix.split(".").slice(0, -1);
  let shared = segments.length;
  while (shared > 0 && !linear.startsWith(`${segments.slice(0, shared).join(".")}.`)) shared--;
  const depth = shared === 0 ? 0 : segments.slice(0, shared).join(".").length + 1;
  const path = linear.slice(depth).split(".");
  const isMember = /^\d+$/.test(path[0]!);
  return { linear, depth, container: isMember ? "" : path[0]!, inside: isMember ? path : path.slice(1) };
}

/** The backbone's own number in the sequence that holds it; -1 where none does. */
function startOf(prefix: string): number {
  const number = /(^|\.)(\d+)\.(encoder\.)?$/.exec(prefix)?.[2];
  return number === undefined ? -1 : Number(number);
}

function isList(tensors: NamedTensors, places: readonly LinearPlace[]): boolean {
  const [{ container, inside }] = places as [LinearPlace];
  if (inside.length === 0 || container === "") return false;
  if (LIST.test(container) || inside.length > 1 || !/^\d+$/.test(inside[0]!)) return true;
  // Numbered layers that all read the same and don't fit one behind the other.
  const shapes = places.map(({ linear }) => tensors.get(`${linear}.weight`)?.shape ?? []);
  return shapes.length > 1 && shapes.every(([, inputs]) => inputs === shapes[0]![1]) && shapes[0]![0] !== shapes[1]![1];
}

/** Layers by their numbers; a number without a layer is an activation (or a dropout, which does nothing here). */
function sequence(places: readonly LinearPlace[], before: number, activation: Activation): LayerName[] {
  const numbered = places.map(({ linear, inside }) => ({ linear, number: Number(inside.at(-1) ?? 0) }));
  numbered.sort((a, b) => a.number - b.number);
  let last = before;
  return numbered.flatMap(({ linear, number }) => {
    const gap = number - last > 1;
    last = number;
    return gap ? [activation, { linear }] : [{ linear }];
  });
}

function headsOf(places: readonly LinearPlace[], activation: Activation): HeadNames["heads"] {
  const items = new Map<string, LinearPlace[]>();
  for (const place of places) items.set(place.inside[0]!, [...(items.get(place.inside[0]!) ?? []), place]);
  const areNumbers = [...items.keys()].every((name) => /^\d+$/.test(name));
  if (!areNumbers) return [...items].map(([name, own]) => ({ name, layers: headLayers(own, activation) }));
  const list = places[0]!.linear.slice(0, places[0]!.linear.length - places[0]!.inside.join(".").length);
  // A head of which nothing is left has its place, so that the check of shapes names it.
  const count = Math.min(Math.max(...[...items.keys()].map(Number)) + 1, places.length + MOST_LOST);
  return Array.from({ length: count }, (_, k) => {
    const own = items.get(String(k));
    return { name: undefined, layers: own ? headLayers(own, activation) : [{ linear: `${list}${k}` }] };
  });
}

/** More lost heads than this are another network. */
const MOST_LOST = 64;

function headLayers(places: readonly LinearPlace[], activation: Activation): LayerName[] {
  return places[0]!.inside.length === 1 ? [{ linear: places[0]!.linear }] : sequence(places, -1, activation);
}
