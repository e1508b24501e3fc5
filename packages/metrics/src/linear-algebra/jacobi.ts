import { dot } from "./thin-qr.js";

/** Angles below this are rounding. */
const RIGHT_ANGLE = 1e-15;
/** Columns shorter than this share of the whole matrix are rounding: together they add nothing to a sum of singular values, and become 0. */
const NOTHING = 1e-13;
const SWEEPS = 60;

/**
 * Turns the columns of a matrix until all are orthogonal (one-sided Jacobi rotations): their lengths are then its singular values, to high relative
 * accuracy (Demmel and Veselić, 1992), and each divided by its length is a left singular vector.
 *
 * @param columns [count, length], column after column; turned in place
 */
export function orthogonalizeColumns(columns: Float64Array, length: number): void {
  const count = columns.length / length;
  const views = Array.from({ length: count }, (_, i) => columns.subarray(i * length, (i + 1) * length));
  const squares = Float64Array.from(views, (column) => dot(column, column));
  const tiny = NOTHING ** 2 * squares.reduce((a, b) => a + b, 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let turned = false;
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        if (squares[i]! <= tiny || squares[j]! <= tiny) continue;
        const a = views[i]!;
        const b = views[j]!;
        const along = dot(a, b);
        if (Math.abs(along) <= RIGHT_ANGLE * length * Math.sqrt(squares[i]! * squares[j]!)) continue;
        turned = true;
        rotate(a, b, squares[i]!, squares[j]!, along);
        squares[i] = dot(a, a);
        squares[j] = dot(b, b);
      }
    }
    if (!turned) break;
  }
  views.forEach((column, i) => {
    if (squares[i]! <= tiny) column.fill(0);
  });
}

/** The rotation of two columns after which they are orthogonal. */
function rotate(a: Float64Array, b: Float64Array, aa: number, bb: number, ab: number): void {
  const zeta = (bb - aa) / (2 * ab);
  const tangent = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = cosine * tangent;
  for (let k = 0; k < a.length; k++) {
    const x = a[k]!;
    const y = b[k]!;
    a[k] = cosine * x - sine * y;
    b[k] = sine * x + cosine * y;
  }
}
