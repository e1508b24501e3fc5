import { intOf } from "../graph/attributes.js";
import { type NodeFacts, type ShapeRule, type ShapeRules, shapeText } from "./fact.js";

/** Ops that read or write at places that a tensor of indices names. */
export const scatterShapes: ShapeRules = {
  GatherElements: (facts) => {
    const indices = alongAxis(facts);
    return [{ type: facts.input(0).type, dims: indices }];
  },
  ScatterElements: (facts) => {
    const { type, dims } = facts.input(0);
    const [indices, updates] = [alongAxis(facts), facts.input(2).dims];
    if (indices.join() !== updates.join())
      throw facts.wrong(`an index for each update, got ${shapeText(indices)} and ${shapeText(updates)}`);
    return [{ type, dims }];
  },
  GatherND: (facts) => {
    const { type, dims } = facts.input(0);
    const indices = facts.input(1).dims;
    const batchDims = intOf(facts.node, "batch_dims", 0);
    const depth = indices.at(-1) ?? 0;
    const fits =
      batchDims >= 0 &&
      batchDims < Math.min(dims.length, indices.length) &&
      depth >= 1 &&
      depth <= dims.length - batchDims &&
      dims.slice(0, batchDims).every((dim, i) => dim === indices[i]);
    if (!fits)
      throw facts.wrong(`indices into ${shapeText(dims)} after ${batchDims} common dimensions, got ${shapeText(indices)}`);
    return [{ type, dims: [...indices.slice(0, -1), ...dims.slice(batchDims + depth)] }];
  },
  ScatterND: (facts) => {
    const { type, dims } = facts.input(0);
    const [indices, updates] = [facts.input(1).dims, facts.input(2).dims];
    const depth = indices.at(-1) ?? 0;
    const wanted = [...indices.slice(0, -1), ...dims.slice(depth)];
    if (!(depth >= 1 && depth <= dims.length) || wanted.join() !== updates.join())
      throw facts.wrong(
        `indices into ${shapeText(dims)} and an update for each, got ${shapeText(indices)} and ${shapeText(updates)}`,
      );
    return [{ type, dims }];
  },
  OneHot: (facts) => {
    const indices = facts.input(0).dims;
    const axis = facts.axis(intOf(facts.node, "axis", -1), indices.length + 1);
    return [{ type: facts.input(2).type, dims: indices.toSpliced(axis, 0, facts.value(1)[0]!) }];
  },
} satisfies Record<string, ShapeRule>;

/** The shape of GatherElements' and ScatterElements' indices, which has the data's rank. */
function alongAxis(facts: NodeFacts): readonly number[] {
  const [data, indices] = [facts.input(0).dims, facts.input(1).dims];
  facts.axis(intOf(facts.node, "axis", 0), data.length);
  if (indices.length !== data.length)
    throw facts.wrong(`indices of the data's rank, got ${shapeText(indices)} for ${shapeText(data)}`);
  return indices;
}
