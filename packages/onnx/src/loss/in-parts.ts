import { floats, type OnnxModel, type OnnxTensor, sizeOf } from "../graph/model.js";
import type { OnnxSession } from "../session/onnx-session.js";
import { inferShapes } from "../shapes/infer.js";

/** Large batches in parts, one after the other: what a network keeps for its gradient grows with the batch. */

type Tensors = Readonly<Record<string, OnnxTensor>>;

/** Inputs that are the same for every part. */
const OF_THE_BATCH: ReadonlySet<string> = new Set(["weights", "temperatures", "edited", "identity_weight"]);
/** Outputs that are means over the batch. */
const MEANS: ReadonlySet<string> = new Set(["divergences", "identity", "total"]);

const BYTES = 4;

/** Bytes that the nodes of a network make for each row of the batch, about what its gradient needs. 0 where sizes are not known. */
export function activationBytes(model: OnnxModel): number {
  const facts = inferShapes(model);
  const sizes = model.nodes.flatMap(({ outputs }) => outputs.map((name) => facts.get(name)?.dims ?? []));
  return BYTES * sizes.reduce((sum, dims) => sum + rowSize(dims), 0);
}

/** Elements for each row of the batch: a dimension "n" counts once, "4n" four times. A value without one is the same for every batch. */
function rowSize(dims: readonly (number | string)[]): number {
  if (dims.every((dim) => typeof dim === "number")) return 0;
  return dims.reduce<number>((size, dim) => size * (typeof dim === "number" ? dim : Number.parseInt(dim, 10) || 1), 1);
}

/**
 * Runs a session on at most `rows` rows at a time.
 *
 * @param ofMean whether the gradient is one of a mean over the batch, so that each part counts by its share of the rows
 */
export async function runInParts(
  session: OnnxSession,
  feeds: Tensors & { readonly w: OnnxTensor },
  { rows, fetches, ofMean = false }: { readonly rows: number; readonly fetches?: readonly string[]; readonly ofMean?: boolean },
): Promise<Tensors> {
  const count = feeds.w.dims[0]!;
  if (count <= rows) return session.run(feeds, fetches);
  const parts = Math.ceil(count / rows);
  const limits = Array.from({ length: parts + 1 }, (_, part) => Math.round((part * count) / parts));
  const answers: Tensors[] = [];
  const shares: number[] = [];
  for (let part = 0; part < parts; part++) {
    const [start, end] = [limits[part]!, limits[part + 1]!];
    const own = Object.entries(feeds).map(([name, tensor]) => [
      name,
      OF_THE_BATCH.has(name) ? tensor : rowsOf(tensor, start, end),
    ]);
    answers.push(await session.run(Object.fromEntries(own), fetches));
    shares.push((end - start) / count);
  }
  return Object.fromEntries(
    Object.keys(answers[0]!).map((name) => {
      const tensors = answers.map((answer) => answer[name]!);
      if (MEANS.has(name)) return [name, summed(tensors.map((tensor, part) => scaled(tensor, shares[part]!)))];
      return [
        name,
        stacked(ofMean && name === "w_gradient" ? tensors.map((tensor, part) => scaled(tensor, shares[part]!)) : tensors),
      ];
    }),
  );
}

function rowsOf({ dims, data }: OnnxTensor, start: number, end: number): OnnxTensor {
  const size = sizeOf(dims.slice(1));
  return floats([end - start, ...dims.slice(1)], (data as Float32Array).subarray(start * size, end * size));
}

function scaled({ dims, data }: OnnxTensor, factor: number): OnnxTensor {
  return floats(
    dims,
    (data as Float32Array).map((value) => value * factor),
  );
}

function summed(tensors: readonly OnnxTensor[]): OnnxTensor {
  const [first] = tensors as [OnnxTensor];
  const sums = Float32Array.from(first.data as Float32Array, (_, i) =>
    tensors.reduce((sum, { data }) => sum + Number(data[i]), 0),
  );
  return floats(first.dims, sums);
}

function stacked(tensors: readonly OnnxTensor[]): OnnxTensor {
  const [first] = tensors as [OnnxTensor];
  const rows = tensors.reduce((sum, { dims }) => sum + dims[0]!, 0);
  const all = new Float32Array(rows * sizeOf(first.dims.slice(1)));
  let at = 0;
  for (const { data } of tensors) {
    all.set(data as Float32Array, at);
    at += data.length;
  }
  return floats([rows, ...first.dims.slice(1)], all);
}
