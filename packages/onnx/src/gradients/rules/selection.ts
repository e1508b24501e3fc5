import { intOf } from "../../graph/attributes.js";
import type { GradientRules } from "../context.js";

/** Where, Trilu, Cast, Softmax and LogSoftmax. */
export const selectionRules: GradientRules = {
  Where: (context, dy) => {
    const { graph } = context;
    const condition = context.input(0);
    return [
      undefined,
      () => context.unbroadcast(graph.op("Where", [condition, dy, context.float(0)]), 1),
      () => context.unbroadcast(graph.op("Where", [condition, context.float(0), dy]), 2),
    ];
  },
  Trilu: (context, dy) => [
    () => {
      const which = context.node.inputs.slice(1);
      return context.graph.op("Trilu", [dy, ...which], { upper: { int: intOf(context.node, "upper", 1) } });
    },
  ],
  // Cotangents are brought to the type of the value they belong to wherever they differ.
  Cast: (_, dy) => [() => dy],
  CastLike: (_, dy) => [() => dy, null],
  Softmax: (context, dy) => [
    () => {
      const { graph } = context;
      const weighted = graph.op("Mul", [dy, context.output()]);
      const total = graph.reduceSum(weighted, [intOf(context.node, "axis", -1)], true);
      return graph.op("Sub", [weighted, graph.op("Mul", [context.output(), total])]);
    },
  ],
  LogSoftmax: (context, dy) => [
    () => {
      const { graph } = context;
      const total = graph.reduceSum(dy, [intOf(context.node, "axis", -1)], true);
      return graph.op("Sub", [dy, graph.op("Mul", [graph.op("Exp", [context.output()]), total])]);
    },
  ],
};
