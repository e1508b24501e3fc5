import { floatOf, stringOf } from "../../graph/attributes.js";
import type { GradientContext, GradientRule, GradientRules } from "../context.js";

/** Activations: dy times the derivative, written with the output where that is cheaper. At a kink the derivative is PyTorch's. */

const product =
  (derivative: (context: GradientContext) => string): GradientRule =>
  (context, dy) => [() => context.graph.op("Mul", [dy, derivative(context)])];

/** Where `condition` holds, dy, elsewhere 0. */
function masked({ graph }: GradientContext, condition: string, dy: string): string {
  return graph.op("Where", [condition, dy, graph.float(0)]);
}

const isPositive = (context: GradientContext) => context.graph.op("Greater", [context.input(0), context.graph.float(0)]);

/** f(x) for x > 0 has slope `scale`; below, the derivative is `below`. */
const piecewise =
  (scale: number, below: (context: GradientContext) => string): GradientRule =>
  (context, dy) => [
    () => {
      const { graph } = context;
      return graph.op("Mul", [dy, graph.op("Where", [isPositive(context), graph.float(scale), below(context)])]);
    },
  ];

/** 1 or the slope by the sign of the output, several times as fast as Where: whatever is not zero, times this, is clipped. */
const HUGE = 1e38;

function slopeByClipping(context: GradientContext, slope: number): string {
  const { graph } = context;
  return graph.op("Clip", [graph.op("Mul", [context.output(), graph.float(HUGE)]), graph.float(slope), graph.float(1)]);
}

const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

export const activationRules: GradientRules = {
  Identity: (_, dy) => [() => dy],
  Dropout: (context, dy) => {
    if (context.input(2) !== "" && context.requiredInput(2, "training_mode")[0] !== 0)
      throw context.error("Dropout in inference form; export model.eval()");
    return [() => dy];
  },
  Relu: (context, dy) => [() => masked(context, context.graph.op("Greater", [context.output(), context.graph.float(0)]), dy)],
  LeakyRelu: (context, dy) => {
    const slope = floatOf(context.node, "alpha", 0.01);
    if (slope > 0 && slope <= 1) return [() => context.graph.op("Mul", [dy, slopeByClipping(context, slope)])];
    return piecewise(1, ({ graph }) => graph.float(slope))(context, dy, [dy]);
  },
  PRelu: (context, dy) => {
    const { graph } = context;
    const slopeInput = context.input(1);
    return [
      ...piecewise(1, () => slopeInput)(context, dy, [dy]),
      () => context.unbroadcast(graph.op("Mul", [dy, graph.op("Min", [context.input(0), graph.float(0)])]), 1),
    ];
  },
  Elu: (context, dy) => {
    const alpha = floatOf(context.node, "alpha", 1);
    return piecewise(1, ({ graph }) => graph.op("Add", [context.output(), graph.float(alpha)]))(context, dy, [dy]);
  },
  Celu: (context, dy) => {
    const alpha = floatOf(context.node, "alpha", 1);
    return piecewise(1, ({ graph }) => graph.op("Exp", [graph.op("Mul", [context.input(0), graph.float(1 / alpha)])]))(
      context,
      dy,
      [dy],
    );
  },
  Selu: (context, dy) => {
    const alpha = floatOf(context.node, "alpha", SELU.alpha);
    const gamma = floatOf(context.node, "gamma", SELU.gamma);
    return piecewise(gamma, ({ graph }) => graph.op("Add", [context.output(), graph.float(alpha * gamma)]))(context, dy, [dy]);
  },
  Sigmoid: product((context) => {
    const { graph } = context;
    const y = context.output();
    return graph.op("Mul", [y, graph.op("Sub", [graph.float(1), y])]);
  }),
  Tanh: product((context) => oneMinusSquare(context, context.output())),
  Softplus: product((context) => context.graph.op("Sigmoid", [context.input(0)])),
  Mish: product((context) => {
    const { graph } = context;
    const x = context.input(0);
    const tanh = graph.op("Tanh", [graph.op("Softplus", [x])]);
    const slope = graph.op("Mul", [oneMinusSquare(context, tanh), graph.op("Sigmoid", [x])]);
    return graph.op("Add", [tanh, graph.op("Mul", [x, slope])]);
  }),
  Softsign: product((context) => {
    const { graph } = context;
    const size = graph.op("Add", [graph.op("Abs", [context.input(0)]), graph.float(1)]);
    return graph.op("Reciprocal", [graph.op("Mul", [size, size])]);
  }),
  Erf: product((context) => scaledGaussian(context, context.input(0), 1, 2 / Math.sqrt(Math.PI))),
  Gelu: product((context) => (stringOf(context.node, "approximate", "none") === "tanh" ? tanhGelu(context) : exactGelu(context))),
  HardSigmoid: (context, dy) => {
    const { graph } = context;
    const inside = () =>
      graph.op("And", [
        graph.op("Greater", [context.output(), graph.float(0)]),
        graph.op("Less", [context.output(), graph.float(1)]),
      ]);
    return [() => graph.op("Mul", [masked(context, inside(), dy), graph.float(floatOf(context.node, "alpha", 0.2))])];
  },
  HardSwish: product((context) => {
    const { graph } = context;
    const inner = graph.op("Add", [graph.op("Mul", [context.input(0), graph.float(1 / 3)]), graph.float(0.5)]);
    const upper = graph.op("Where", [graph.op("Greater", [context.input(0), graph.float(3)]), graph.float(1), inner]);
    return graph.op("Where", [graph.op("Less", [context.input(0), graph.float(-3)]), graph.float(0), upper]);
  }),
  Clip: (context, dy) => [
    () => {
      const { graph } = context;
      const x = context.input(0);
      const limits = [
        ...(context.input(1) ? [graph.op("GreaterOrEqual", [x, context.input(1)])] : []),
        ...(context.input(2) ? [graph.op("LessOrEqual", [x, context.input(2)])] : []),
      ];
      return limits.length === 0
        ? dy
        : masked(
            context,
            limits.reduce((a, b) => graph.op("And", [a, b])),
            dy,
          );
    },
  ],
};

