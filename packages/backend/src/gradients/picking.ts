import {
  add,
  cast,
  equal,
  type GradConfig,
  gather,
  gatherND,
  greaterEqual,
  less,
  logicalAnd,
  maximum,
  maxPoolWithArgmax,
  minimum,
  mul,
  onesLike,
  range,
  reshape,
  scalar,
  scatterND,
  slice_util,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tensor1d,
  transpose,
  unsortedSegmentSum,
  util,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import type { StridedSliceAttributes } from "../kernels/strided-slice.js";

/** Operations that pick elements by position. Their gradients add up what went to each position; the gradients of those pick again. */

/** Gradients at flat positions of an array, added up. */
function addUpAt(positions: Tensor, gradient: Tensor, shape: number[]): Tensor {
  const flat = unsortedSegmentSum(reshape(gradient, [-1]), reshape(positions, [-1]) as Tensor1D, util.sizeFromShape(shape));
  return reshape(flat, shape);
}

const integers = (values: number[]) => tensor1d(values, "int32");

/** Rows by index, any number of batch axes. tfjs-core's gradient knows none or one of them. */
const gatherGradient: GradConfig = {
  kernelName: "GatherV2",
  inputsToSave: ["x", "indices"],
  gradFunc: (dyAny, saved, attrs) => {
    const dy = dyAny as Tensor;
    const [x, indices] = saved as [Tensor, Tensor];
    const { axis: given, batchDims } = attrs as { axis: number; batchDims: number };
    const axis = given < 0 ? given + x.rank : given;
    const size = util.sizeFromShape;
    const batch = size(x.shape.slice(0, batchDims));
    const outer = size(x.shape.slice(batchDims, axis));
    const inner = size(x.shape.slice(axis + 1));
    const rows = x.shape[axis]!;
    const picked = indices.size / batch;
    return {
      x: () => {
        const values = transpose(reshape(dy, [batch, outer, picked, inner]), [0, 2, 1, 3]);
        const first = reshape(mul(range(0, batch, 1, "int32"), scalar(rows, "int32")), [batch, 1]);
        const ids = reshape(add(reshape(cast(indices, "int32"), [batch, picked]), first), [-1]) as Tensor1D;
        const added = unsortedSegmentSum(reshape(values, [batch * picked, outer * inner]), ids, batch * rows);
        return reshape(transpose(reshape(added, [batch, rows, outer, inner]), [0, 2, 1, 3]), x.shape);
      },
      indices: () => zeros(indices.shape),
    };
  },
};

/** Rows added up by segment: an id outside the segments dropped its row, and gives it no gradient. */
const segmentSumGradient: GradConfig = {
  kernelName: "UnsortedSegmentSum",
  inputsToSave: ["segmentIds"],
  gradFunc: (dyAny, saved, attrs) => {
    const dy = dyAny as Tensor;
    const ids = saved[0] as Tensor;
    const { numSegments } = attrs as { numSegments: number };
    return {
      x: () => {
        const last = scalar(numSegments - 1, "int32");
        const rows = gather(dy, minimum(maximum(ids, zerosLike(ids)), last));
        const kept = logicalAnd(greaterEqual(ids, zerosLike(ids)), less(ids, scalar(numSegments, "int32")));
        return mul(rows, reshape(cast(kept, "float32"), [...ids.shape, ...new Array(rows.rank - ids.rank).fill(1)]));
      },
      segmentIds: () => zeros(ids.shape),
    };
  },
};

/** Every so-many-th element. */
const stridedSliceGradient: GradConfig = {
  kernelName: "StridedSlice",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const x = saved[0] as Tensor;
    const a = attrs as unknown as StridedSliceAttributes;
    const { begin, end, strides } = slice_util.sliceInfo(
      x.shape,
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    return {
      x: () => {
        let positions = [0];
        for (const [axis, count] of slice_util.computeOutShape(begin, end, strides).entries()) {
          const along = Array.from({ length: count }, (_, i) => begin[axis]! + i * strides[axis]!);
          positions = positions.flatMap((before) => along.map((place) => before * x.shape[axis]! + place));
        }
        return addUpAt(integers(positions), dy as Tensor, x.shape);
      },
    };
  },
};

/** Slices by lists of leading indices, [..., depth]. */
const gatherNdGradient: GradConfig = {
  kernelName: "GatherNd",
  inputsToSave: ["params", "indices"],
  gradFunc: (dy, saved) => {
    const [x, indices] = saved as [Tensor, Tensor];
    const depth = indices.shape.at(-1)!;
    const rows = util.sizeFromShape(x.shape.slice(0, depth));
    const steps = x.shape.slice(0, depth).map((_, i) => util.sizeFromShape(x.shape.slice(i + 1, depth)));
    return {
      params: () => {
        const ids = reshape(sum(mul(reshape(indices, [-1, depth]), integers(steps)), 1), [-1]) as Tensor1D;
        const added = unsortedSegmentSum(reshape(dy as Tensor, [ids.size, -1]), cast(ids, "int32"), rows);
        return reshape(added, x.shape);
      },
      indices: () => zeros(indices.shape),
    };
  },
};

const scatterNdGradient: GradConfig = {
  kernelName: "ScatterNd",
  inputsToSave: ["indices"],
  gradFunc: (dy, saved) => {
    const indices = saved[0] as Tensor;
    return { updates: () => gatherND(dy as Tensor, indices), indices: () => zeros(indices.shape) };
  },
};

const scatterUpdateGradient: GradConfig = {
  kernelName: "TensorScatterUpdate",
  inputsToSave: ["indices", "updates"],
  gradFunc: (dy, saved) => {
    const [indices, updates] = saved as [Tensor, Tensor];
    return {
      tensor: () => {
        const writers = scatterND(indices, onesLike(updates), (dy as Tensor).shape);
        return mul(dy as Tensor, cast(equal(writers, 0), "float32"));
      },
      updates: () => gatherND(dy as Tensor, indices),
      indices: () => zeros(indices.shape),
    };
  },
};

/** The k largest of the last axis. */
const topKGradient: GradConfig = {
  kernelName: "TopK",
  inputsToSave: ["x"],
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => {
    const [x, indices] = saved as [Tensor, Tensor];
    const length = x.shape.at(-1)!;
    return {
      x: () => {
        const rows = x.size / length;
        const first = reshape(mul(range(0, rows, 1, "int32"), scalar(length, "int32")), [rows, 1]);
        const positions = add(reshape(cast(indices, "int32"), [rows, -1]), first);
        return addUpAt(positions, (dys as unknown as Tensor[])[0]!, x.shape);
      },
    };
  },
};

/** Flat positions in x of the maxima that max pooling found. */
function positionsInBatch(x: Tensor4D, positions: Tensor, counted: boolean): Tensor {
  const [n, ...rest] = x.shape;
  if (counted || n === 1) return positions;
  const first = mul(range(0, n, 1, "int32"), scalar(util.sizeFromShape(rest), "int32"));
  return add(cast(positions, "int32"), reshape(first, [n, 1, 1, 1]));
}

interface ArgmaxAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number;
  readonly includeBatchInIndex: boolean;
}

