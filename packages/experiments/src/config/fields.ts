/**
 * What the fields of a configuration are made of: zod schemas whose messages read like those of the rest of the house. `{field}` stands where
 * the field's name belongs, which only the whole configuration knows; a message without it follows the name.
 */
import { resolve } from "node:path";
import { describeChoice, describeLimits, describeUnknown, describeValue, type NumberLimits } from "@latentflow/core";
import { z } from "zod";
import { folderNameFault } from "./folder-name.js";

type Issue = z.core.$ZodRawIssue;

const expected = (what: string) => ({
  error: ({ input }: Issue) => `expected {field} to be ${what}, got ${describeValue(input)}.`,
});

/** Beyond `most` no machine of today gets, or no number is left of what is computed. */
export interface Limits extends NumberLimits {
  readonly most?: number;
}

export function quantity({ most, ...limits }: Limits): z.ZodNumber {
  const { error: outside } = expected(describeLimits(limits));
  const error = (issue: Issue) =>
    issue.code === "too_big" && most !== undefined
      ? `expected {field} to be at most ${most}, got ${describeValue(issue.input)}. Give a smaller number.`
      : outside(issue);
  const { min, above, below, max = most, integer } = limits;
  let schema: z.ZodNumber = integer ? z.int({ error }) : z.number({ error });
  if (min !== undefined) schema = schema.min(min, { error });
  if (above !== undefined) schema = schema.gt(above, { error });
  if (below !== undefined) schema = schema.lt(below, { error });
  return max === undefined ? schema : schema.max(max, { error });
}

export const count = (min: number, most: number) => quantity({ min, integer: true, most });
export const positive = (most: number) => quantity({ above: 0, most });

export function choice<const T extends readonly string[]>(choices: T) {
  return z.enum(choices, { error: ({ input }) => `expected {field} to be ${describeChoice(input, choices)}` });
}

const [LONGEST_LIST, LONGEST_TEXT] = [10_000, 10_000];

export function text() {
  return z
    .string(expected("a text"))
    .min(1, expected("a text that is not empty"))
    .max(LONGEST_TEXT, {
      error: ({ input }) => `expected {field} to have at most ${LONGEST_TEXT} characters, got ${(input as string).length}.`,
    });
}

/** A whole path: the same file from whichever folder a run goes on. */
export const path = () => text().overwrite((given) => resolve(given));

/** A name after which a folder can be called. */
export function attributeName() {
  return text().superRefine((name, { addIssue }) => {
    const fault = folderNameFault("{field}", name);
    if (fault !== null) addIssue({ code: "custom", message: fault });
  });
}

/** @param what for the message */
export function list<T extends z.ZodType>(item: T, what = "a list with an entry or more") {
  return z
    .array(item, expected(what))
    .min(1, expected(what))
    .max(LONGEST_LIST, {
      error: ({ input }) => `expected {field} to have at most ${LONGEST_LIST} entries, got ${(input as unknown[]).length}.`,
    });
}

/** A check of lists. @param key what must differ @param name what to call it in the message */
export function distinct<T>(key: (item: T) => string, name: (item: T) => string = key) {
  return (items: readonly T[], { addIssue }: z.RefinementCtx): void => {
    const seen = new Set<string>();
    for (const item of items) {
      if (seen.has(key(item))) {
        addIssue({ code: "custom", message: `expected {field} to name each once, got ${JSON.stringify(name(item))} twice.` });
        return;
      }
      seen.add(key(item));
    }
  };
}

/** @param what for the message */
export function section<S extends z.ZodRawShape>(shape: S, what = "an options object") {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? describeUnknown(issue.keys as string[], Object.keys(shape))
        : `expected ${what}, got ${describeValue(issue.input)}.`,
  });
}

/** One of several kinds of value. @param what for the message where it is none of them @param names further ones, of which it says the one that was meant */
export function either<const T extends readonly z.ZodType[]>(kinds: T, what: string, names?: readonly string[]) {
  if (names === undefined) return z.union(kinds, expected(what));
  return z.union(kinds, { error: ({ input }) => `expected {field} to be ${what}, or ${describeChoice(input, names)}` });
}

type OfKind = z.ZodObject<{ kind: z.ZodLiteral<string> } & z.ZodRawShape>;

/** Objects that their `kind` tells apart. Editors are told all kinds at once: of several alternatives they offer only the nearest. */
export function ofKind<const T extends readonly [OfKind, ...OfKind[]]>(...sections: T) {
  const kinds = sections.flatMap(({ shape }) => [...shape.kind.values]);
  const error = ({ input }: Issue) => {
    const { kind, ...fields } = (input ?? {}) as { kind?: unknown };
    const like = sections.find(({ shape }) => Object.keys(fields).some((field) => field in shape));
    const hint = kind === undefined && like !== undefined ? ` Did you mean "${[...like.shape.kind.values][0]}"?` : "";
    return `expected {field} to be ${describeChoice(kind, kinds)}${hint}`;
  };
  return z.discriminatedUnion("kind", sections, { error }).meta({ type: "object", properties: { kind: { enum: kinds } } });
}
