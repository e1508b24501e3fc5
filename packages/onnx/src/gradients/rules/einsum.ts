import type { Dim } from "../../graph/model.js";
import { type EinsumEquation, einsumOf } from "../../shapes/einsum.js";
import type { GradientContext, GradientRules } from "../context.js";

/** An operand's cotangent is the Einsum of dy and the other operands, with the operand's letters as the output. */
export const einsumRules: GradientRules = {
  Einsum: (context, dy) => {
    const shapes = context.inputs.map((name) => context.dims(name));
    const equation = einsumOf<Dim>(context.node, shapes, (expected) => context.error(expected));
    return shapes.map((dims, i) => () => operandCotangent(context, dy, equation, i, dims));
  },
};

function operandCotangent(
  context: GradientContext,
  dy: string,
  { terms, output, sizes }: EinsumEquation<Dim>,
  operand: number,
  dims: readonly Dim[],
): string {
  const { graph } = context;
  const own = terms[operand]!;
  const others = terms.flatMap((term, i) => (i === operand ? [] : [{ term, name: context.input(i) }]));
  const letters = [...new Set(own)];
  // Along an axis of size 1 that others repeat, the cotangent is a sum; a letter that only this operand has was summed over, so dy is repeated.
  const isRepeated = (letter: string) => dims[own.indexOf(letter)] === 1 && sizes.get(letter) !== 1;
  const isElsewhere = (letter: string) => output.includes(letter) || others.some(({ term }) => term.includes(letter));
  const target = letters.filter((letter) => !isRepeated(letter) && isElsewhere(letter));
  const equation = `${[output, ...others.map(({ term }) => term)].map((term) => term.join("")).join(",")}->${target.join("")}`;
  const product = graph.op("Einsum", [dy, ...others.map(({ name }) => name)], { equation: { string: equation } });
  const missing = letters.flatMap((letter, axis) => (target.includes(letter) ? [] : [axis]));
  const kept = missing.length === 0 ? product : graph.op("Unsqueeze", [product, graph.ints(missing)]);
  return context.expandLike(onDiagonals(context, kept, own, sizes), context.input(operand));
}

/** A letter that an operand has twice reads a diagonal only: dy goes there, zeros elsewhere. */
function onDiagonals(context: GradientContext, value: string, own: readonly string[], sizes: ReadonlyMap<string, Dim>): string {
  const { graph } = context;
  const again = own.flatMap((letter, axis) => (own.indexOf(letter) < axis ? [axis] : []));
  if (again.length === 0) return value;
  const spread = graph.op("Unsqueeze", [value, graph.ints(again)]);
  return again.reduce((product, axis) => {
    const letter = own[axis]!;
    const size = sizes.get(letter)!;
    if (typeof size !== "number")
      throw context.error(`a fixed size of the repeated letter "${letter}", got ${size}; only the batch may vary`);
    const shape = own.map((_, other) => (other === axis || other === own.indexOf(letter) ? size : 1));
    const identity = () => Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
    return graph.op("Mul", [product, context.reals(shape, identity, "diagonal")]);
  }, spread);
}
