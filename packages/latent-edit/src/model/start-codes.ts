import { type AttributeModel, argmax, checkNumber, type MatrixLike, nextMacrotask, throwIfAborted } from "@latentflow/core";
import { reshape, type Tensor, type Tensor2D, tensor2d, tidy, tile } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { type Codes, type CodeTable, readCodes } from "../input/codes.js";
import { readMatrix } from "../input/matrix.js";
import { rowOf } from "../linear-algebra/rows.js";
import { owning } from "../tensors/owning.js";
import { CodeDensity } from "./code-density.js";
import { hashOfNumbers } from "./hash.js";

const LABELLING_BATCH = 32;

/** Codes, the logits of those seen so far, and which of them may start an edit. */
export class StartCodes {
  /** Logits of all attributes side by side, one row a code; made when first needed. */
  private readonly cache = new Map<number, Float32Array>();

  private constructor(
    private readonly model: AttributeModel,
    private readonly table: CodeTable,
    /** Rows that W codes are repeated to; undefined where they stay as they are. */
    private readonly repeated: number | undefined,
    /** Class of the edited attribute of each code. */
    private readonly labels: Int32Array,
    private readonly attributeName: string,
  ) {}

  /** @param asRows W codes are to be W+ codes of equal rows */
  static async create(
    caller: string,
    model: AttributeModel,
    codes: Codes,
    labels: MatrixLike | undefined,
    { attribute, asRows }: { attribute: { index: number; name: string }; asRows: boolean },
    signal: AbortSignal | undefined,
  ): Promise<StartCodes> {
    const table = await readCodes(caller, codes, model.latentDim);
    const { rowCount } = table;
    const count = table.codes.rows;
    checkRowCount(caller, model, rowCount, asRows);
    const classes = new Int32Array(count);
    const repeated = asRows && rowCount === undefined ? model.rowCount : undefined;
    const starts = new StartCodes(model, table, repeated, classes, attribute.name);
    if (labels === undefined) {
      for (let start = 0; start < count; start += LABELLING_BATCH) {
        throwIfAborted(caller, signal);
        await nextMacrotask();
        const rows = Array.from({ length: Math.min(LABELLING_BATCH, count - start) }, (_, i) => start + i);
        await starts.fill(rows, "the labelling of the codes");
        for (const row of rows) classes[row] = argmax(starts.logitsOf(row, attribute.index));
      }
      return starts;
    }
    const given = await readMatrix(caller, "labels", labels);
    if (given.rows !== count || given.columns !== model.attributes.length) {
      throw new LatentEditError(
        `${caller}: expected labels [${count}, ${model.attributes.length}], one row a code, got [${given.rows}, ${given.columns}].`,
      );
    }
    const last = model.attributes[attribute.index]!.classes - 1;
    for (let i = 0; i < given.rows; i++) {
      const label = rowOf(given, i)[attribute.index];
      classes[i] = checkNumber(
        caller,
        `label ${i} of ${attribute.name}`,
        label,
        { min: 0, max: last, integer: true },
        LatentEditError,
      );
    }
    return starts;
  }

  /** Indices of the codes of one class. */
  startingAt(label: number): Int32Array {
    const found = Int32Array.from([...this.labels.keys()].filter((i) => this.labels[i] === label));
    if (found.length > 0) return found;
    throw new LatentEditError(
      `trainDirection: expected codes labelled ${label} of ${this.attributeName} to start from, got none among ${this.table.codes.rows}; give more codes.`,
    );
  }

  /** Where all the codes lie; of W+ codes, where their rows do. */
  density(): CodeDensity {
    const { codes, rowCount = 1, latentDim } = this.table;
    return CodeDensity.fit({ data: codes.data, rows: codes.rows * rowCount, columns: latentDim });
  }

  /** Short hashes of what decides the draws: the codes, and their classes of the edited attribute. */
  hashes(): { codes: string; labels: string } {
    return { codes: hashOfNumbers(this.table.codes.data), labels: hashOfNumbers(this.labels) };
  }

