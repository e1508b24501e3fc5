import {
  concat,
  type GradConfig,
  gather,
  image,
  matMul,
  range,
  reshape,
  stack,
  sum,
  type Tensor,
  type Tensor4D,
  tensor3d,
  transpose,
} from "@tensorflow/tfjs-core";

/** tfjs hands over one gradient when an operation had one output, and a list when it had several; tfjs-core's gradients of these two forget that. */
const unstackGradient: GradConfig = {
  kernelName: "Unpack",
  gradFunc: (dy, _saved, attrs) => ({ value: () => stack([dy].flat() as Tensor[], (attrs as { axis: number }).axis) }),
};

const splitGradient: GradConfig = {
  kernelName: "SplitV",
  gradFunc: (dy, _saved, attrs) => ({ x: () => concat([dy].flat() as Tensor[], (attrs as { axis: number }).axis) }),
};

/** Repetition along every axis, at any rank (tfjs-core: up to 4): each axis becomes two, repetitions first, and those are summed. */
const tileGradient: GradConfig = {
  kernelName: "Tile",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const x = saved[0] as Tensor;
    const { reps } = attrs as { reps: number[] };
    return {
      x: () => {
        let gradient = dy as Tensor;
        for (const [axis, count] of reps.entries()) {
          if (count === 1) continue;
          const { shape } = gradient;
          const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
          const inner = shape.slice(axis + 1).reduce((a, b) => a * b, x.shape[axis]!);
          const summed = sum(reshape(gradient, [outer, count, inner]), 1);
          gradient = reshape(summed, [...shape.slice(0, axis), x.shape[axis]!, ...shape.slice(axis + 1)]);
        }
        return reshape(gradient, x.shape);
      },
    };
  },
};

/**
 * Padding by reflection: every padded place hands its gradient back to the place it was copied from, axis by axis. tfjs-core cuts the padding off, as
 * for zeros.
 */
const mirrorPadGradient: GradConfig = {
  kernelName: "MirrorPad",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const x = saved[0] as Tensor;
    const { paddings, mode } = attrs as unknown as { paddings: [number, number][]; mode: "reflect" | "symmetric" };
    const edge = mode === "reflect" ? 0 : 1;
    return {
      x: () => {
        let gradient = dy as Tensor;
        for (const [axis, [before, after]] of paddings.entries()) {
          if (before === 0 && after === 0) continue;
          const length = x.shape[axis]!;
          const sources = Array.from({ length: before + length + after }, (_, i) => {
            const place = i - before;
            if (place < 0) return -place - edge;
            return place < length ? place : 2 * (length - 1) - place + edge;
          });
          gradient = addUpAlong(gradient, axis, sources, length);
        }
        return gradient;
      },
    };
  },
};

/** Adds up slices of `x` along an axis: slice i goes to sources[i]. As a matrix product, which every backend has. */
function addUpAlong(x: Tensor, axis: number, sources: readonly number[], length: number): Tensor {
  const outer = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const places = tensor3d([sources.map((source) => Array.from({ length }, (_, i) => Number(i === source)))]);
  const added = matMul(places, reshape(x, [outer, x.shape[axis]!, inner]), true);
  return reshape(added, [...x.shape.slice(0, axis), length, ...x.shape.slice(axis + 1)]);
}

/** A vector (or tensor) on the diagonal. */
const diagonalGradient: GradConfig = {
  kernelName: "Diag",
  inputsToSave: ["x"],
  gradFunc: (dy, saved) => {
    const x = saved[0] as Tensor;
    return {
      x: () => {
        const places = range(0, x.size * (x.size + 1), x.size + 1, "int32");
        return reshape(gather(reshape(dy as Tensor, [-1]), places), x.shape);
      },
    };
  },
};

/** Channels to pixels: its gradient moves them back. */
const depthToSpaceGradient: GradConfig = {
  kernelName: "DepthToSpace",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const x = saved[0] as Tensor4D;
    const { blockSize: b, dataFormat } = attrs as { blockSize: number; dataFormat: "NHWC" | "NCHW" };
    return {
      x: () => {
        if (dataFormat === "NCHW") {
          const [n, c, h, w] = x.shape;
          const blocks = reshape(dy as Tensor, [n, c / (b * b), h, b, w, b]);
          return reshape(transpose(blocks, [0, 3, 5, 1, 2, 4]), x.shape);
        }
        const [n, h, w, c] = x.shape;
        const blocks = reshape(dy as Tensor, [n, h, b, w, b, c / (b * b)]);
        return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), x.shape);
      },
    };
  },
};

const flipGradient: GradConfig = {
  kernelName: "FlipLeftRight",
  gradFunc: (dy) => ({ image: () => image.flipLeftRight(dy as Tensor4D) }),
};

export const rearrangingGradients: readonly GradConfig[] = [
  unstackGradient,
  splitGradient,
  tileGradient,
  mirrorPadGradient,
  diagonalGradient,
  depthToSpaceGradient,
  flipGradient,
];
