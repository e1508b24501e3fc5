import { floats, type GraphBuilder } from "@latentflow/onnx";
import { add, concat, div, mul, reshape, sqrt, square, sum, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** Keeps directions finite where an activation is 0; LPIPS's 1e-10 beside the length. */
const EPSILON = 1e-10;

/** For one activation: the number of its places, and each channel's weight. */
export interface Weighting {
  readonly places: number;
  readonly weights: Float32Array;
}

/** Factors whose squares are the channels' weights, averaged over places. */
const factors = ({ places, weights }: Weighting) => weights.map((weight) => Math.sqrt(weight / places));

/**
 * Activations as numbers whose squared distance is LPIPS: at each place the direction of the channels' vector, each channel times the root of its weight.
 *
 * @param activations [n, height, width, channels]
 * @returns [n, f]
 */
export function unitFeatures(activations: readonly Tensor[], weightings: readonly Weighting[]): Tensor2D {
  const parts = activations.map((x, k) => {
    const length = add(sqrt(add(sum(square(x), 3, true), EPSILON ** 2)), EPSILON);
    return reshape(mul(div(x, length), factors(weightings[k]!)), [x.shape[0]!, -1]);
  });
  return concat(parts, 1) as Tensor2D;
}

/** The same in a graph, of activations [n, channels, height, width]. */
export function unitFeaturesInGraph(
  graph: GraphBuilder,
  activations: readonly string[],
  weightings: readonly Weighting[],
): string {
  const parts = activations.map((x, k) => {
    const squares = graph.reduceSum(graph.op("Mul", [x, x]), [1], true);
    const length = graph.op("Sqrt", [graph.op("Add", [squares, graph.float(EPSILON ** 2)])]);
    const direction = graph.op("Div", [x, graph.op("Add", [length, graph.float(EPSILON)])]);
    const scale = factors(weightings[k]!);
    const weighted = graph.op("Mul", [direction, graph.constant(floats([1, scale.length, 1, 1], scale), "channel_weights")]);
    return graph.op("Flatten", [weighted], { axis: { int: 1 } });
  });
  return graph.op("Concat", parts, { axis: { int: 1 } });
}
