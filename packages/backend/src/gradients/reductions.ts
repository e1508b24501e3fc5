import {
  cast,
  cumprod,
  cumsum,
  div,
  equal,
  type GradConfig,
  mul,
  reshape,
  scalar,
  sum,
  type Tensor,
  tensor3d,
  transpose,
  where,
} from "@tensorflow/tfjs-core";

type Axes = number | readonly number[] | null | undefined;

/** Axes from 0 on: all of them, when none is named. */
function axesOf(x: Tensor, axes: Axes): number[] {
  if (axes === null || axes === undefined) return x.shape.map((_, i) => i);
  return [axes].flat().map((axis) => (axis < 0 ? axis + x.rank : axis));
}

/** Largest or smallest along axes: shared among equals, as TensorFlow has it. tfjs-core gives each of them the whole gradient. */
function extreme(kernelName: string): GradConfig {
  return {
    kernelName,
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, y] = saved as [Tensor, Tensor];
      // tfjs names the axes of max and those of min differently.
      const { reductionIndices, axis } = attrs as { reductionIndices?: Axes; axis?: Axes };
      const axes = axesOf(x, reductionIndices ?? axis);
      const kept = x.shape.map((length, i) => (axes.includes(i) ? 1 : length));
      return {
        x: () => {
          const mask = cast(equal(x, reshape(y, kept)), "float32");
          return mul(div(reshape(dy as Tensor, kept), sum(mask, axes, true)), mask);
        },
      };
    },
  };
}

/** Product along axes: each factor's gradient is the product of the factors before it and of those after it, right at zeros, too. */
const product: GradConfig = {
  kernelName: "Prod",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const x = saved[0] as Tensor;
    const axes = axesOf(x, (attrs as { axis?: Axes }).axis);
    const others = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const order = [...others, ...axes];
    return {
      x: () => {
        const moved = transpose(x, order);
        const rows = reshape(moved, [-1, axes.reduce((size, axis) => size * x.shape[axis]!, 1)]);
        const slopes = mul(cumprod(rows, 1, true, false), cumprod(rows, 1, true, true));
        const gradient = reshape(mul(reshape(dy as Tensor, [-1, 1]), slopes), moved.shape);
        return transpose(
          gradient,
          order.map((_, i) => order.indexOf(i)),
        );
      },
    };
  },
};

/** Running sum. tfjs-core's gradient transposes the result for any axis but the last. */
const runningSum: GradConfig = {
  kernelName: "Cumsum",
  gradFunc: (dy, _saved, attrs) => {
    const { axis, exclusive, reverse } = attrs as { axis: number; exclusive: boolean; reverse: boolean };
    return { x: () => cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};

/**
 * Running product of n factors, as n products that each leave some factors out (so it takes n² memory): their gradients are those of `product`,
 * and right at zeros. tfjs-core has none.
 */
const runningProduct: GradConfig = {
  kernelName: "Cumprod",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const x = saved[0] as Tensor;
    const { axis: given, exclusive, reverse } = attrs as { axis: number; exclusive: boolean; reverse: boolean };
    const [axis] = axesOf(x, given) as [number];
    const order = [...x.shape.map((_, i) => i).filter((i) => i !== axis), axis];
    const back = order.map((_, i) => order.indexOf(i));
    const n = x.shape[axis]!;
    const takesPart = (output: number, factor: number) => {
      const distance = reverse ? factor - output : output - factor;
      return exclusive ? distance > 0 : distance >= 0;
    };
    const mask = Array.from({ length: n * n }, (_, i) => Number(takesPart(Math.floor(i / n), i % n)));
    return {
      x: () => {
        const moved = transpose(x, order);
        const rows = reshape(moved, [-1, 1, n]);
        const products = where(tensor3d(mask, [1, n, n], "bool"), rows, scalar(1));
        const slopes = mul(cumprod(products, 2, true, false), cumprod(products, 2, true, true));
        const outer = reshape(transpose(dy as Tensor, order), [-1, n, 1]);
        const gradient = sum(mul(mul(slopes, outer), tensor3d(mask, [1, n, n])), 1);
        return transpose(reshape(gradient, moved.shape), back);
      },
    };
  },
};

export const reductionGradients: readonly GradConfig[] = [extreme("Max"), extreme("Min"), product, runningSum, runningProduct];
