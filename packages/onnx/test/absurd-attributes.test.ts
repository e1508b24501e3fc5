import { expect, it } from "vitest";
import { type AttributeValue, differentiate, OnnxError } from "../src/index.js";
import { type Case, cases, modelOf } from "./gradient-cases.js";

/** Every axis, order, shape, size and count of every op in turn set to something that no exporter writes. */

const ABSURD = [-(2 ** 32) - 1, 2 ** 32 + 1, -1, -7, 0, 63, 2 ** 31, 2 ** 53];

function* withOneAbsurdNumber(item: Case): Generator<[string, Case]> {
  for (const [name, value] of Object.entries(item.attributes)) {
    const replaced = (changed: AttributeValue) => ({ ...item, attributes: { ...item.attributes, [name]: changed } });
    for (const number of ABSURD) {
      if ("int" in value) yield [`${name} ${number}`, replaced({ int: number })];
      if ("ints" in value)
        for (const i of value.ints.keys()) yield [`${name} ${i} ${number}`, replaced({ ints: value.ints.with(i, number) })];
      if ("ints" in value) yield [`${name} all ${number}`, replaced({ ints: value.ints.map(() => number) })];
    }
    if ("ints" in value) yield [`${name} none`, replaced({ ints: [] })];
    if ("string" in value) yield [`${name} unknown`, replaced({ string: "unknown" })];
  }
  for (const number of ABSURD) {
    const all = Object.entries(item.attributes).map(([name, value]): [string, AttributeValue] => {
      if ("ints" in value) return [name, { ints: value.ints.map(() => number) }];
      return [name, "int" in value ? { int: number } : value];
    });
    yield [`all ${number}`, { ...item, attributes: Object.fromEntries(all) }];
  }
  for (const [i, input] of item.inputs.entries()) {
    if (input?.type !== "int64" || item.wrt.includes(i)) continue;
    for (const number of ABSURD) {
      const data = input.data.with(0, number);
      yield [`input ${i} ${number}`, { ...item, inputs: item.inputs.with(i, { ...input, data }) }];
    }
  }
}

it.each(cases.map((item) => [item.name, item] as const))("%s: a gradient or a typed error that names the node", (_, item) => {
  for (const [what, changed] of withOneAbsurdNumber(item)) {
    const model = modelOf(changed);
    try {
      differentiate(model, { outputs: Object.keys(item.values).map((i) => `y${i}`), wrt: item.wrt.map((i) => `x${i}`) });
    } catch (error) {
      expect(error, what).toBeInstanceOf(OnnxError);
      expect((error as Error).message, what).toMatch(/node "/);
      expect((error as Error).message, what).not.toMatch(/that fail|undefined|NaN/);
      expect((error as Error).message.length, what).toBeLessThan(1500);
    }
  }
});
