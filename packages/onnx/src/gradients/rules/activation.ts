import { floatOf, stringOf } from "../../graph/attributes.js";
import type { GradientContext, GradientRule, GradientRules } from "../context.js";

/** Activations: dy times the derivative, written with the output where that is cheaper. At a kink the derivative is PyTorch's. */

const product =
  (derivative: (context: GradientContext) => string): GradientRule =>
  (context, dy) => [() => context.graph.op("Mul", [dy, derivative(context)])];

/** Where `condition` holds, dy, elsewhere 0. */
function masked(context: GradientContext, condition: string, dy: string): string {
  return context.graph.op("Where", [condition, dy, context.float(0)]);
}

const isPositive = (context: GradientContext) => context.graph.op("Greater", [context.input(0), context.float(0)]);

/** f(x) for x > 0 has slope `scale`; below, the derivative is `below`. */
const piecewise =
  (scale: number, below: (context: GradientContext) => string): GradientRule =>
  (context, dy) => [
    () => {
      const { graph } = context;
      return graph.op("Mul", [dy, graph.op("Where", [isPositive(context), context.float(scale), below(context)])]);
    },
  ];

/** 1 or the slope by the sign of the output, several times as fast as Where: whatever is not zero, times this, is clipped. */
const HUGE = 1e38;

function slopeByClipping(context: GradientContext, slope: number): string {
  const { graph } = context;
  return graph.op("Clip", [graph.op("Mul", [context.output(), context.float(HUGE)]), context.float(slope), context.float(1)]);
}

const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

export const activationRules: GradientRules = {
  Identity: (_, dy) => [() => dy],
  Dropout: (context, dy) => {
    if (context.input(2) !== "" && context.requiredInput(2, "training_mode")[0] !== 0)
      throw context.error("Dropout in inference form; export model.eval()");
    return [() => dy];
  },
  Relu: (context, dy) => [() => masked(context, context.graph.op("Greater", [context.output(), context.float(0)]), dy)],
  LeakyRelu: (context, dy) => {
    const slope = floatOf(context.node, "alpha", 0.01);
    if (slope > 0 && slope <= 1 && context.type === "float32")
      return [() => context.graph.op("Mul", [dy, slopeByClipping(context, slope)])];
    return piecewise(1, () => context.float(slope))(context, dy, [dy]);
  },
  PRelu: (context, dy) => {
    const { graph } = context;
    const slopeInput = context.input(1);
    return [
      ...piecewise(1, () => slopeInput)(context, dy, [dy]),
      () => context.unbroadcast(graph.op("Mul", [dy, graph.op("Min", [context.input(0), context.float(0)])]), 1),
    ];
  },
  Elu: (context, dy) => {
    const alpha = floatOf(context.node, "alpha", 1);
    return piecewise(1, () => context.graph.op("Add", [context.output(), context.float(alpha)]))(context, dy, [dy]);
  },
  Celu: (context, dy) => {
    const alpha = floatOf(context.node, "alpha", 1);
    const scaled = () => context.graph.op("Mul", [context.input(0), context.float(1 / alpha)]);
    return piecewise(1, () => context.graph.op("Exp", [scaled()]))(context, dy, [dy]);
  },
  Selu: (context, dy) => {
    const alpha = floatOf(context.node, "alpha", SELU.alpha);
    const gamma = floatOf(context.node, "gamma", SELU.gamma);
    return piecewise(gamma, () => context.graph.op("Add", [context.output(), context.float(alpha * gamma)]))(context, dy, [dy]);
  },
  Sigmoid: product((context) => {
    const { graph } = context;
    const y = context.output();
    return graph.op("Mul", [y, graph.op("Sub", [context.float(1), y])]);
  }),
  Tanh: product((context) => oneMinusSquare(context, context.output())),
  Softplus: product((context) => context.graph.op("Sigmoid", [context.input(0)])),
  // σ(αx) · (1 + αx · (1 − σ(αx)))
  Swish: product((context) => {
    const { graph } = context;
    const scaled = graph.op("Mul", [context.input(0), context.float(floatOf(context.node, "alpha", 1))]);
    const gate = graph.op("Sigmoid", [scaled]);
    const bend = graph.op("Mul", [scaled, graph.op("Sub", [context.float(1), gate])]);
    return graph.op("Mul", [gate, graph.op("Add", [context.float(1), bend])]);
  }),
  Mish: product((context) => {
    const { graph } = context;
    const x = context.input(0);
    const tanh = graph.op("Tanh", [graph.op("Softplus", [x])]);
    const slope = graph.op("Mul", [oneMinusSquare(context, tanh), graph.op("Sigmoid", [x])]);
    return graph.op("Add", [tanh, graph.op("Mul", [x, slope])]);
  }),
  Softsign: product((context) => {
    const { graph } = context;
    const size = graph.op("Add", [graph.op("Abs", [context.input(0)]), context.float(1)]);
    return graph.op("Reciprocal", [graph.op("Mul", [size, size])]);
  }),
  Erf: product((context) => scaledGaussian(context, context.input(0), 1, 2 / Math.sqrt(Math.PI))),
  Gelu: product((context) => (stringOf(context.node, "approximate", "none") === "tanh" ? tanhGelu(context) : exactGelu(context))),
  HardSigmoid: (context, dy) => {
    const { graph } = context;
    const inside = () =>
      graph.op("And", [
        graph.op("Greater", [context.output(), context.float(0)]),
        graph.op("Less", [context.output(), context.float(1)]),
      ]);
    return [() => graph.op("Mul", [masked(context, inside(), dy), context.float(floatOf(context.node, "alpha", 0.2))])];
  },
  HardSwish: product((context) => {
    const { graph } = context;
    const inner = graph.op("Add", [graph.op("Mul", [context.input(0), context.float(1 / 3)]), context.float(0.5)]);
    const upper = graph.op("Where", [graph.op("Greater", [context.input(0), context.float(3)]), context.float(1), inner]);
    return graph.op("Where", [graph.op("Less", [context.input(0), context.float(-3)]), context.float(0), upper]);
  }),
  Clip: clip,
};

