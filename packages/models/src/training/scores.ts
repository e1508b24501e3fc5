import { argmax } from "@latentflow/core";
import type { TrainedAttribute } from "./data.js";

/** How an attribute's head does on pictures that are labelled. */
export interface HeadReport {
  readonly name: string;
  /** Share of pictures whose class was told; NaN where none is labelled. */
  readonly accuracy: number;
  /** Pictures of each class (rows) by the class that was told (columns). */
  readonly confusion: readonly (readonly number[])[];
}

/** Collects what the heads tell of batch after batch. */
export class Scores {
  private readonly confusion: number[][][];
  private readonly losses: Float64Array;
  private readonly labelled: Float64Array;

  constructor(private readonly attributes: readonly TrainedAttribute[]) {
    this.confusion = attributes.map(({ classes }) => Array.from({ length: classes }, () => Array<number>(classes).fill(0)));
    this.losses = new Float64Array(attributes.length);
    this.labelled = new Float64Array(attributes.length);
  }

  /** @param logits [n, all classes], row by row */
  add(logits: Float32Array, labels: Int32Array): void {
    const count = this.attributes.length;
    const width = this.attributes.reduce((sum, { classes }) => sum + classes, 0);
    for (let i = 0; i < labels.length / count; i++) {
      let from = i * width;
      for (const [k, { classes }] of this.attributes.entries()) {
        const label = labels[i * count + k]!;
        const own = logits.subarray(from, from + classes);
        from += classes;
        if (label < 0) continue;
        const top = argmax(own);
        this.confusion[k]![label]![top]!++;
        const sum = own.reduce((all, value) => all + Math.exp(value - own[top]!), 0);
        this.losses[k]! += Math.log(sum) + own[top]! - own[label]!;
        this.labelled[k]!++;
      }
    }
  }

  /** Mean cross entropy of all attributes that have labels, classes unweighted. */
  get loss(): number {
    return meanOf(Array.from(this.losses, (loss, k) => loss / this.labelled[k]!));
  }

  get accuracy(): number {
    return meanOf(this.reports().map(({ accuracy }) => accuracy));
  }

  reports(): HeadReport[] {
    return this.attributes.map(({ name }, k) => {
      const confusion = this.confusion[k]!;
      const right = confusion.reduce((sum, row, c) => sum + row[c]!, 0);
      return { name, accuracy: right / this.labelled[k]!, confusion };
    });
  }
}

function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
