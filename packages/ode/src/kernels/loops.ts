/** The two loops of a solver over `size` floats, each array given by its place: a view, or an address. */
export interface Loops<Place> {
  weightedSum(out: Place, weights: readonly number[], terms: readonly Place[], size: number): void;
  sumOfScaledSquares(
    weights: readonly number[],
    terms: readonly Place[],
    a: Place,
    b: Place,
    atol: number,
    rtol: number,
    size: number,
  ): number;
}