  /** Codes as a tensor [n, d], or of W+ [n, rowCount, d]; the caller disposes it. */
  tensor(indices: ArrayLike<number>): Tensor {
    const { codes, rowCount, latentDim } = this.table;
    const [n, { columns }] = [indices.length, codes];
    const values = new Float32Array(n * columns);
    for (let i = 0; i < n; i++) values.set(rowOf(codes, indices[i]!), i * columns);
    return tidy(() => {
      const chosen = tensor2d(values, [n, columns]);
      if (rowCount !== undefined) return reshape(chosen, [n, rowCount, latentDim]);
      return this.repeated === undefined ? chosen : tile(reshape(chosen, [n, 1, latentDim]), [1, this.repeated, 1]);
    });
  }

  /**
   * Logits of codes, one [rows, classes] an attribute, from the cache where it has them; the caller disposes them.
   *
   * @param where in words, for an error about numbers that are not finite
   */
  async logits(rows: ArrayLike<number>, where: string): Promise<Tensor2D[]> {
    const missing = [...new Set(Array.from(rows))].filter((row) => !this.cache.has(row));
    if (missing.length > 0) await this.fill(missing, where);
    return this.model.attributes.map(({ classes }, j) => {
      const values = new Float32Array(rows.length * classes);
      for (let i = 0; i < rows.length; i++) values.set(this.logitsOf(rows[i]!, j), i * classes);
      return tensor2d(values, [rows.length, classes]);
    });
  }

  /** The cache as two arrays, for a checkpoint: which codes, and their logits row by row. */
  exportCache(): { rows: Int32Array; logits: Float32Array } {
    const width = this.model.attributes.reduce((sum, { classes }) => sum + classes, 0);
    const rows = Int32Array.from(this.cache.keys());
    const logits = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      logits.set(this.cache.get(row)!, i * width);
    });
    return { rows, logits };
  }

  importCache({ rows, logits }: { rows: Int32Array; logits: Float32Array }): void {
    const width = rows.length === 0 ? 0 : logits.length / rows.length;
    rows.forEach((row, i) => {
      this.cache.set(row, logits.slice(i * width, (i + 1) * width));
    });
  }

  private async fill(rows: readonly number[], where: string): Promise<void> {
    const values = await owning(async (own) => {
      const logits = own(await this.model.logits(own(this.tensor(rows))));
      return Promise.all(logits.map((x) => x.data<"float32">()));
    });
    // Checked here, where the code is known: the largest of NaNs would be class 0.
    for (const [j, { name, classes }] of this.model.attributes.entries()) {
      const bad = values[j]!.findIndex((x) => !Number.isFinite(x));
      if (bad < 0) continue;
      throw new LatentEditError(
        `trainDirection: expected finite logits from the model, got ${values[j]![bad]} for code ${rows[Math.floor(bad / classes)]}, attribute ${name}, at ${where}; leave the code out, or mend the model.`,
      );
    }
    rows.forEach((row, i) => {
      const parts = values.map((data, j) => {
        const classes = this.model.attributes[j]!.classes;
        return data.slice(i * classes, (i + 1) * classes);
      });
      this.cache.set(row, Float32Array.from(parts.flatMap((part) => Array.from(part))));
    });
  }

  private logitsOf(row: number, attribute: number): Float32Array {
    let start = 0;
    for (let j = 0; j < attribute; j++) start += this.model.attributes[j]!.classes;
    return this.cache.get(row)!.subarray(start, start + this.model.attributes[attribute]!.classes);
  }
}

/** Throws where codes, or the rows to move of them, are W+ and the model takes no such ones. */
function checkRowCount(caller: string, model: AttributeModel, given: number | undefined, asRows: boolean): void {
  const isPlus = given !== undefined || asRows;
  if (!isPlus || (model.rowCount !== undefined && (given ?? model.rowCount) === model.rowCount)) return;
  const takes = model.rowCount === undefined ? "codes [n, d] only" : `W+ codes of ${model.rowCount} rows`;
  const got = given === undefined ? "rows to move" : `codes of ${given} rows`;
  throw new LatentEditError(`${caller}: expected codes of the model, which takes ${takes}, got ${got}; give it those.`);
}
