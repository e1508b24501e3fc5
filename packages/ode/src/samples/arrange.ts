import { clone, concat, customGrad, gather, type Tensor, tensor1d, zeros } from "@tensorflow/tfjs-core";
import { isRecording } from "../state/tape.js";

/**
 * Rows of a tensor in another order: row i of the result is row `from[i]` of x, or zeros where that is −1. No row of x may be named twice, so that the
 * gradient is an arrangement as well, of any order and without the scattering sums that not every backend has.
 */
export function arrange(x: Tensor, from: readonly number[]): Tensor {
  const rows = x.shape[0]!;
  if (from.length === rows && from.every((row, i) => row === i)) return clone(x);
  if (!isRecording() || x.dtype !== "float32") return moved(x, from);
  const back = new Array<number>(rows).fill(-1);
  from.forEach((row, i) => {
    if (row >= 0) back[row] = i;
  });
  return customGrad((given) => ({
    value: moved(given as Tensor, from),
    gradFunc: (dy: Tensor) => arrange(dy, back),
  }))(x);
}

function moved(x: Tensor, from: readonly number[]): Tensor {
  const rows = x.shape[0]!;
  const source = from.includes(-1) ? concat([x, zeros([1, ...x.shape.slice(1)], x.dtype as "float32")]) : x;
  return gather(
    source,
    tensor1d(
      Int32Array.from(from, (row) => (row < 0 ? rows : row)),
      "int32",
    ),
  );
}

/** Every tensor of a state arranged alike. */
export const arrangeState = (state: readonly Tensor[], from: readonly number[]): Tensor[] =>
  state.map((leaf) => arrange(leaf, from));

/** Rows that are chosen among several states, each by the state's place in `sources` and its row there. */
export function choose(
  sources: readonly (readonly Tensor[] | undefined)[],
  picks: readonly (readonly [source: number, row: number])[],
): Tensor[] {
  const used = [...new Set(picks.map(([source]) => source))];
  const states = used.map((source) => sources[source]!);
  if (states.length === 1)
    return arrangeState(
      states[0]!,
      picks.map(([, row]) => row),
    );
  const offsets = new Map<number, number>();
  let offset = 0;
  used.forEach((source, i) => {
    offsets.set(source, offset);
    offset += states[i]![0]!.shape[0]!;
  });
  const from = picks.map(([source, row]) => offsets.get(source)! + row);
  return states[0]!.map((_, m) => arrange(concat(states.map((state) => state[m]!)), from));
}

/** One number a row, [rows], as a column [rows, 1, …] that broadcasts with a tensor of so many axes. */
export const columnShape = (rows: number, rank: number): number[] => [rows, ...new Array<number>(rank - 1).fill(1)];
