/** Rows of edited pictures and of the generator's own: as many of each class here as there. */
export interface MatchedRows {
  readonly edited: number[];
  readonly own: number[];
}

/** Share of the edited pictures that may be left out because their class is too rare among the generator's own. */
const LEFT_OUT = 0.05;

/**
 * Chooses as many of the generator's own pictures as there are edited ones, with the same classes. Where it makes too few of a class, fewer are taken on
 * both sides in the same shares; a class that would cost most of them is left out, as long as it is a twentieth of the edited pictures at most.
 *
 * @param edited class of each edited picture
 * @param own class of each own picture; the first of each class are taken
 */
export function matchClasses(edited: ArrayLike<number>, own: ArrayLike<number>): MatchedRows {
  const [wanted, available] = [rowsByClass(edited), rowsByClass(own)];
  const supply = (label: number) => Math.min(1, (available.get(label)?.length ?? 0) / wanted.get(label)!.length);
  const scarcestFirst = [...wanted.keys()].sort((a, b) => supply(a) - supply(b));
  let best: { kept: number[]; share: number; pictures: number } = { kept: [], share: 0, pictures: 0 };
  let rest = edited.length;
  for (const [k, label] of scarcestFirst.entries()) {
    if (rest < (1 - LEFT_OUT) * edited.length) break;
    const share = supply(label);
    if (share * rest > best.pictures) best = { kept: scarcestFirst.slice(k), share, pictures: share * rest };
    rest -= wanted.get(label)!.length;
  }
  const matched: MatchedRows = { edited: [], own: [] };
  for (const label of best.kept.sort((a, b) => a - b)) {
    const count = Math.floor(best.share * wanted.get(label)!.length + 1e-9);
    matched.edited.push(...wanted.get(label)!.slice(0, count));
    matched.own.push(...available.get(label)!.slice(0, count));
  }
  return matched;
}

function rowsByClass(labels: ArrayLike<number>): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const of = rows.get(label);
    if (of === undefined) rows.set(label, [i]);
    else of.push(i);
  }
  return rows;
}
