/** The last time before a jump at t, seen in the direction of integration, that f can tell from t. */
export function justBefore(t: number, direction: 1 | -1, singlePrecision: boolean): number {
  return neighbour(t, -direction, singlePrecision);
}

/** The first time after a jump at t. */
export function justBeyond(t: number, direction: 1 | -1, singlePrecision: boolean): number {
  return neighbour(t, direction, singlePrecision);
}

/** The next representable number on one side, in double or single precision. */
function neighbour(t: number, side: number, singlePrecision: boolean): number {
  const resolution = singlePrecision ? 2 ** -23 : Number.EPSILON;
  const smallest = singlePrecision ? 2 ** -126 : 2 ** -1022;
  return t + side * Math.max(Math.abs(t) * resolution, smallest);
}
