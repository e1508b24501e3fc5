import type { MethodId } from "../results/index.js";

/** The two questions of the paper, by their ids. */
export const QUESTIONS = ["Q1", "Q2"] as const;

export type Question = (typeof QUESTIONS)[number];

/**
 * `study.json` of a run: what a page shows and, unlike the page, which method made which picture. Built again with the same settings it is the same.
 */
export interface Study {
  readonly format: "latentflow-study";
  readonly version: 1;
  /** The two methods that are compared. */
  readonly methods: readonly [MethodId, MethodId];
  readonly seed: number;
  readonly attributes: readonly StudyAttribute[];
  /** Edits that are not asked about, and why. */
  readonly without: readonly { readonly attribute: string; readonly why: string }[];
  readonly triples: readonly Triple[];
  /** What each person sees, in their order. */
  readonly booklets: readonly (readonly Sighting[])[];
  /** Hash of all of the above: a page and its answers carry it. */
  readonly build: string;
}

export interface StudyAttribute {
  /** As `edit --attribute` calls it: an attribute's second edit has its folder's name. */
  readonly id: string;
  /** In the questions: "the better change of ATTRIBUTE towards TARGET". */
  readonly words: string;
  readonly target: string;
  /** Share of the run's starts that both methods bring to the target. */
  readonly control: number;
  /** How far each of the two methods goes for that. */
  readonly lengths: readonly [number, number];
}

/** An original and two edits of it; pictures by the hashes of their files. */
export interface Triple {
  readonly attribute: string;
  /** Held-out code of the run. */
  readonly row: number;
  readonly original: string;
  readonly edits: readonly [string, string];
  /** Place of the method that made each of the edits. */
  readonly by: readonly [0, 1] | readonly [1, 0];
}

/** A triple as one person sees it. */
export interface Sighting {
  /** Place among the triples. */
  readonly triple: number;
  /** Place of the edit that stands on the left. */
  readonly left: 0 | 1;
}

/** What the page has of a study: all but what would tell the methods apart. */
export interface StudyPage {
  readonly build: string;
  readonly title: string;
  readonly triples: readonly (Pick<Triple, "original" | "edits"> & { readonly words: string; readonly target: string })[];
  readonly booklets: Study["booklets"];
}

export function pageOf({ build, attributes, triples, booklets }: Study, title: string): StudyPage {
  const shown = triples.map(({ attribute, original, edits }) => {
    const { words, target } = attributes.find(({ id }) => id === attribute)!;
    return { words, target, original, edits };
  });
  return { build, title, triples: shown, booklets };
}

/** Name of a picture's file: it tells nothing but whether two are the same. */
export function pictureFile(hash: string): string {
  return `pictures/${hash.slice(0, 16)}.png`;
}
