import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  classScores,
  compose,
  directionLoss,
  edit,
  editUntil,
  fitInterFaceGan,
  ganSpace,
  LatentEditError,
  labelsAlong,
  linearSvm,
  pullBack,
  seFa,
  solverGap,
  trainDirection,
} from "../src/index.js";
import { base, depth, model, weightsOf } from "./small-training.js";
import { D, generator, regressor } from "./small-world.js";

const N = 40;
const data = new SeededRandom(8).normals(N * D, 0, 1.5);
const rows = (count = N) => Array.from({ length: count }, (_, i) => Array.from(data.subarray(i * D, (i + 1) * D)));
/** The same codes in every form. */
const forms = {
  "a tensor": () => tf.tensor2d(data, [N, D]),
  "rows of numbers": () => rows(),
  "typed rows": () => rows().map((row) => Float32Array.from(row)),
  "numbers with their shape": () => ({ data, shape: [N, D] as const }),
};
const names = Object.keys(forms) as (keyof typeof forms)[];
const direction = depth(2);

/** What each function makes of codes in one form, as plain numbers; the caller's tensors are disposed. */
async function answerOf(f: (codes: never) => unknown, codes: unknown): Promise<unknown> {
  const answer = await f(codes as never);
  const plainOf = (value: unknown): unknown => {
    if (!(value instanceof tf.Tensor)) return value;
    const plain = { shape: value.shape, data: Array.from(value.dataSync()) };
    if (value !== codes) value.dispose();
    return plain;
  };
  const plain =
    answer instanceof tf.Tensor || typeof answer !== "object"
      ? plainOf(answer)
      : Object.fromEntries(Object.entries(answer as object).map(([key, value]) => [key, plainOf(value)]));
  if (codes instanceof tf.Tensor) codes.dispose();
  return plain;
}

const scores = Float64Array.from({ length: N }, (_, i) => data[i * D]! + 0.1 * data[i * D + 1]!);
const takers: Readonly<Record<string, (codes: never) => unknown>> = {
  edit: (codes) => edit(codes, direction, 2),
  "compose, apply": (codes) =>
    compose([
      { direction, t: 1 },
      { direction, t: 2 },
    ]).apply(codes),
  "compose, commutator": (codes) =>
    compose([
      { direction, t: 1 },
      { direction, t: 2 },
    ]).commutator(codes),
  editUntil: (codes) => editUntil(codes, direction, { model, until: "size", maxTime: 3, steps: 2, tolerance: 1 }),
  solverGap: (codes) => solverGap(direction, codes, 2),
  directionLoss: (w) => directionLoss({ direction, generator, regressor, attributeIndex: 1, w, t: 2 }),
  pullBack: (codes) => ({ ...tf.tidy(() => pullBack(direction, codes, 2, tf.ones([N, D]))) }),
  labelsAlong: (codes) => labelsAlong(direction, { model, codes, times: [0, 2] }),
  fitInterFaceGan: async (codes) => (await fitInterFaceGan(codes, scores, { ratio: 0.25 })).direction,
  linearSvm: async (codes) => (await linearSvm(codes, scores)).weights,
  ganSpace: (codes) => ganSpace(codes, { components: 2 }).directions,
  seFa: (codes) => seFa([codes], { components: 2 }).directions,
  classScores: (codes) => classScores(codes, { to: 1 }),
  async trainDirection(codes) {
    const trained = depth(1);
    try {
      await trainDirection(trained, { ...base, codes, iterations: 2, validation: { codes, every: 2, maxCodes: 4 } });
      return weightsOf(trained);
    } finally {
      trained.dispose();
    }
  },
};

describe.each(Object.entries(takers))("%s", (_, f) => {
  it("takes codes as tensors and as numbers, with the same answer, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const answers = [];
    for (const name of names) answers.push(await answerOf(f, forms[name]()));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses ragged rows and numbers that are not finite, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const ragged = rows();
    ragged[3] = ragged[3]!.slice(1);
    const strange = rows();
    strange[3]![2] = Number.NaN;
    await expect((async () => f(ragged as never))()).rejects.toThrow(/rows of equal length, got 8 and 7 \(row 3\)/);
    await expect((async () => f(strange as never))()).rejects.toThrow(/finite numbers, got NaN in row 3/);
    await expect((async () => f(ragged as never))()).rejects.toThrow(LatentEditError);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("W+ codes as numbers", () => {
  const list = [rows(3), rows(6).slice(3)];
  const flat = { data: data.subarray(0, 6 * D), shape: [2, 3, D] as const };

  it("as lists of rows, and flat with their shape, are the tensor [n, rowCount, d]", () => {
    tf.tidy(() => {
      const w = tf.tensor3d(flat.data, [2, 3, D]);
      const expected = edit(w, direction, 2, { rows: [0, 2] }).dataSync();
      for (const codes of [list, flat]) {
        const end: tf.Tensor = edit(codes, direction, 2, { rows: [0, 2] });
        expect(end.shape).toEqual([2, 3, D]);
        expect(end.dataSync()).toEqual(expected);
      }
    });
  });

  it.each([
    ["codes of other numbers of rows", [rows(3), rows(2)], /codes of 3 rows each, as the first, got 2 \(code 1\)/],
    ["rows of another length", [rows(2), [[1], [2]]], /rows of equal length, got 8 and 1/],
    ["another width", { data, shape: [2 * N, D / 2] }, /\[n, 8\] or \[n, rowCount, 8\], got \[80, 4\]/],
    ["a shape of one dimension", { data, shape: [N * D] }, /got the shape \[320\]/],
    ["too few numbers", { data, shape: [N, 2, D] }, /to hold \[80, 8\] numbers, got 320/],
    ["no codes", [], /with rows and columns, got \[0, 0\]/],
  ])("are refused with %s", (_, codes, message) => {
    expect(() => edit(codes as never, direction, 1)).toThrow(LatentEditError);
    expect(() => edit(codes as never, direction, 1)).toThrow(message);
  });

  it("have the types of what they become", () => {
    expectTypeOf(edit<tf.Tensor2D>).returns.toEqualTypeOf<tf.Tensor2D>();
    expectTypeOf(edit<number[][]>).returns.toEqualTypeOf<tf.Tensor2D>();
    expectTypeOf(edit<Float32Array[]>).returns.toEqualTypeOf<tf.Tensor2D>();
    expectTypeOf(edit<number[][][]>).returns.toEqualTypeOf<tf.Tensor3D>();
    expectTypeOf(edit<typeof flat>).returns.toEqualTypeOf<tf.Tensor3D>();
  });
});

it("scores may be a tensor, too", async () => {
  const codes = forms["a tensor"]();
  const column = tf.tensor2d(Float32Array.from(scores), [N, 1]);
  const { direction: fitted } = await fitInterFaceGan(codes, column, { ratio: 0.25 });
  expect(fitted).toEqual((await fitInterFaceGan(codes, Float32Array.from(scores), { ratio: 0.25 })).direction);
  tf.dispose([codes, column]);
});

it("a tensor of another rank, or a disposed one, is refused by name", async () => {
  const gone = forms["a tensor"]();
  gone.dispose();
  await expect(labelsAlong(direction, { model, codes: gone, times: [0] })).rejects.toThrow(
    /codes to be .* got a disposed tensor/,
  );
  expect(() => ganSpace(gone)).toThrow(/codes to be .* got a disposed tensor/);
  await expect(labelsAlong(direction, { model, codes: tf.zeros([2, 3, D]), times: [0] })).rejects.toThrow(
    /got the shape \[2, 3, 8\]/,
  );
});
