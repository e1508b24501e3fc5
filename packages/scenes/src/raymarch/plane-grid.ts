export type PlaneFunction = (a: number, b: number) => number;

/**
 * A function of two coordinates, read by bilinear interpolation from a grid around (a0, b0) that reaches `extent` to either side;
 * 1 outside. Nodes are computed when they are first needed, so a single picture does not pay for the whole grid.
 */
export function planeGrid(value: PlaneFunction, a0: number, b0: number, extent: number, cells: number): PlaneFunction {
  const side = cells + 1;
  const grid = new Float64Array(side * side).fill(Number.NaN);
  const node = (i: number, j: number): number => {
    const at = j * side + i;
    const known = grid[at] as number;
    if (!Number.isNaN(known)) return known;
    const fresh = value(a0 + ((i / cells) * 2 * extent - extent), b0 + ((j / cells) * 2 * extent - extent));
    grid[at] = fresh;
    return fresh;
  };
  return (a, b) => {
    const ga = ((a - a0 + extent) / (2 * extent)) * cells;
    const gb = ((b - b0 + extent) / (2 * extent)) * cells;
    if (!(ga >= 0 && ga < cells && gb >= 0 && gb < cells)) return 1;
    const i = Math.floor(ga);
    const j = Math.floor(gb);
    const fa = ga - i;
    const fb = gb - j;
    const near = node(i, j) * (1 - fa) + node(i + 1, j) * fa;
    const far = node(i, j + 1) * (1 - fa) + node(i + 1, j + 1) * fa;
    return near * (1 - fb) + far * fb;
  };
}
