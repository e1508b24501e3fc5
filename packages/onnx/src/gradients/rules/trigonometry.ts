import type { GradientContext, GradientRule, GradientRules } from "../context.js";

/** Trigonometric and hyperbolic functions and their inverses. */
export const trigonometricRules: GradientRules = {
  Sin: times((context, x) => context.graph.op("Cos", [x])),
  Cos: times((context, x) => context.graph.op("Neg", [context.graph.op("Sin", [x])])),
  Tan: times((context) => onePlusSquare(context, context.output())),
  Asin: over((context, x) => context.graph.op("Sqrt", [oneMinusSquare(context, x)])),
  Acos: over((context, x) => context.graph.op("Neg", [context.graph.op("Sqrt", [oneMinusSquare(context, x)])])),
  Atan: over(onePlusSquare),
  Sinh: times((context, x) => context.graph.op("Cosh", [x])),
  Cosh: times((context, x) => context.graph.op("Sinh", [x])),
  Asinh: over((context, x) => context.graph.op("Sqrt", [onePlusSquare(context, x)])),
  Acosh: over((context, x) => {
    const { graph } = context;
    const below = graph.op("Sub", [x, context.float(1)]);
    return graph.op("Sqrt", [graph.op("Mul", [below, graph.op("Add", [x, context.float(1)])])]);
  }),
  Atanh: over(oneMinusSquare),
};

type OfInput = (context: GradientContext, x: string) => string;

function times(slope: OfInput): GradientRule {
  return (context, dy) => [() => context.graph.op("Mul", [dy, slope(context, context.input(0))])];
}

function over(divisor: OfInput): GradientRule {
  return (context, dy) => [() => context.graph.op("Div", [dy, divisor(context, context.input(0))])];
}

function onePlusSquare(context: GradientContext, x: string): string {
  return context.graph.op("Add", [context.float(1), context.graph.op("Mul", [x, x])]);
}

/** As (1 − x) · (1 + x): next to 1, the square's rounding would be all that is left. */
function oneMinusSquare(context: GradientContext, x: string): string {
  const { graph } = context;
  return graph.op("Mul", [graph.op("Sub", [context.float(1), x]), graph.op("Add", [context.float(1), x])]);
}