const maxPoolWithArgmaxGradient: GradConfig = {
  kernelName: "MaxPoolWithArgmax",
  inputsToSave: ["x"],
  outputsToSave: [false, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, positions] = saved as [Tensor4D, Tensor];
    const { includeBatchInIndex } = attrs as unknown as ArgmaxAttributes;
    return {
      x: () => addUpAt(positionsInBatch(x, positions, includeBatchInIndex), (dys as unknown as Tensor[])[0]!, x.shape),
    };
  },
};

/** The gradient of max pooling picks, too: its own gradient reads where the maxima were. */
const maxPoolGradGradient: GradConfig = {
  kernelName: "MaxPoolGrad",
  inputsToSave: ["input", "output"],
  gradFunc: (ddx, saved, attrs) => {
    const [x, y] = saved as [Tensor4D, Tensor4D];
    const { filterSize, strides, pad } = attrs as unknown as ArgmaxAttributes;
    return {
      dy: () => {
        const { indexes } = maxPoolWithArgmax(x, filterSize, strides, pad, false) as { indexes: Tensor };
        const positions = reshape(positionsInBatch(x, indexes, false), [-1]);
        return reshape(gather(reshape(ddx as Tensor, [-1]), cast(positions, "int32")), y.shape);
      },
      input: () => zerosLike(x),
      output: () => zerosLike(y),
    };
  },
};

export const pickingGradients: readonly GradConfig[] = [
  gatherGradient,
  segmentSumGradient,
  stridedSliceGradient,
  gatherNdGradient,
  scatterNdGradient,
  scatterUpdateGradient,
  topKGradient,
  maxPoolWithArgmaxGradient,
  maxPoolGradGradient,
];
