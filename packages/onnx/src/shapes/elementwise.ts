import { intOf } from "../graph/attributes.js";
import type { DataType } from "../graph/data-types.js";
import { typeOfCode } from "../graph/data-types.js";
import { describeNode, sizeOf } from "../graph/model.js";
import { broadcast, broadcastOffsets } from "./broadcast.js";
import { type Fact, LARGEST_VALUE, type NodeFacts, type ShapeRule, type ShapeRules } from "./fact.js";

const isInteger = (type: DataType) => !type.startsWith("float");

/** Ops of one tensor that keep its shape, with their value where shape computations use it. */
const UNARY: Readonly<Record<string, ((x: number) => number) | undefined>> = {
  Identity: (x) => x,
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
      "Relu LeakyRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Erf Gelu Mish Sin Cos Clip Softmax LogSoftmax PRelu " +
      "ThresholdedRelu LayerNormalization InstanceNormalization GroupNormalization BatchNormalization RandomNormalLike RandomUniformLike CumSum Trilu"
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
  Div: ([a, b], type) => (isInteger(type) ? Math.trunc(a! / b!) : a! / b!),
  Pow: ([a, b]) => a! ** b!,
  Mod: ([a, b]) => a! - b! * Math.floor(a! / b!),
  Min: (values) => Math.min(...values),
  Max: (values) => Math.max(...values),
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

export const elementwiseShapes: ShapeRules = {
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
  Where: (facts) => [broadcasting(facts, facts.all(), facts.input(1).type, ([condition, a, b]) => (condition ? a! : b!))],
  Dropout: (facts) => [facts.input(0), { type: "bool", dims: facts.input(0).dims }],
  Cast: (facts) => {
    const type = typeOfCode(intOf(facts.node, "to", 0), describeNode(facts.node));
    const { dims, value } = facts.input(0);
    const convert = type === "bool" ? (x: number) => (x === 0 ? 0 : 1) : isInteger(type) ? Math.trunc : (x: number) => x;
    return [{ type, dims, value: value?.map(convert) }];
  },
};

function unary(f: ((x: number) => number) | undefined): ShapeRule {
  return (facts) => {
    const { type, dims, value } = facts.input(0);
    return [{ type, dims, value: f && value?.map(f) }];
  };
}

function broadcasting(facts: NodeFacts, inputs: readonly Fact[], type: DataType, f: (values: number[]) => number): Fact {
  const dims = broadcast(...inputs.map((input) => input.dims));
  if (!dims) throw facts.wrong(`shapes that broadcast, got ${inputs.map((input) => `[${input.dims.join(", ")}]`).join(" and ")}`);
  if (sizeOf(dims) > LARGEST_VALUE || inputs.some((input) => !input.value)) return { type, dims };
  const sources = inputs.map((input) => broadcastOffsets(input.dims, dims).map((at) => input.value![at]!));
  const value = Array.from({ length: sizeOf(dims) }, (_, i) => f(sources.map((source) => source[i]!)));
  return { type, dims, value };
}
