import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { argmax } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import type { LoadedModel } from "@latentflow/engine";
import { dispose, slice, tidy } from "@tensorflow/tfjs-core";

/** Labelled codes of a seed; their logits are kept in a file. */
export class Codes {
  private constructor(
    private readonly model: LoadedModel,
    private readonly data: Float32Array,
    private readonly logits: Float32Array,
  ) {}

  static async make(model: LoadedModel, count: number, seed: number, file: string): Promise<Codes> {
    const codes = await model.sample(count, { seed });
    const data = Float32Array.from(await codes.data<"float32">());
    if (existsSync(file)) {
      codes.dispose();
      return new Codes(model, data, new Float32Array((await readFile(file)).buffer.slice(0)));
    }
    const width = model.attributes.reduce((sum, { classes }) => sum + classes, 0);
    const logits = new Float32Array(count * width);
    const batch = 50;
    for (let start = 0; start < count; start += batch) {
      const part = tidy(() => slice(codes, start, Math.min(batch, count - start)));
      const answers = await model.logits(part);
      const values = await Promise.all(answers.map((answer) => answer.data<"float32">()));
      let before = 0;
      values.forEach((answer, j) => {
        const { classes } = model.attributes[j]!;
        for (let i = 0; i < answer.length / classes; i++)
          logits.set(answer.subarray(i * classes, (i + 1) * classes), (start + i) * width + before);
        before += classes;
      });
      dispose([part, ...answers]);
    }
    codes.dispose();
    await writeFileAtomic(file, new Uint8Array(logits.buffer));
    return new Codes(model, data, logits);
  }

  get rows(): number {
    return this.data.length / this.model.latentDim;
  }

  get matrix() {
    return { data: this.data, shape: [this.rows, this.model.latentDim] as const };
  }

  /** Predicted classes, [rows, attributes]. */
  get labels() {
    const { attributes } = this.model;
    const columns = attributes.map((_, j) => this.classesOf(j));
    const data = Int32Array.from(
      { length: this.rows * attributes.length },
      (_, i) => columns[i % attributes.length]![Math.floor(i / attributes.length)]!,
    );
    return { data, shape: [this.rows, attributes.length] as const };
  }

  logitsOf(attribute: number) {
    const sizes = this.model.attributes.map(({ classes }) => classes);
    const width = sizes.reduce((a, b) => a + b, 0);
    const before = sizes.slice(0, attribute).reduce((a, b) => a + b, 0);
    const classes = sizes[attribute]!;
    const data = Float32Array.from(
      { length: this.rows * classes },
      (_, i) => this.logits[Math.floor(i / classes) * width + before + (i % classes)]!,
    );
    return { data, shape: [this.rows, classes] as const };
  }

  /** The first codes of a class. */
  startingAt(attribute: number, label: number, limit: number) {
    const classes = this.classesOf(attribute);
    const rows = [...classes.keys()].filter((row) => classes[row] === label).slice(0, limit);
    const d = this.model.latentDim;
    const data = Float32Array.from(rows.flatMap((row) => Array.from(this.data.subarray(row * d, (row + 1) * d))));
    return { data, shape: [rows.length, d] as const };
  }

  private classesOf(attribute: number): Int32Array {
    const { data, shape } = this.logitsOf(attribute);
    return Int32Array.from({ length: shape[0] }, (_, i) => argmax(data, i * shape[1], shape[1]));
  }
}
