import { intOf, stringOf } from "../../graph/attributes.js";
import type { Attributes } from "../../graph/model.js";
import type { GradientContext, GradientRule, GradientRules } from "../context.js";

/** Ops that read or write at places that a tensor of indices names: reading and adding are each other's transposes. */
export const scatterRules: GradientRules = {
  GatherElements: (context, dy) => [() => elements(context).added(context.zerosLike(context.input(0)), dy)],
  GatherND: (context, dy) => [() => slices(context).added(context.zerosLike(context.input(0)), dy)],
  ScatterElements: (context, dy) => scatter(context, dy, elements(context)),
  ScatterND: (context, dy) => scatter(context, dy, slices(context)),
  TopK: (context, dy) => [
    () => {
      const { graph, node } = context;
      const attributes = { axis: { int: intOf(node, "axis", -1) } };
      const more = Object.entries(node.attributes).filter(([name]) => name === "largest" || name === "sorted");
      const [, places] = graph.ops("TopK", [context.input(0), context.input(1)], 2, {
        ...attributes,
        ...Object.fromEntries(more),
      });
      return graph.op("ScatterElements", [context.zerosLike(context.input(0)), places!, dy], attributes);
    },
  ],
};

/** The places that an op's indices name. */
interface Places {
  /** The elements of a value there. */
  readonly read: (value: string) => string;
  /** A value with updates put there, by a reduction when there is one. */
  readonly write: (value: string, updates: string, reduction?: string) => string;
  readonly added: (value: string, updates: string) => string;
}

function placesOf({ graph }: GradientContext, gather: string, scatter: string, indices: string, axis: Attributes): Places {
  const write = (value: string, updates: string, reduction?: string) =>
    graph.op(scatter, [value, indices, updates], { ...axis, ...(reduction && { reduction: { string: reduction } }) });
  return {
    read: (value) => graph.op(gather, [value, indices], axis),
    write,
    added: (value, updates) => write(value, updates, "add"),
  };
}

function elements(context: GradientContext): Places {
  const axis = { axis: { int: intOf(context.node, "axis", 0) } };
  return placesOf(context, "GatherElements", "ScatterElements", context.input(1), axis);
}

function slices(context: GradientContext): Places {
  return placesOf(context, "GatherND", "ScatterND", withBatchIndices(context), {});
}

/** GatherND's indices with those of the batch dimensions in front, as ScatterND has no batch dimensions. */
function withBatchIndices(context: GradientContext): string {
  const { graph, node } = context;
  const indices = context.input(1);
  const batchDims = node.op === "GatherND" ? intOf(node, "batch_dims", 0) : 0;
  if (batchDims === 0) return indices;
  const rank = context.rank(indices);
  const shape = graph.op("Shape", [indices]);
  const scalar = (value: number) => graph.reshape(graph.ints([value]), []);
  // [batch…, places…, 1]
  const each = graph.op("Concat", [graph.slice(shape, 0, 0, rank - 1), graph.ints([1])], { axis: { int: 0 } });
  const own = Array.from({ length: batchDims }, (_, axis) => {
    const size = graph.op("Gather", [shape, scalar(axis)], { axis: { int: 0 } });
    const counted = graph.op("Range", [scalar(0), size, scalar(1)]);
    const dims = Array.from({ length: rank }, (__, other) => (other === axis ? -1 : 1));
    return graph.op("Expand", [graph.reshape(counted, dims), each]);
  });
  return graph.op("Concat", [...own, indices], { axis: { int: rank - 1 } });
}

/** The data's cotangent and the updates'. Without a reduction, places must differ, as the format asks. */
function scatter(context: GradientContext, dy: string, places: Places): ReturnType<GradientRule> {
  const { graph } = context;
  const [data, updates, y] = [context.input(0), context.input(2), context.output()];
  const reduction = stringOf(context.node, "reduction", "none");
  if (reduction === "add") return [() => dy, undefined, () => places.read(dy)];
  if (reduction === "none") return [() => places.write(dy, context.zerosLike(updates)), undefined, () => places.read(dy)];
  if (reduction === "mul") {
    const ones = context.expandLike(context.float(1), data);
    return [
      () => graph.op("Mul", [dy, places.write(ones, updates, "mul")]),
      undefined,
      () => productOfOthers(context, dy, places),
    ];
  }
  // The elements equal to the extremum share its cotangent evenly, as in PyTorch.
  const chosenData = context.real(graph.op("Equal", [data, y]));
  const chosenUpdates = context.real(graph.op("Equal", [updates, places.read(y)]));
  const share = () => graph.op("Div", [dy, places.added(chosenData, chosenUpdates)]);
  return [() => graph.op("Mul", [share(), chosenData]), undefined, () => graph.op("Mul", [places.read(share()), chosenUpdates])];
}

/** dy times everything that was multiplied at a place but the update itself: y / update, with an update of 0 told apart. */
function productOfOthers(context: GradientContext, dy: string, places: Places): string {
  const { graph } = context;
  const [data, updates] = [context.input(0), context.input(2)];
  const isZero = graph.op("Equal", [updates, context.float(0)]);
  const nonzero = graph.op("Where", [isZero, context.float(1), updates]);
  const product = places.read(graph.op("Mul", [dy, places.write(data, nonzero, "mul")]));
  const zeros = places.read(places.added(context.zerosLike(data), context.real(isZero)));
  const whenZeros = (count: number) =>
    graph.op("Where", [graph.op("Equal", [zeros, context.float(count)]), product, context.float(0)]);
  return graph.op("Where", [isZero, whenZeros(1), graph.op("Div", [whenZeros(0), nonzero])]);
}
