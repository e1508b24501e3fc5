import { intOf } from "../graph/attributes.js";
import { type DataType, isFloat, typeOfCode } from "../graph/data-types.js";
import { describeNode, sizeOf } from "../graph/model.js";
import { broadcast, broadcastOffsets } from "./broadcast.js";
import { type Fact, LARGEST_VALUE, type NodeFacts, type ShapeRule, type ShapeRules, shapeText } from "./fact.js";

/** Ops of one tensor that keep its shape, with their value where shape computations use it. */
const UNARY: Readonly<Record<string, ((x: number) => number) | undefined>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Reciprocal: (x) => 1 / x,
  Sign: Math.sign,
  Not: (x) => (x === 0 ? 1 : 0),
  ...Object.fromEntries(
    (
      "Relu LeakyRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Erf Gelu Mish Swish Sin Cos Tan Asin Acos Atan Sinh Cosh " +
      "Asinh Acosh Atanh Clip PRelu ThresholdedRelu Shrink MeanVarianceNormalization"
    )
      .split(" ")
      .map((op) => [op, undefined]),
  ),
};

/** Ops with broadcasting. */
const BROADCAST: Readonly<Record<string, (values: number[], type: DataType) => number>> = {
  Add: ([a, b]) => a! + b!,
  Sub: ([a, b]) => a! - b!,
  Mul: ([a, b]) => a! * b!,
  Div: ([a, b], type) => (isFloat(type) ? a! / b! : Math.trunc(a! / b!)),
  Pow: ([a, b]) => a! ** b!,
  Mod: ([a, b]) => a! - b! * Math.floor(a! / b!),
  Min: (values) => values.reduce((a, b) => Math.min(a, b)),
  Max: (values) => values.reduce((a, b) => Math.max(a, b)),
  Sum: (values) => values.reduce((sum, x) => sum + x, 0),
  Mean: (values) => values.reduce((sum, x) => sum + x, 0) / values.length,
};

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  And: (a, b) => a !== 0 && b !== 0,
  Or: (a, b) => a !== 0 || b !== 0,
  Xor: (a, b) => (a !== 0) !== (b !== 0),
};

/** Ops along an axis that keep the shape, with the axis' default. */
const ALONG_AXIS: Readonly<Record<string, number>> = {
  Softmax: -1,
  LogSoftmax: -1,
  Hardmax: -1,
  RMSNormalization: -1,
  LpNormalization: -1,
};

export const elementwiseShapes: ShapeRules = {
  Identity: (facts) => [facts.given(0)],
  ...Object.fromEntries(Object.entries(UNARY).map(([op, f]) => [op, unary(f)])),
  ...Object.fromEntries(
    Object.entries(BROADCAST).map(([op, f]): [string, ShapeRule] => [
      op,
      (facts) => {
        const { type } = facts.input(0);
        return [broadcasting(facts, facts.all(), type, (values) => f(values, type))];
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(COMPARE).map(([op, f]): [string, ShapeRule] => [
      op,
      (facts) => [broadcasting(facts, facts.all(), "bool", ([a, b]) => (f(a!, b!) ? 1 : 0))],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(ALONG_AXIS).map(([op, otherwise]): [string, ShapeRule] => [
      op,
      (facts) => {
        const { type, dims } = facts.input(0);
        facts.axis(intOf(facts.node, "axis", otherwise), dims.length);
        return [{ type, dims }];
      },
    ]),
  ),
  ...Object.fromEntries(
    ["BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN"].map((op) => [op, perChannel]),
  ),
  ...Object.fromEntries(["IsNaN", "IsInf"].map((op) => [op, (facts) => [{ type: "bool", dims: facts.input(0).dims }]])),
  ...Object.fromEntries(["RandomNormalLike", "RandomUniformLike", "Bernoulli", "EyeLike"].map((op) => [op, filled])),
  LayerNormalization: (facts) => {
    const { type, dims } = facts.input(0);
    const first = facts.axis(intOf(facts.node, "axis", -1), dims.length);
    const moments: Fact = { type: "float32", dims: dims.map((dim, axis) => (axis < first ? dim : 1)) };
    return [{ type, dims }, moments, moments];
  },
  CumSum: (facts) => {
    const { type, dims } = facts.input(0);
    const axis = facts.given(1).value?.[0];
    if (axis !== undefined) facts.axis(axis, dims.length);
    return [{ type, dims }];
  },
  Trilu: (facts) => {
    const { type, dims } = facts.input(0);
    if (dims.length < 2) throw facts.wrong(`a tensor of rank 2 or more, got ${shapeText(dims)}`);
    return [{ type, dims }];
  },
  Where: (facts) => [broadcasting(facts, facts.all(), facts.input(1).type, ([condition, a, b]) => (condition ? a! : b!))],
  Dropout: (facts) => [facts.input(0), { type: "bool", dims: facts.input(0).dims }],
  Cast: (facts) => [cast(facts.input(0), typeOfCode(intOf(facts.node, "to", 0), describeNode(facts.node)))],
  CastLike: (facts) => [cast(facts.input(0), facts.input(1).type)],
};

function cast({ dims, value }: Fact, type: DataType): Fact {
  const convert = type === "bool" ? (x: number) => (x === 0 ? 0 : 1) : isFloat(type) ? (x: number) => x : Math.trunc;
  return { type, dims, value: value?.map(convert) };
}

/** Normalisations of each channel. */
function perChannel(facts: NodeFacts): Fact[] {
  const { type, dims } = facts.input(0);
  if (dims.length < 2) throw facts.wrong(`a tensor [n, channels, …], got ${shapeText(dims)}`);
  return [{ type, dims }];
}

/** A tensor like another one, of a type of its own if it says so. */
function filled(facts: NodeFacts): Fact[] {
  const { type, dims } = facts.input(0);
  const code = intOf(facts.node, "dtype", 0);
  return [{ type: code === 0 ? type : typeOfCode(code, describeNode(facts.node)), dims }];
}

function unary(f: ((x: number) => number) | undefined): ShapeRule {
  return (facts) => {
    const { type, dims, value } = facts.input(0);
    return [{ type, dims, value: f && value?.map(f) }];
  };
}

function broadcasting(facts: NodeFacts, inputs: readonly Fact[], type: DataType, f: (values: number[]) => number): Fact {
  const dims = broadcast(...inputs.map((input) => input.dims));
  if (!dims)
    throw facts.wrong(
      `shapes that broadcast, got ${inputs
        .slice(0, 8)
        .map(({ dims: own }) => shapeText(own))
        .join(" and ")}`,
    );
  const size = sizeOf(dims);
  // Sum, Max and their like take any number of inputs.
  if (size > LARGEST_VALUE || size * inputs.length > 16 * LARGEST_VALUE || inputs.some((input) => !input.value))
    return { type, dims };
  const sources = inputs.map((input) => broadcastOffsets(input.dims, dims).map((at) => input.value![at]!));
  const value = Array.from({ length: size }, (_, i) => f(sources.map((source) => source[i]!)));
  return { type, dims, value };
}
