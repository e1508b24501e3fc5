import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  attributeLoss,
  compose,
  directionLoss,
  edit,
  editUntil,
  LatentEditError,
  LinearDirection,
  labelsAlong,
  type NeuralOdeDirection,
  preservationLoss,
  pullBack,
  saveDirection,
  solverGap,
  toStateDict,
  trainDirection,
} from "../src/index.js";
import { base, codes, depth, model } from "./small-training.js";
import { D, generator, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

const alive = () => tf.tensor2d(codes.data.slice(0, 2 * D), [2, D]);
const gone = () => {
  const w = alive();
  w.dispose();
  return w;
};
const few = { data: codes.data.slice(0, 2 * D), shape: [2, D] as const };
const run = async (act: () => unknown) => act();

describe("a disposed tensor", () => {
  const direction = () => depth(1);
  it.each<[string, () => unknown]>([
    ["edit", () => edit(gone(), direction(), 1)],
    ["flow", () => direction().flow(gone(), 1)],
    ["flowEach", () => direction().flowEach(gone(), [1, 2])],
    ["velocity", () => direction().velocity(gone())],
    ["velocity", () => new LinearDirection(Array(D).fill(1)).velocity(gone())],
    ["edit", () => compose([{ direction: direction(), t: 1 }]).apply(gone())],
    ["editUntil", () => editUntil(gone(), direction(), { model, until: { name: "size" }, maxTime: 1 })],
    ["directionLoss", () => directionLoss({ direction: direction(), generator, regressor, attributeIndex: 0, w: gone(), t: 1 })],
    ["flow", () => solverGap(direction(), gone(), 1)],
    ["pullBack", () => pullBack(direction(), gone(), 1, alive(), "steps")],
    ["pullBack", () => pullBack(direction(), alive(), 1, gone(), "steps")],
    ["logits", () => model.logits(gone())],
    ["synthesize", () => model.synthesize(gone())],
    ["lossAndGradient", () => model.lossAndGradient(gone(), () => tf.scalar(0))],
    ["attributeLoss", () => attributeLoss(gone(), 0, 1)],
    ["preservationLoss", () => preservationLoss([alive(), gone()], [alive(), alive()], 0, 1)],
  ])("%s says so (%#)", async (name, act) => {
    await expect(run(act)).rejects.toThrow(LatentEditError);
    await expect(run(act)).rejects.toThrow(new RegExp(`^${name}: .* got a disposed tensor of shape \\[2, 8\\]`));
  });
});

describe.each<[string, () => NeuralOdeDirection | LinearDirection]>([
  ["neural", () => depth(1)],
  ["linear", () => new LinearDirection(Array(D).fill(1))],
])("a disposed direction, %s", (kind, make) => {
  const direction = () => {
    const made = make();
    made.dispose();
    return made;
  };
  it.each<[string, (d: ReturnType<typeof make>) => unknown]>([
    ["edit", (d) => edit(alive(), d, 1)],
    ["flow", (d) => d.flow(alive(), 1)],
    ["flowEach", (d) => d.flowEach(alive(), [1, 2])],
    ["velocity", (d) => d.velocity(alive())],
    ["compose", (d) => compose([{ direction: d, t: 1 }])],
    ["editUntil", (d) => editUntil(alive(), d, { model, until: { name: "size" }, maxTime: 1 })],
    ["labelsAlong", (d) => labelsAlong(d, { model, codes: few, times: [0, 1] })],
    ["directionLoss", (d) => directionLoss({ direction: d, generator, regressor, attributeIndex: 0, w: alive(), t: 1 })],
    ["solverGap", (d) => solverGap(d, alive(), 1)],
    ["pullBack", (d) => pullBack(d, alive(), 1, alive(), "steps")],
    ["saveDirection", (d) => saveDirection(d)],
    ["trainDirection", (d) => trainDirection(d, base)],
  ])("%s says so", async (name, act) => {
    await expect(run(() => act(direction()))).rejects.toThrow(LatentEditError);
    await expect(run(() => act(direction()))).rejects.toThrow(`${name}: expected a direction, got one that has been disposed`);
  });

  it("may be disposed again", () => {
    const tensors = tf.memory().numTensors;
    expect(() => direction().dispose()).not.toThrow();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.runIf(kind === "neural")("toStateDict and field say so", async () => {
    await expect(toStateDict(direction() as NeuralOdeDirection)).rejects.toThrow(/toStateDict: .* disposed/);
    expect(() => (direction() as NeuralOdeDirection).field(alive())).toThrow(/field: .* disposed/);
  });
});

describe("LinearDirection says what it was given", () => {
  it.each<[string, unknown, RegExp]>([
    ["zeros", [0, 0, 0], /finite numbers, not all 0, got 3 zeros/],
    ["NaN", [1, Number.NaN], /got NaN at 1/],
    ["an infinity", [Number.NEGATIVE_INFINITY, 1], /got -Infinity at 0/],
    ["nothing", [], /got 0 zeros/],
    ["a tensor", tf.tensor1d([1, 2]), /an array of numbers, got a tensor of shape \[2\]; give its await x.data\(\)/],
    ["a word", "up", /got "up"/],
    ["words", ["1", "2"], /hold numbers, got "1" at 0/],
  ])("%s", (_, given, message) => {
    expect(() => new LinearDirection(given as never)).toThrow(LatentEditError);
    expect(() => new LinearDirection(given as never)).toThrow(message);
  });

  it("numbers of any size have a direction", () => {
    for (const size of [1e-200, 1e200, 5e-324]) {
      const direction = new LinearDirection([size, 0, -size]);
      expect(Array.from(direction.variables[0]!.dataSync())).toEqual([Math.fround(Math.SQRT1_2), 0, Math.fround(-Math.SQRT1_2)]);
      direction.dispose();
    }
  });
});

describe("edit says what is missing", () => {
  const direction = depth(1);
  it.each<[string, () => unknown, RegExp]>([
    ["the time", () => edit(alive(), direction, undefined as never), /edit: expected t to be a finite number, got undefined/],
    [
      "the direction",
      () => edit(alive(), undefined as never, 1),
      /edit: expected a direction, such as a LinearDirection .* got undefined/,
    ],
    [
      "the code",
      () => edit(undefined as never, direction, 1),
      /expected w to be codes \[n, 8\] or \[n, rowCount, 8\], got undefined/,
    ],
    ["a code of words", () => edit(tf.fill([2, D], "x") as never, direction, 1), /of string/],
    ["an empty code", () => edit(tf.zeros([0, D]), direction, 1), /got a tensor of shape \[0, 8\]/],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(LatentEditError);
    expect(act).toThrow(message);
  });
});
