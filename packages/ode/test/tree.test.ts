import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { OdeError } from "../src/errors.js";
import { asRecords, describeStructure, disposeTree, flatten, sameStructure, unflatten } from "../src/state/tree.js";

describe("trees", () => {
  beforeAll(async () => void (await tf.setBackend("cpu")));

  it("unflatten undoes flatten for arrays and records nested at will", () => {
    const tree = { b: [1, { c: 2, a: 3 }], a: 4, empty: [], none: {} };
    const { leaves, structure } = flatten<number>(tree);
    expect(leaves).toEqual([4, 1, 3, 2]);
    expect(unflatten(structure, leaves)).toEqual(tree);
  });

  it("does not depend on the order in which a record was written", () => {
    expect(flatten<number>({ x: 1, y: 2 })).toEqual(flatten<number>({ y: 2, x: 1 }));
  });

  it("takes a number, a typed array or a tensor as a leaf", () => {
    const values = new Float64Array([1, 2]);
    expect(flatten(values).leaves).toEqual([values]);
    expect(flatten(3).leaves).toEqual([3]);
    const tensor = tf.scalar(1);
    expect(flatten<unknown>([tensor, { v: tensor }]).leaves).toEqual([tensor, tensor]);
    tensor.dispose();
  });

  it("keeps a key named __proto__ an ordinary key", () => {
    const { structure } = flatten<number>(JSON.parse('{"__proto__": 1}'));
    const back = unflatten(structure, [5]) as Record<string, number>;
    expect(Object.keys(back)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  it("refuses a record that holds itself", () => {
    const circle: Record<string, unknown> = { x: 1 };
    circle.self = [circle];
    const origin = { caller: "odeint", name: "y0" };
    const message = "odeint: expected y0 to nest at most 500 deep, got more; look for a part that holds itself.";
    expect(() => flatten(circle as never, origin)).toThrow(message);
    expect(() => asRecords(circle, origin)).toThrow(message);
  });

  it("says how two structures differ", () => {
    const [a, b] = [flatten({ x: 1, y: [1, 2] }).structure, flatten({ x: 1 }).structure];
    expect([sameStructure(a, b), sameStructure(a, flatten({ y: [3, 4], x: 5 }).structure)]).toEqual([false, true]);
    expect(describeStructure(a)).toBe("{x: *, y: [*, *]}");
    expect(() => unflatten(a, [1])).toThrow(OdeError);
  });

  it("disposes its tensors", () => {
    const before = tf.memory().numTensors;
    const tree = { a: tf.scalar(1), b: [tf.scalar(2)] };
    disposeTree(tree);
    expect(tf.memory().numTensors).toBe(before);
  });
});
