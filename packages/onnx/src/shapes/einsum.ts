import type { OnnxError } from "../errors.js";
import { stringOf } from "../graph/attributes.js";
import type { Dim, OnnxNode } from "../graph/model.js";

/** An Einsum's equation with a letter for every axis: those of "…" are named, too. */
export interface EinsumEquation<D extends Dim> {
  /** The letters of each operand's axes. */
  readonly terms: readonly (readonly string[])[];
  readonly output: readonly string[];
  /** The size of each letter; where operands differ, as one of them is repeated, it is not 1. */
  readonly sizes: ReadonlyMap<string, D>;
}

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** @throws what `wrong` makes, for an equation that does not fit the operands' shapes */
export function einsumOf<D extends Dim>(
  node: OnnxNode,
  shapes: readonly (readonly D[])[],
  wrong: (expected: string) => OnnxError,
): EinsumEquation<D> {
  const equation = stringOf(node, "equation", "").replaceAll(" ", "");
  if (equation.length > 1000) throw wrong(`an equation of 1,000 letters at most, got ${equation.length}`);
  const [left, right, ...more] = equation.split("->");
  const given = (left ?? "").split(",");
  if (more.length > 0 || given.length !== shapes.length)
    throw wrong(`an equation with a term for each of ${shapes.length} operands, got "${equation}"`);
  const plain = /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/;
  if (![...given, right ?? ""].every((term) => plain.test(term)))
    throw wrong(`an equation of letters and "...", got "${equation}"`);
  const unused = LETTERS.filter((letter) => !equation.includes(letter));
  const widths = given.map((term, i) => shapes[i]!.length - term.replace("...", "").length);
  const widest = given.reduce((most, term, i) => (term.includes("...") ? Math.max(most, widths[i]!) : most), 0);
  if (widest > unused.length) throw wrong(`an equation of 52 letters at most with those of "...", got "${equation}"`);
  const rest = unused.slice(0, widest);
  const terms = given.map((term, i) => expand(term, rest.slice(widest - Math.max(widths[i]!, 0))));
  if (terms.some((term, i) => term.length !== shapes[i]!.length))
    throw wrong(
      `an equation with a letter for each axis, got "${equation}" for ranks ${shapes.map((dims) => dims.length).join(", ")}`,
    );
  const sizes = new Map<string, D>();
  terms.forEach((term, i) => {
    term.forEach((letter, axis) => {
      const size = shapes[i]![axis]!;
      const known: Dim | undefined = sizes.get(letter);
      if (known === undefined || known === 1) sizes.set(letter, size);
      else if (size !== known && size !== 1) throw wrong(`one size for "${letter}" in "${equation}", got ${known} and ${size}`);
    });
  });
  const output = right === undefined ? implicitOutput(terms, rest) : expand(right, rest);
  if (new Set(output).size !== output.length || !output.every((letter) => sizes.has(letter)))
    throw wrong(`an output of different letters that operands have, got "${equation}"`);
  return { terms, output, sizes };
}

/** A term's letters, with those of "..." in its place. */
function expand(term: string, rest: readonly string[]): string[] {
  const at = term.indexOf("...");
  return at < 0 ? [...term] : [...term.slice(0, at), ...rest, ...term.slice(at + 3)];
}

/** Without "->": the axes of "...", then every letter that occurs once, in alphabetical order. */
function implicitOutput(terms: readonly (readonly string[])[], rest: readonly string[]): string[] {
  const all = terms.flat();
  const once = all.filter((letter) => !rest.includes(letter) && all.indexOf(letter) === all.lastIndexOf(letter));
  return [...rest, ...once.sort()];
}
