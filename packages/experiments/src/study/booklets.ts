import type { SeededRandom } from "@latentflow/core";
import type { Sighting, Triple } from "./study.js";

export interface BookletOptions {
  /** Booklets: one a person. */
  readonly people: number;
  /** Triples in each; fewer where there are fewer. */
  readonly count: number;
  readonly random: SeededRandom;
}

/**
 * Who sees what, on which side. Every booklet has as many triples of each attribute as of any other, give or take one, those that were seen least so far. In each
 * booklet, and in it among the triples of each attribute, the first method stands on the left as often as on the right, give or take one; which ones are
 * turned round evens out each triple's own sides over the booklets. The order is random.
 */
export function bookletsOf(triples: readonly Triple[], { people, count, random }: BookletOptions): Sighting[][] {
  const seen = new Int32Array(triples.length);
  /** How much more often the first method stood on the left than on the right. */
  const lefts = new Int32Array(triples.length);
  return Array.from({ length: people }, () => {
    const chosen = choose(triples, seen, Math.min(count, triples.length), random);
    for (const triple of chosen) seen[triple]!++;
    const isFirstLeft = sides(triples, chosen, lefts, random);
    const sightings = chosen.map((triple): Sighting => {
      const first = isFirstLeft.get(triple)!;
      lefts[triple]! += first ? 1 : -1;
      return { triple, left: triples[triple]!.by[0] === (first ? 0 : 1) ? 0 : 1 };
    });
    return random.shuffle(sightings);
  });
}

/** As many of each attribute, those that were seen least. */
function choose(triples: readonly Triple[], seen: Int32Array, count: number, random: SeededRandom): number[] {
  const least = (places: readonly number[]) => random.shuffle([...places]).sort((a, b) => seen[a]! - seen[b]!);
  const left = [...byAttribute(triples, triples.keys())].map((places) => least(places));
  // Attributes whose triples were seen least come first, so that what is left over goes round, too.
  const sum = (places: readonly number[]) => places.reduce((all, place) => all + seen[place]!, 0) / places.length;
  const means = new Map(left.map((places) => [places, sum(places)]));
  const queues = random.shuffle(left).sort((a, b) => means.get(a)! - means.get(b)!);
  const chosen: number[] = [];
  while (chosen.length < count) {
    for (const queue of queues) if (queue.length > 0 && chosen.length < count) chosen.push(queue.shift()!);
  }
  return chosen;
}

/** Whether the first method stands on the left, of each chosen triple. */
function sides(
  triples: readonly Triple[],
  chosen: readonly number[],
  lefts: Int32Array,
  random: SeededRandom,
): Map<number, boolean> {
  const sided = new Map<number, boolean>();
  let balance = 0;
  for (const places of byAttribute(triples, chosen)) {
    const mostLeft = random.shuffle([...places]).sort((a, b) => lefts[b]! - lefts[a]!);
    const half = Math.floor(mostLeft.length / 2);
    mostLeft.forEach((triple, i) => {
      const isOdd = mostLeft.length % 2 === 1 && i === half;
      sided.set(triple, isOdd ? evens(balance, lefts[triple]!, random) : i > half || (i === half && !isOdd));
      balance += sided.get(triple)! ? 1 : -1;
    });
  }
  return sided;
}

/** Whether left evens out what stood there so far: in the booklet, else over all of them, else as chance has it. */
function evens(inBooklet: number, overall: number, random: SeededRandom): boolean {
  const surplus = inBooklet || overall;
  return surplus === 0 ? random.integer(0, 1) === 0 : surplus < 0;
}

function byAttribute(triples: readonly Triple[], places: Iterable<number>): number[][] {
  const groups = new Map<string, number[]>();
  for (const place of places) {
    const { attribute } = triples[place]!;
    groups.set(attribute, [...(groups.get(attribute) ?? []), place]);
  }
  return [...groups.values()];
}
