import { describeValue } from "@latentflow/core";
import { LatentEditError } from "../errors.js";
import { checkDirection } from "./check-direction.js";
import type { Direction } from "./direction.js";
import type { DirectionDescription, DirectionKind } from "./kind.js";
import { linearKind } from "./linear-direction.js";
import { neuralOdeKind } from "./neural-ode-kind.js";

/** Every kind of direction that this package has: a new one is a file and a line here. */
const OWN: readonly DirectionKind[] = [linearKind, neuralOdeKind];

/** Those that others brought. */
const registered: DirectionKind[] = [];

/**
 * Adds a kind of direction of one's own: `saveDirection` then writes it, `loadDirection` reads it, and checkpoints of its training tell its
 * settings apart. In each thread that meets its files.
 *
 * @returns takes it out again
 * @throws LatentEditError for a name that is taken, or an entry that is not whole
 */
export function registerDirection<D extends Direction>(entry: DirectionKind<D>): () => void {
  const { kind, save, load, describe } = (entry ?? {}) as Partial<DirectionKind<D>>;
  const isWhole = [save, load, describe].every((method) => typeof method === "function");
  if (typeof kind !== "string" || kind === "" || !isWhole) {
    throw new LatentEditError(
      `registerDirection: expected { kind, save, load, describe }, a name and three functions, got ${describeValue(entry)}.`,
    );
  }
  if (kindNamed(kind) !== undefined) {
    throw new LatentEditError(
      `registerDirection: expected a kind other than ${kindNames().join(", ")}, got ${JSON.stringify(kind)} again; give it a name of its own.`,
    );
  }
  registered.push(entry);
  return () => {
    const place = registered.indexOf(entry);
    if (place >= 0) registered.splice(place, 1);
  };
}

/** The entry of a kind; undefined for one that nobody registered. */
export function kindNamed(kind: string | undefined): DirectionKind | undefined {
  return [...OWN, ...registered].find((entry) => entry.kind === kind);
}

/** The names of all kinds, for messages. */
export function kindNames(): string[] {
  return [...OWN, ...registered].map(({ kind }) => kind);
}

/** What a direction is besides its weights: a label for people, and its settings. Of a kind that is not registered, its name is all there is. */
export function describeDirection(direction: Direction): DirectionDescription {
  checkDirection("describeDirection", direction);
  return kindNamed(direction.kind)?.describe(direction) ?? { label: direction.kind, settings: {} };
}
