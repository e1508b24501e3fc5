/** Generators whose codes are pulled towards the mean: `import { withTruncation } from "@latentflow/core/truncation"`. */
import { add, expandDims, mul, reshape, sub, type Tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { Generator } from "./attribute-model.js";
import { type DeclaredOptions, type GivenOptions, readOptions } from "./declared-options.js";
import { CoreError, describeValue } from "./errors.js";
import { checkNumber, checkTensor, type ErrorClass } from "./options.js";
import { isTensor } from "./tensor.js";

const TRUNCATION = {
  /** Only so many first rows of W+ are pulled, as NVlabs' `truncation_cutoff`, the others left to the bit. Default: all. */
  cutoff: { optional: true, integer: true, min: 0 },
} as const satisfies DeclaredOptions;

export interface TruncationOptions extends GivenOptions<typeof TRUNCATION> {}

/**
 * The generator with codes pulled towards the mean latent first: w → mean + ψ · (w − mean), for every row of a W+ code. Truncation sits inside the
 * returned generator and so after an edit, as in the paper: an edit and its time are about untruncated codes.
 *
 * @param psi 1: no change; 0: always the mean. The paper uses 0.7 (1 for Isaac3D)
 * @param meanLatent mean of many mapped codes, [d]; a tensor stays the caller's to dispose, after the returned generator's last use
 * @param ErrorType the calling package's error class (default CoreError)
 */
export function withTruncation(
  generator: Generator,
  psi: number,
  meanLatent: Tensor | ArrayLike<number>,
  ErrorType: ErrorClass = CoreError,
  options: TruncationOptions = {},
): Generator {
  const { cutoff } = readOptions("withTruncation", TRUNCATION, options, ErrorType);
  checkNumber("withTruncation", "psi", psi, {}, ErrorType);
  if (typeof generator?.synthesize !== "function") {
    throw new ErrorType(
      `withTruncation: expected a generator with latentDim and synthesize(w), got ${describeValue(generator)}.`,
    );
  }
  const { latentDim, rowCount } = generator;
  const expected = `a mean of ${latentDim} numbers`;
  const mean = isTensor(meanLatent) ? meanLatent : numbersOf(meanLatent, expected, ErrorType);
  if (isTensor(mean)) checkTensor("withTruncation", "meanLatent", mean, expected, ErrorType);
  const length = isTensor(mean) ? mean.size : mean.length;
  if (length !== latentDim) throw new ErrorType(`withTruncation: expected meanLatent to be ${expected}, got ${length} numbers.`);
  const factors = cutoff === undefined ? null : rowFactors(psi, cutoff, rowCount, ErrorType);
  return {
    latentDim,
    ...(rowCount === undefined ? {} : { rowCount }),
    synthesize: (w: Tensor) =>
      tidy(() => {
        checkTensor("synthesize", "w", w, `codes [n, ${latentDim}]`, ErrorType);
        if (isTensor(mean)) checkTensor("synthesize", "the truncation's mean", mean, expected, ErrorType);
        const centre = reshape(
          isTensor(mean) ? mean : tensor1d(mean),
          w.rank === 3 || factors ? [1, 1, latentDim] : [1, latentDim],
        );
        if (factors) {
          const factor = tensor2d(factors, [factors.length, 1]);
          const rows = w.rank === 2 ? expandDims(w, 1) : w;
          return generator.synthesize(add(mul(rows, factor), mul(centre, sub(1, factor))));
        }
        return generator.synthesize(add(centre, mul(sub(w, centre), psi)));
      }),
  };
}

/** What each row's distance from the mean is multiplied with. */
function rowFactors(psi: number, cutoff: number, rowCount: number | undefined, ErrorType: ErrorClass): number[] {
  if (rowCount === undefined)
    throw new ErrorType("withTruncation: expected no cutoff for a generator without rowCount, which takes no W+ codes.");
  checkNumber("withTruncation", "cutoff", cutoff, { ...TRUNCATION.cutoff, max: rowCount }, ErrorType);
  return Array.from({ length: rowCount }, (_, row) => (row < cutoff ? psi : 1));
}

function numbersOf(values: ArrayLike<number>, expected: string, ErrorType: ErrorClass): Float32Array {
  const isList = Array.isArray(values) || (ArrayBuffer.isView(values) && "length" in values);
  const numbers = isList ? Array.from<unknown>(values) : [];
  const isNumber = (x: unknown) => typeof x === "number" && Number.isFinite(x);
  if (isList && numbers.every(isNumber)) return Float32Array.from(values);
  const got = isList ? `${describeValue(numbers.find((x) => !isNumber(x)))} among them` : describeValue(values);
  throw new ErrorType(`withTruncation: expected meanLatent to be ${expected}, got ${got}.`);
}