/**
 * Inside the limits, both included, the cotangent goes to x, beyond them to the limit. Where the lower limit is above the upper one, the upper one
 * counts.
 */
function clip(...[context, dy]: Parameters<GradientRule>): ReturnType<GradientRule> {
  const { graph } = context;
  const [x, low, high] = [context.input(0), context.input(1), context.input(2)];
  const all = (...conditions: string[]) => conditions.reduce((a, b) => graph.op("And", [a, b]));
  const to = (limit: number, ...conditions: string[]) => context.unbroadcast(masked(context, all(...conditions), dy), limit);
  return [
    () => {
      const inside = [
        ...(low ? [graph.op("GreaterOrEqual", [x, low])] : []),
        ...(high ? [graph.op("LessOrEqual", [x, high])] : []),
      ];
      return inside.length === 0 ? dy : masked(context, all(...inside), dy);
    },
    () => to(1, graph.op("Less", [x, low]), ...(high ? [graph.op("LessOrEqual", [low, high])] : [])),
    () => to(2, graph.op("Greater", [low ? graph.op("Max", [x, low]) : x, high])),
  ];
}

function oneMinusSquare(context: GradientContext, y: string): string {
  return context.graph.op("Sub", [context.float(1), context.graph.op("Mul", [y, y])]);
}

/** factor · exp(−rate · x²). */
function scaledGaussian(context: GradientContext, x: string, rate: number, factor: number): string {
  const { graph } = context;
  const exponent = graph.op("Mul", [graph.op("Mul", [x, x]), context.float(-rate)]);
  return graph.op("Mul", [graph.op("Exp", [exponent]), context.float(factor)]);
}

/** Φ(x) + x · φ(x) for the normal distribution's Φ and φ. */
function exactGelu(context: GradientContext): string {
  const { graph } = context;
  const x = context.input(0);
  const erf = graph.op("Erf", [graph.op("Mul", [x, context.float(Math.SQRT1_2)])]);
  const cumulative = graph.op("Mul", [graph.op("Add", [erf, context.float(1)]), context.float(0.5)]);
  return graph.op("Add", [cumulative, graph.op("Mul", [x, scaledGaussian(context, x, 0.5, 1 / Math.sqrt(2 * Math.PI))])]);
}

/** Derivative of x/2 · (1 + tanh(c · (x + 0.044715 x³))), c = √(2/π). */
function tanhGelu(context: GradientContext): string {
  const { graph } = context;
  const x = context.input(0);
  const c = Math.sqrt(2 / Math.PI);
  const square = graph.op("Mul", [x, x]);
  const cubic = (linear: number, factor: number) =>
    graph.op("Add", [graph.op("Mul", [square, context.float(factor)]), context.float(linear)]);
  const tanh = graph.op("Tanh", [graph.op("Mul", [x, cubic(c, c * 0.044715)])]);
  const half = graph.op("Mul", [graph.op("Add", [tanh, context.float(1)]), context.float(0.5)]);
  const slope = graph.op("Mul", [graph.op("Mul", [x, cubic(c / 2, 1.5 * c * 0.044715)]), oneMinusSquare(context, tanh)]);
  return graph.op("Add", [half, slope]);
}
