import { describeValue } from "@latentflow/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { OnnxError } from "../errors.js";
import { floats, type OnnxTensor } from "../graph/model.js";
import { checkInUse, numbersOfTensor, toTensor } from "../tensors.js";
import type { AttributeNetwork } from "./attribute-network.js";

/** Codes between W and W+. */

/**
 * The numbers of w in the generator's shape: a code in W is the same row for every layer of a W+ generator.
 *
 * @throws OnnxError for codes of another shape, disposed ones, or another number than the generator was exported for
 */
export async function codesOf(caller: string, w: unknown, network: AttributeNetwork): Promise<OnnxTensor> {
  const { latentDim, rowCount } = network;
  checkInUse(caller, "w", w);
  const shape = w.shape;
  const asW = shape.length === 2 && shape[1] === latentDim;
  const asRows = rowCount !== undefined && shape.length === 3 && shape[1] === rowCount && shape[2] === latentDim;
  if ((!asW && !asRows) || shape[0] === 0) {
    const rows = rowCount === undefined ? "" : ` or [n, ${rowCount}, ${latentDim}]`;
    throw new OnnxError(`${caller}: expected w [n, ${latentDim}]${rows}, got [${shape.join(", ")}].`);
  }
  const { batch = shape[0]! } = network;
  if (shape[0] !== batch)
    throw new OnnxError(
      `${caller}: expected ${batch} codes, for which the generator was exported, got ${describeValue(shape[0])}; export it with dynamic_axes.`,
    );
  const data = await numbersOfTensor(caller, "w", w);
  if (asRows || rowCount === undefined) return floats(shape, data);
  const rows = new Float32Array(data.length * rowCount);
  for (let i = 0; i < batch; i++) {
    for (let row = 0; row < rowCount; row++)
      rows.set(data.subarray(i * latentDim, (i + 1) * latentDim), (i * rowCount + row) * latentDim);
  }
  return floats([batch, rowCount, latentDim], rows);
}

/** The gradient in the shape of w: summed over the rows when one row stood for all. */
export function gradientLike(w: Tensor, gradient: OnnxTensor): Tensor {
  if (gradient.dims.length === w.rank) return toTensor(gradient);
  const [n, rows, d] = gradient.dims as [number, number, number];
  const sums = new Float32Array(n * d);
  for (let i = 0; i < n * rows; i++) {
    for (let k = 0; k < d; k++) sums[Math.floor(i / rows) * d + k]! += Number(gradient.data[i * d + k]);
  }
  return tensor(sums, [n, d]);
}
