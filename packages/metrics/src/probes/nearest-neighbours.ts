/**
 * k-nearest-neighbour vote, Euclidean, every neighbour with the same weight; a tied vote goes to the lowest class, as scikit-learn's.
 *
 * @param train [n, d] row by row, with `labels` [n]
 * @param test [m, d]
 * @returns predicted classes [m]
 */
export function predictNeighbours(
  train: Float64Array,
  labels: ArrayLike<number>,
  test: Float64Array,
  d: number,
  classes: number,
  k: number,
): Uint32Array {
  const n = labels.length;
  const neighbours = Math.min(k, n);
  const nearest = new Float64Array(neighbours);
  const nearestLabel = new Uint32Array(neighbours);
  return Uint32Array.from({ length: test.length / d }, (_, i) => {
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < n; j++) {
      insert(nearest, nearestLabel, distanceUpTo(nearest[neighbours - 1]!, test, i * d, train, j * d, d), labels[j]!);
    }
    const votes = new Uint32Array(classes);
    for (let m = 0; m < neighbours; m++) votes[nearestLabel[m]!]!++;
    return votes.indexOf(votes.reduce((a, b) => Math.max(a, b)));
  });
}

/** Numbers between two looks at whether a distance is too large already. */
const STRETCH = 32;

/** Squared distance of two rows, or part of it as soon as that reaches `limit`: a row farther than all kept neighbours needs no exact number. */
function distanceUpTo(limit: number, a: Float64Array, from: number, b: Float64Array, to: number, d: number): number {
  let distance = 0;
  for (let c = 0; c < d && distance < limit; ) {
    // Four sums at once keep the processor's pipelines full.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    const end = Math.min(d, c + STRETCH);
    for (; c + 3 < end; c += 4) {
      const d0 = a[from + c]! - b[to + c]!;
      const d1 = a[from + c + 1]! - b[to + c + 1]!;
      const d2 = a[from + c + 2]! - b[to + c + 2]!;
      const d3 = a[from + c + 3]! - b[to + c + 3]!;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; c < end; c++) s0 += (a[from + c]! - b[to + c]!) ** 2;
    distance += s0 + s1 + (s2 + s3);
  }
  return distance;
}

/** Keeps `distances` ascending with its labels beside it. */
function insert(distances: Float64Array, labels: Uint32Array, distance: number, label: number): void {
  let place = distances.length;
  while (place > 0 && distance < distances[place - 1]!) place--;
  if (place === distances.length) return;
  distances.copyWithin(place + 1, place, distances.length - 1);
  labels.copyWithin(place + 1, place, labels.length - 1);
  distances[place] = distance;
  labels[place] = label;
}
