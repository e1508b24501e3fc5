import { type Attribute, argmax } from "@latentflow/core";
import type { Edit } from "../config/edits.js";
import { NoResult } from "../store/no-result.js";

/** Codes with what the regressor says about them. */
export class LabelledCodes {
  /** Predicted classes, [rows, attributes]. */
  readonly labels: Int32Array;

  constructor(
    private readonly data: Float32Array,
    readonly latentDim: number,
    /** [rows, sum of classes] */
    private readonly logits: Float32Array,
    private readonly attributes: readonly Attribute[],
  ) {
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
    return this.data.length / this.latentDim;
  }

  /** The codes themselves, as other packages take them. */
  get codes() {
    return { data: this.data, shape: [this.rows, this.latentDim] as const };
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

  /** Mean of the codes of the listed rows, [latentDim]; NaN of none. */
  mean(rows: readonly number[]): Float64Array {
    const { data } = this.select(rows);
    return Float64Array.from({ length: this.latentDim }, (_, k) => {
      return rows.reduce((sum, _row, i) => sum + data[i * this.latentDim + k]!, 0) / rows.length;
    });
  }

  /** Codes of the listed rows. */
  select(rows: readonly number[]) {
    const data = new Float32Array(rows.length * this.latentDim);
    rows.forEach((row, i) => {
      data.set(this.data.subarray(row * this.latentDim, (row + 1) * this.latentDim), i * this.latentDim);
    });
    return { data, shape: [rows.length, this.latentDim] as const };
  }

  /** The same without the listed rows. */
  without(rows: ReadonlySet<number>): LabelledCodes {
    const left = Array.from({ length: this.rows }, (_, row) => row).filter((row) => !rows.has(row));
    const logits = new Float32Array(left.length * this.width);
    left.forEach((row, i) => {
      logits.set(this.logits.subarray(row * this.width, (row + 1) * this.width), i * this.width);
    });
    return new LabelledCodes(this.select(left).data, this.latentDim, logits, this.attributes);
  }

  private get width(): number {
    return this.attributes.reduce((sum, { classes }) => sum + classes, 0);
  }
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
