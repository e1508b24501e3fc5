import { intOf } from "../../graph/attributes.js";
import type { GradientRules } from "../context.js";

/** Where, Cast, Softmax and LogSoftmax. */
export const selectionRules: GradientRules = {
  Where: (context, dy) => {
    const { graph } = context;
    const condition = context.input(0);
    return [
      undefined,
      () => context.unbroadcast(graph.op("Where", [condition, dy, graph.float(0)]), 1),
      () => context.unbroadcast(graph.op("Where", [condition, graph.float(0), dy]), 2),
    ];
  },
  Cast: (context, dy) => [() => context.graph.op("CastLike", [dy, context.input(0)])],
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
