import { type Attribute, argmax } from "@latentflow/core";
import type { RowRange } from "@latentflow/latent-edit";
import type { Edit } from "../config/edits.js";
import { NoResult } from "../store/no-result.js";

/** Codes row by row, as other packages take them: [n, latentDim], or of W+ [n, rowCount, latentDim]. */
export interface CodeArray {
  readonly data: Float32Array;
  readonly shape: readonly [n: number, latentDim: number] | readonly [n: number, rowCount: number, latentDim: number];
}

/** What one code is. */
export interface CodeShape {
  /** Width of a code, of W+ codes of each of their rows. */
  readonly latentDim: number;
  /** Of W+ codes. */
  readonly rowCount?: number | undefined;
  /** Those of them that edits move, from the first up to but not including the last; default: all. */
  readonly moving?: RowRange | undefined;
}

/** Codes with what the regressor says about them. */
export class LabelledCodes {
  /** Predicted classes, [rows, attributes]. */
  readonly labels: Int32Array;
  readonly latentDim: number;
  /** Rows of a W+ code; undefined of W codes. */
  readonly rowCount: number | undefined;

  constructor(
    private readonly data: Float32Array,
    private readonly shape: CodeShape,
    /** [rows, sum of classes] */
    private readonly logits: Float32Array,
    private readonly attributes: readonly Attribute[],
  ) {
    this.latentDim = shape.latentDim;
    this.rowCount = shape.rowCount;
    this.labels = new Int32Array(this.rows * attributes.length);
    for (let i = 0; i < this.rows; i++) {
      let column = i * this.width;
      attributes.forEach(({ classes }, j) => {
        this.labels[i * attributes.length + j] = argmax(logits, column, classes);
        column += classes;
      });
    }
  }

  get rows(): number {
    return this.data.length / this.size;
  }

  /** The codes themselves. */
  get codes(): CodeArray {
    return codeArray(this.data, this.shape);
  }

  /** A point for each code, [rows, latentDim]: W codes themselves, of W+ codes the mean over the rows that edits move. */
  get points() {
    return pointsOf(this.codes, this.shape);
  }

  label(row: number, attribute: number): number {
    return this.labels[row * this.attributes.length + attribute]!;
  }

  /** Logits of one attribute, [rows, classes]. */
  logitsOf(attribute: number) {
    const { classes } = this.attributes[attribute]!;
    const before = this.attributes.slice(0, attribute).reduce((sum, other) => sum + other.classes, 0);
    const data = new Float32Array(this.rows * classes);
    for (let i = 0; i < this.rows; i++) {
      const start = i * this.width + before;
      data.set(this.logits.subarray(start, start + classes), i * classes);
    }
    return { data, shape: [this.rows, classes] as const };
  }

  /** Indices of the first codes predicted in a class. */
  startingAt(attribute: number, label: number, limit: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < this.rows && found.length < limit; i++) if (this.label(i, attribute) === label) found.push(i);
    return found;
  }

  /** Mean of the points of the listed rows, [latentDim]; NaN of none. */
  mean(rows: readonly number[]): Float64Array {
    const { data } = pointsOf(this.select(rows), this.shape);
    return Float64Array.from({ length: this.latentDim }, (_, k) => {
      return rows.reduce((sum, _row, i) => sum + data[i * this.latentDim + k]!, 0) / rows.length;
    });
  }

  /** Codes of the listed rows. */
  select(rows: readonly number[]): CodeArray {
    const data = new Float32Array(rows.length * this.size);
    rows.forEach((row, i) => {
      data.set(this.data.subarray(row * this.size, (row + 1) * this.size), i * this.size);
    });
    return codeArray(data, this.shape);
  }

  /** The same without the listed rows. */
  without(rows: ReadonlySet<number>): LabelledCodes {
    const left = Array.from({ length: this.rows }, (_, row) => row).filter((row) => !rows.has(row));
    const logits = new Float32Array(left.length * this.width);
    left.forEach((row, i) => {
      logits.set(this.logits.subarray(row * this.width, (row + 1) * this.width), i * this.width);
    });
    return new LabelledCodes(this.select(left).data, this.shape, logits, this.attributes);
  }

  /** Numbers of a code. */
  private get size(): number {
    return sizeOf(this.shape);
  }

  private get width(): number {
    return this.attributes.reduce((sum, { classes }) => sum + classes, 0);
  }
}

/** Numbers of one code. */
export function sizeOf({ latentDim, rowCount = 1 }: CodeShape): number {
  return latentDim * rowCount;
}

/** Numbers of codes with their shape. */
export function codeArray(data: Float32Array, { latentDim, rowCount }: CodeShape): CodeArray {
  const n = data.length / sizeOf({ latentDim, rowCount });
  return { data, shape: rowCount === undefined ? [n, latentDim] : [n, rowCount, latentDim] };
}

/** Codes as points [n, latentDim]: W codes as they are, of W+ codes the mean over the rows that edits move, as fits of straight lines take them. */
export function pointsOf({ data, shape }: CodeArray, { latentDim, rowCount, moving }: CodeShape) {
  const [n] = shape;
  if (rowCount === undefined) return { data, shape: [n, latentDim] as const };
  const [from, to] = moving ?? [0, rowCount];
  const means = Float32Array.from({ length: n * latentDim }, (_, i) => {
    const start = Math.floor(i / latentDim) * rowCount * latentDim + (i % latentDim);
    let sum = 0;
    for (let row = from; row < to; row++) sum += data[start + row * latentDim]!;
    return sum / (to - from);
  });
  return { data: means, shape: [n, latentDim] as const };
}

/**
 * @param setting how many codes there are, for the advice
 * @throws NoResult when fewer codes than an edit needs show the class that it begins with
 */
export function checkStarts({ name, index, from }: Edit, codes: LabelledCodes, least: number, setting: string): void {
  const { length } = codes.startingAt(index, from, least);
  if (length >= least) return;
  const text = `Of ${codes.rows} codes ${length === 0 ? "none shows" : `${length} shows`} class ${from} of ${name}, and ${least} ${least === 1 ? "is" : "are"} needed to start from: a larger ${setting} may have some, another class attributes[].from has.`;
  throw new NoResult({ why: "no starts", text });
}
