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
      let distance = 0;
      // Leaving early once the farthest kept neighbour is beaten saves most of the work in high dimensions.
      for (let c = 0; c < d && distance < nearest[neighbours - 1]!; c++) distance += (test[i * d + c]! - train[j * d + c]!) ** 2;
      insert(nearest, nearestLabel, distance, labels[j]!);
    }
    const votes = new Uint32Array(classes);
    for (let m = 0; m < neighbours; m++) votes[nearestLabel[m]!]!++;
    return votes.indexOf(votes.reduce((a, b) => Math.max(a, b)));
  });
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
