import type { GradientContext, GradientRule, GradientRules } from "../context.js";

/** Add, Sub, Mul, Div, Pow, Min, Max and their like, with broadcasting. */

const sum: GradientRule = (context, dy) => context.node.inputs.map((_, i) => () => context.unbroadcast(dy, i));

/** Min and Max: the cotangent goes to the input that was chosen; equal ones share it, as in PyTorch. */
const extremum: GradientRule = (context, dy) => {
  const { graph, node } = context;
  const chosen = (i: number) => context.real(graph.op("Equal", [context.input(i), context.output()]));
  const activeInputs = node.inputs.flatMap((_, i) => (context.isActive(i) ? [i] : []));
  const shared = () => {
    if (activeInputs.length < 2) return dy;
    const count = activeInputs.map(chosen).reduce((a, b) => graph.op("Add", [a, b]));
    return graph.op("Div", [dy, graph.op("Max", [count, context.float(1)])]);
  };
  return node.inputs.map((_, i) => () => context.unbroadcast(graph.op("Mul", [shared(), chosen(i)]), i));
};

/** Whether input i is repeated to the output's shape: its gradient is then a sum, and small. */
function isRepeated(context: GradientContext, i: number): boolean {
  const [own, all] = [context.dims(context.input(i)), context.dims(context.output())];
  return own.length < all.length || own.some((dim, axis) => dim === 1 && all[axis] !== 1);
}

/**
 * `value`, once `first` is there. Runtimes order what is independent as they like, ONNX Runtime depth first: all the small sums of a network's styles would
 * come last, and every cotangent and activation that they are made from would be kept until then.
 */
function after(context: GradientContext, value: string, first: string): string {
  const { graph } = context;
  const yes = graph.constant({ type: "bool", dims: [], data: Uint8Array.of(1) }, "yes");
  return graph.op("Where", [yes, value, first]);
}

export const arithmeticRules: GradientRules = {
  Add: sum,
  Sum: sum,
  Mean: (context, dy) => {
    const part = context.graph.op("Mul", [dy, context.float(1 / context.node.inputs.length)]);
    return context.node.inputs.map((_, i) => () => context.unbroadcast(part, i));
  },
  Sub: (context, dy) => [() => context.unbroadcast(dy, 0), () => context.graph.op("Neg", [context.unbroadcast(dy, 1)])],
  Mul: (context, dy) => {
    const [a, b] = [context.input(0), context.input(1)];
    const toA = (factor: string) => context.unbroadcast(context.graph.op("Mul", [dy, factor]), 0);
    const toB = (factor: string) => context.unbroadcast(context.graph.op("Mul", [dy, factor]), 1);
    if (!context.isActive(0) || !context.isActive(1)) return [() => toA(b), () => toB(a)];
    if (isRepeated(context, 1)) {
      const small = toB(a);
      return [() => toA(after(context, b, small)), () => small];
    }
    if (isRepeated(context, 0)) {
      const small = toA(b);
      return [() => small, () => toB(after(context, a, small))];
    }
    return [() => toA(b), () => toB(a)];
  },
  Div: (context, dy) => {
    const { graph } = context;
    const quotient = () => graph.op("Div", [dy, context.input(1)]);
    return [
      () => context.unbroadcast(quotient(), 0),
      () => graph.op("Neg", [context.unbroadcast(graph.op("Mul", [quotient(), context.output()]), 1)]),
    ];
  },
  Pow: (context, dy) => [
    () => context.unbroadcast(powerOfBase(context, dy), 0),
    () => context.unbroadcast(powerOfExponent(context, dy), 1),
  ],
  Min: extremum,
  Max: extremum,
  Neg: ({ graph }, dy) => [() => graph.op("Neg", [dy])],
  Sqrt: (context, dy) => {
    const { graph } = context;
    return [() => graph.op("Div", [graph.op("Mul", [dy, context.float(0.5)]), context.output()])];
  },
  Reciprocal: (context, dy) => {
    const { graph } = context;
    const square = () => graph.op("Mul", [context.output(), context.output()]);
    return [() => graph.op("Neg", [graph.op("Mul", [dy, square()])])];
  },
  Exp: (context, dy) => [() => context.graph.op("Mul", [dy, context.output()])],
  Log: (context, dy) => [() => context.graph.op("Div", [dy, context.input(0)])],
  Abs: (context, dy) => [() => context.graph.op("Mul", [dy, context.graph.op("Sign", [context.input(0)])])],
};

/** dy · p · x^(p − 1), without powers where the exponent is a small constant. */
function powerOfBase(context: GradientContext, dy: string): string {
  const { graph } = context;
  const [x, p] = [context.input(0), context.input(1)];
  const constant = context.constantInput(1);
  const exponent = constant?.length === 1 ? constant[0]! : undefined;
  if (exponent === 0) return context.expandLike(context.float(0), context.output());
  if (exponent === 1) return dy;
  if (exponent === 2) return graph.op("Mul", [graph.op("Mul", [dy, context.float(2)]), x]);
  if (exponent !== undefined) {
    const power = graph.op("Pow", [x, context.float(exponent - 1)]);
    return graph.op("Mul", [graph.op("Mul", [dy, context.float(exponent)]), power]);
  }
  // Exponents may be integers.
  const real = graph.op("CastLike", [p, x]);
  const power = graph.op("Pow", [x, graph.op("Sub", [real, context.float(1)])]);
  const slope = graph.op("Mul", [graph.op("Mul", [dy, real]), power]);
  // x⁰ is 1 also at 0, where the formula is 0 · ∞.
  return graph.op("Where", [graph.op("Equal", [real, context.float(0)]), context.float(0), slope]);
}

/** dy · x^p · ln x; 0 at x = 0, where x^p is 0 for every positive p. */
function powerOfExponent(context: GradientContext, dy: string): string {
  const { graph } = context;
  const x = context.input(0);
  const slope = graph.op("Mul", [graph.op("Mul", [dy, context.output()]), graph.op("Log", [x])]);
  return graph.op("Where", [graph.op("Equal", [x, context.float(0)]), context.float(0), slope]);
}