function oneMinusSquare({ graph }: GradientContext, y: string): string {
  return graph.op("Sub", [graph.float(1), graph.op("Mul", [y, y])]);
}

/** factor · exp(−rate · x²). */
function scaledGaussian({ graph }: GradientContext, x: string, rate: number, factor: number): string {
  const exponent = graph.op("Mul", [graph.op("Mul", [x, x]), graph.float(-rate)]);
  return graph.op("Mul", [graph.op("Exp", [exponent]), graph.float(factor)]);
}

/** Φ(x) + x · φ(x) for the normal distribution's Φ and φ. */
function exactGelu(context: GradientContext): string {
  const { graph } = context;
  const x = context.input(0);
  const erf = graph.op("Erf", [graph.op("Mul", [x, graph.float(Math.SQRT1_2)])]);
  const cumulative = graph.op("Mul", [graph.op("Add", [erf, graph.float(1)]), graph.float(0.5)]);
  return graph.op("Add", [cumulative, graph.op("Mul", [x, scaledGaussian(context, x, 0.5, 1 / Math.sqrt(2 * Math.PI))])]);
}

/** Derivative of x/2 · (1 + tanh(c · (x + 0.044715 x³))), c = √(2/π). */
function tanhGelu(context: GradientContext): string {
  const { graph } = context;
  const x = context.input(0);
  const c = Math.sqrt(2 / Math.PI);
  const square = graph.op("Mul", [x, x]);
  const cubic = (linear: number, factor: number) =>
    graph.op("Add", [graph.op("Mul", [square, graph.float(factor)]), graph.float(linear)]);
  const tanh = graph.op("Tanh", [graph.op("Mul", [x, cubic(c, c * 0.044715)])]);
  const half = graph.op("Mul", [graph.op("Add", [tanh, graph.float(1)]), graph.float(0.5)]);
  const slope = graph.op("Mul", [graph.op("Mul", [x, cubic(c / 2, 1.5 * c * 0.044715)]), oneMinusSquare(context, tanh)]);
  return graph.op("Add", [half, slope]);
}
