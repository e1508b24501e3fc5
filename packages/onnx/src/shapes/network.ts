import { intOf, intsOf } from "../graph/attributes.js";
import { broadcast } from "./broadcast.js";
import { einsumOf } from "./einsum.js";
import { type Fact, type NodeFacts, type ShapeRule, type ShapeRules, shapeText } from "./fact.js";
import { transposedWindowsOf, windowsOf } from "./spatial.js";

/** Convolutions, pooling and products. */
export const networkShapes: ShapeRules = {
  Conv: (facts) => {
    const { type, dims } = image(facts);
    const filter = facts.input(1).dims;
    const groups = groupsOf(facts, filter[0]!);
    if (filter.length !== dims.length || filter[1]! * groups !== dims[1]) {
      throw facts.wrong(`a filter for ${dims[1]} channels in ${groups} groups, got [${filter.join(", ")}]`);
    }
    return [{ type, dims: [dims[0]!, filter[0]!, ...windowsOf(facts.node, dims.slice(2), filter.slice(2)).output] }];
  },
  ConvTranspose: (facts) => {
    const { type, dims } = image(facts);
    const filter = facts.input(1).dims;
    if (filter.length !== dims.length || filter[0] !== dims[1]) {
      throw facts.wrong(`a filter for ${dims[1]} channels, got [${filter.join(", ")}]`);
    }
    const { output } = transposedWindowsOf(facts.node, dims.slice(2), filter.slice(2));
    return [{ type, dims: [dims[0]!, filter[1]! * groupsOf(facts, filter[0]!), ...output] }];
  },
  AveragePool: pool,
  MaxPool: (facts) => {
    const [y] = pool(facts);
    return [y!, { type: "int64", dims: y!.dims }];
  },
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  Gemm: (facts) => {
    const [a, b] = [facts.input(0), facts.input(1)];
    if (a.dims.length !== 2 || b.dims.length !== 2) throw facts.wrong("two matrices");
    const [rows, inner] = intOf(facts.node, "transA", 0) ? [a.dims[1]!, a.dims[0]!] : [a.dims[0]!, a.dims[1]!];
    const [other, columns] = intOf(facts.node, "transB", 0) ? [b.dims[1]!, b.dims[0]!] : [b.dims[0]!, b.dims[1]!];
    if (inner !== other) throw facts.wrong(`matching matrices, got ${shapeText(a.dims)} and ${shapeText(b.dims)}`);
    return [{ type: a.type, dims: [rows, columns] }];
  },
  MatMul: (facts) => {
    const [a, b] = [facts.input(0), facts.input(1)];
    const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
    const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
    const outer = broadcast(left.slice(0, -2), right.slice(0, -2));
    if (!outer || left.length < 2 || left.at(-1) !== right.at(-2)) {
      throw facts.wrong(`matching matrices, got ${shapeText(a.dims)} and ${shapeText(b.dims)}`);
    }
    const dims = [...outer];
    if (a.dims.length > 1) dims.push(left.at(-2)!);
    if (b.dims.length > 1) dims.push(right.at(-1)!);
    return [{ type: a.type, dims }];
  },
  Einsum: (facts) => {
    const inputs = facts.all();
    const { output, sizes } = einsumOf(
      facts.node,
      inputs.map(({ dims }) => dims),
      (expected) => facts.wrong(expected),
    );
    return [{ type: facts.input(0).type, dims: output.map((letter) => sizes.get(letter)!) }];
  },
};

/** Groups of a convolution, which share the filter's first axis. */
function groupsOf(facts: NodeFacts, shared: number): number {
  const groups = intOf(facts.node, "group", 1);
  if (groups >= 1 && shared % groups === 0) return groups;
  throw facts.wrong(`groups that divide the filter's ${shared} channels, got ${groups}`);
}

function image(facts: NodeFacts): Fact {
  const fact = facts.input(0);
  if (fact.dims.length < 3) throw facts.wrong(`a tensor [n, channels, …], got ${shapeText(fact.dims)}`);
  return fact;
}

function pool(facts: NodeFacts): Fact[] {
  const { type, dims } = image(facts);
  const kernel = intsOf(facts.node, "kernel_shape") ?? [];
  if (kernel.length !== dims.length - 2)
    throw facts.wrong(`a kernel_shape for ${dims.length - 2} axes, got [${kernel.join(", ")}]`);
  const roundUp = intOf(facts.node, "ceil_mode", 0) === 1;
  return [{ type, dims: [dims[0]!, dims[1]!, ...windowsOf(facts.node, dims.slice(2), kernel, roundUp).output] }];
}

function globalPool(facts: NodeFacts): ReturnType<ShapeRule> {
  const { type, dims } = image(facts);
  return [{ type, dims: dims.map((dim, axis) => (axis < 2 ? dim : 1)) }];
}
