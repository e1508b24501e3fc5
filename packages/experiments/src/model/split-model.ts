import {
  type AttributeModel,
  type CustomLoss,
  type LossAndGradient,
  type LossRequest,
  nextMacrotask,
  throwIfAborted,
} from "@latentflow/core";
import { concat, dispose, mul, slice, type Tensor, type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";

/**
 * A model that is asked for no more images at once than fit the memory, however large the batch: rows of a batch don't depend on each other, so the
 * parts put together are the whole up to rounding. Between two parts it can be stopped.
 */
export class SplitModel implements AttributeModel {
  readonly latentDim: number;
  readonly rowCount?: number;
  readonly features?: (w: Tensor) => Promise<Tensor2D>;
  readonly embed?: (w: Tensor) => Promise<Tensor2D>;

  /** @param atOnce images at once; Infinity: batches stay whole */
  constructor(
    private readonly inner: AttributeModel,
    private readonly atOnce: () => number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.latentDim = inner.latentDim;
    if (inner.rowCount !== undefined) this.rowCount = inner.rowCount;
    const whole = inner as Required<AttributeModel>;
    if (inner.features !== undefined)
      this.features = async (w) => joined(await this.parts(w, (part) => whole.features(part), dispose));
    if (inner.embed !== undefined) this.embed = async (w) => joined(await this.parts(w, (part) => whole.embed(part), dispose));
  }

  get attributes() {
    return this.inner.attributes;
  }

  async synthesize(w: Tensor): Promise<Tensor4D> {
    const parts = await this.parts(w, (part) => this.inner.synthesize(part), dispose);
    return joined(parts);
  }

  async logits(w: Tensor): Promise<Tensor2D[]> {
    const parts = await this.parts(w, (part) => this.inner.logits(part), dispose);
    return this.attributes.map((_, j) => joined(parts.map((part) => part[j]!)));
  }

  /** A custom loss sees its whole batch: nobody but its author knows how it parts. */
  async lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss): Promise<LossAndGradient> {
    if (typeof loss === "function" || w.shape[0]! <= this.atOnce()) return this.inner.lossAndGradient(w, loss);
    const rows = w.shape[0]!;
    const parts = await this.parts(
      w,
      async (part, start) => {
        const count = part.shape[0]!;
        const request = rowsOf(loss, start, count);
        const { gradient, ...answer } = await this.inner
          .lossAndGradient(part, request)
          .finally(() =>
            dispose([...request.originalLogits, ...(request.originalEmbeddings ? [request.originalEmbeddings] : [])]),
          );
        // Each part's loss is the mean over its rows.
        const scaled = tidy(() => mul(gradient, count / rows));
        gradient.dispose();
        return { ...answer, gradient: scaled, share: count / rows };
      },
      ({ gradient, logits }) => dispose([gradient, ...logits]),
    );
    const mean = (key: "attributeLoss" | "preservationLoss") => parts.reduce((sum, part) => sum + part.share * part[key], 0);
    return {
      attributeLoss: mean("attributeLoss"),
      preservationLoss: mean("preservationLoss"),
      logits: this.attributes.map((_, j) => joined(parts.map(({ logits }) => logits[j]!))),
      gradient: joined(parts.map(({ gradient }) => gradient)),
    };
  }

  dispose(): void {
    this.inner.dispose();
  }

  /** Asks part by part; what was answered is disposed when a later part fails. */
  private async parts<T>(w: Tensor, ask: (part: Tensor, start: number) => Promise<T>, drop: (answer: T) => void): Promise<T[]> {
    const [rows, most] = [w.shape[0]!, this.atOnce()];
    if (rows <= most) return [await ask(w, 0)];
    const answers: T[] = [];
    try {
      for (let start = 0; start < rows; start += most) {
        if (start > 0) await nextMacrotask();
        throwIfAborted("model", this.signal);
        const part = tidy(() => slice(w, start, Math.min(most, rows - start)));
        answers.push(await ask(part, start).finally(() => part.dispose()));
      }
      return answers;
    } catch (error) {
      answers.forEach(drop);
      throw error;
    }
  }
}

/** One tensor of several, which are disposed. */
function joined<T extends Tensor>(parts: readonly T[]): T {
  if (parts.length === 1) return parts[0]!;
  const whole = tidy(() => concat([...parts] as Tensor2D[], 0)) as Tensor as T;
  dispose([...parts]);
  return whole;
}

/** A loss's request for some rows of its batch; the caller disposes its tensors. */
function rowsOf(loss: LossRequest, start: number, count: number): LossRequest {
  const { target, originalLogits, originalEmbeddings, codeWeights } = loss;
  const rows = <T extends Tensor>(tensor: T) => tidy(() => slice(tensor, start, count)) as T;
  const numbers = (values: ArrayLike<number>) => Array.from({ length: count }, (_, i) => values[start + i]!);
  return {
    ...loss,
    target: typeof target === "number" ? target : numbers(target),
    ...(codeWeights && { codeWeights: numbers(codeWeights) }),
    originalLogits: originalLogits.map(rows),
    ...(originalEmbeddings && { originalEmbeddings: rows(originalEmbeddings) }),
  };
}
