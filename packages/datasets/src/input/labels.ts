/** Class of an attribute that nobody labelled. */
export const UNKNOWN = -1;

/** One attribute of a data set's pictures. */
export interface DatasetAttribute {
  readonly name: string;
  /** Names of its classes; a label is a position in this list, or −1 where nobody labelled it. */
  readonly classes: readonly string[];
}

/** Classes "no" and "yes". */
export const binary = (name: string): DatasetAttribute => ({ name, classes: ["no", "yes"] });

/** An attribute whose classes are called by their numbers. */
export const numbered = (name: string, count: number): DatasetAttribute => ({
  name,
  classes: Array.from({ length: count }, (_, i) => String(i)),
});

/** Labels of all pictures, row by row. */
export class LabelTable {
  private readonly table: Int16Array;

  constructor(
    readonly length: number,
    private readonly width: number,
  ) {
    this.table = new Int16Array(length * width).fill(UNKNOWN);
  }

  set(row: number, column: number, label: number): void {
    this.table[row * this.width + column] = label;
  }

  get(row: number, column: number): number {
    return this.table[row * this.width + column]!;
  }

  row(index: number, out: Int32Array = new Int32Array(this.width)): Int32Array {
    for (let i = 0; i < out.length; i++) out[i] = this.table[index * this.width + i]!;
    return out;
  }
}

/** Pictures by all combinations of factors, the last factor varying fastest: labels follow from the number of a picture. */
export class FactorGrid {
  /** Pictures from one class of each factor to its next. */
  readonly strides: readonly number[];
  readonly length: number;

  constructor(private readonly counts: readonly number[]) {
    const strides = counts.map(() => 1);
    for (let i = counts.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * counts[i + 1]!;
    this.strides = strides;
    this.length = strides[0]! * counts[0]!;
  }

  row(index: number, out: Int32Array = new Int32Array(this.counts.length)): Int32Array {
    for (let i = 0; i < out.length; i++) out[i] = Math.floor(index / this.strides[i]!) % this.counts[i]!;
    return out;
  }
}
