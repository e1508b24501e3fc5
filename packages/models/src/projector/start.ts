import { checkTensor, describeValue } from "@latentflow/core";
import { div, mean, slice, square, sub, sum, type Tensor, type Tensor1D, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";

/** What is known of a generator's codes. */
export interface CodeStatistics {
  /** [d]; the caller disposes it. */
  readonly mean: Tensor1D;
  /** Root of the mean squared distance from the mean. */
  readonly deviation: number;
  /** The first of the codes, [m, d]; the caller disposes them. */
  readonly candidates: Tensor2D;
}

/** Codes that the statistics are of, where none are given. */
const SAMPLES = 4096;

/** Generators and models of ours can draw codes. */
interface Sampler {
  sample(count: number, options: { seed: number }): Tensor | Promise<Tensor>;
}

/**
 * Mean and deviation of a generator's codes.
 *
 * @param codes [n, d]; left out: drawn by the generator
 * @param options `candidates`: how many of the codes to hand out
 */
export async function codeStatistics(
  generator: { readonly latentDim: number },
  codes: Tensor | undefined,
  { seed, candidates }: { readonly seed: number; readonly candidates: number },
): Promise<CodeStatistics> {
  const { latentDim } = generator;
  if (codes !== undefined) return statisticsOf(codes, latentDim, candidates);
  if (typeof (generator as Partial<Sampler>).sample !== "function")
    throw new ModelsError(
      `project: expected a generator with sample(count, { seed }), or codes: some of its codes [n, ${latentDim}] to start at the mean of, got neither.`,
    );
  const drawn = await (generator as unknown as Sampler).sample(SAMPLES, { seed });
  try {
    return await statisticsOf(drawn, latentDim, candidates);
  } finally {
    drawn.dispose();
  }
}

async function statisticsOf(codes: Tensor, latentDim: number, count: number): Promise<CodeStatistics> {
  checkTensor("project", "codes", codes, `[n, ${latentDim}]`, ModelsError);
  if (codes.rank !== 2 || codes.shape[1] !== latentDim || codes.shape[0] === 0)
    throw new ModelsError(`project: expected codes [n, ${latentDim}], got ${describeValue(codes)}.`);
  const total = codes.shape[0]!;
  const [average, variance, candidates] = tidy(() => {
    const centre = mean(codes, 0) as Tensor1D;
    const first = slice(codes as Tensor2D, [0, 0], [Math.min(count, total), latentDim]);
    return [centre, div(sum(square(sub(codes, centre))), total), first] as const;
  });
  const [value] = await variance.data();
  variance.dispose();
  return { mean: average, deviation: Math.sqrt(value!), candidates };
}
