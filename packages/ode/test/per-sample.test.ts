import { odeint, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";
import { EXPLICIT_METHODS, methods } from "./methods.js";

const adaptive = methods.filter((method) => EXPLICIT_METHODS[method].errorWeights !== undefined) as "dopri5"[];

/** Van der Pol's oscillator driven by t, each row with a stiffness of its own. */
const driven = (t: number | tf.Tensor, y: tf.Tensor, { mu }: { mu: tf.Tensor }) => {
  const [x, v] = tf.split(y, 2, 1) as [tf.Tensor, tf.Tensor];
  return tf.concat([v, tf.add(tf.sub(tf.mul(mu, tf.mul(tf.sub(1, tf.square(x)), v)), x), tf.sin(t as tf.Tensor))], 1);
};
const STIFFNESS = [1, 8, 3];
const STARTS = [
  [2, 0],
  [0.5, 1],
  [-1, 0.3],
];
const TIMES = [
  [0, 0.7, 1.5, 3],
  [1, 1.2, 2, 2.5],
  [-1, 0, 0.01, 1],
];

/** Each row alone: states [times][2], and what it cost. */
function alone(options: object, times: readonly (readonly number[])[]) {
  return STARTS.map((row, i) => {
    let statistics: Statistics | undefined;
    const onStatistics = (given: Statistics) => {
      statistics = given;
    };
    const args = { mu: tf.tensor2d([[STIFFNESS[i]!]]) };
    const y0 = tf.tensor2d([row]);
    const y = odeint(driven, y0, [...times[i]!], { ...options, args, onStatistics });
    tf.dispose([y0, args.mu]);
    return { y: values(y), statistics: statistics! };
  });
}

/** All rows at once. */
function together(options: object, times: readonly (readonly number[])[]) {
  let statistics: Statistics | undefined;
  const onStatistics = (given: Statistics) => {
    statistics = given;
  };
  const args = { mu: tf.tensor2d(STIFFNESS, [3, 1]) };
  const y0 = tf.tensor2d(STARTS);
  const y = odeint(driven, y0, times as number[][], { ...options, args, perSample: true, rowArgs: ["mu"], onStatistics });
  const byRow = values(tf.transpose(y, [1, 0, 2]));
  tf.dispose([args.mu, y0, y]);
  return { byRow: STARTS.map((_, i) => byRow.slice(i * 8, (i + 1) * 8)), statistics: statistics! };
}

/**
 * Our kernels do for each row what they do for it alone: steps and states are the same to the bit. Composed of tfjs operations states are
 * the same to rounding, which may decide whether a step passes.
 */
function expectSame(backend: string, options: object, times: readonly (readonly number[])[]): void {
  const each = alone(options, times);
  const all = together(options, times);
  each.forEach(({ y, statistics }, i) => {
    const row = all.byRow[i]!;
    const tolerance = backend === "composed" ? 2e-3 : 1e-6;
    for (const [k, value] of y.entries()) expect(Math.abs(row[k]! - value)).toBeLessThan(tolerance);
    if (backend === "composed") return;
    // Beside a jump f gets times of another precision.
    if (!("jumpTimes" in options)) expect(row).toEqual(y);
    expect(all.statistics.rows![i]).toEqual(statistics);
  });
  const sum = (of: "accepted" | "rejected") => each.reduce((total, { statistics }) => total + statistics[of], 0);
  if (backend !== "composed") expect(all.statistics).toMatchObject({ accepted: sum("accepted"), rejected: sum("rejected") });
}

const tolerances = { rtol: 1e-3, atol: 1e-4 };

describe("on wasm, every row of a batch is solved as if it were alone", () => {
  beforeAll(() => start("wasm"));

  it.each(adaptive)("%s, with times of its own", (method) => {
    expect(leaked(() => expectSame("wasm", { method, ...tolerances }, TIMES))).toBe(0);
  });

  it.each<[string, object]>([
    ["a stop and a jump", { stepTimes: [0.9], jumpTimes: [1.1] }],
    ["a jump, without first same as last", { method: "adaptive_heun", jumpTimes: [1.1] }],
    ["PI control and a first step", { controller: "PI", firstStep: 0.01, maxStep: 0.2 }],
    ["torchdiffeq's end", { endpoint: "overshoot" }],
    ["straight lines", { interpolation: "linear" }],
    ["steps for a gradient", { stepsForGradients: true }],
  ])("with %s", (_name, options) => {
    expectSame("wasm", { ...tolerances, ...options }, TIMES);
  });

  it.each<[string, object]>([
    ["rk4, from output to output", { method: "rk4" }],
    ["euler, constant steps", { method: "euler", stepSize: 0.03 }],
    ["dopri5, constant steps", { stepSize: 0.13 }],
  ])("%s", (_name, options) => {
    expectSame("wasm", options, [
      [0, 0.2, 0.3, 0.5],
      [1, 1.1, 1.3, 1.4],
      [-1, -0.9, -0.5, -0.2],
    ]);
  });

  it("backward in time, and rows in both directions", () => {
    expectSame("wasm", tolerances, [
      [3, 2, 1, 0],
      [0, 0.5, 1, 1.5],
      [1, 0, -1, -1.5],
    ]);
  });
});

it.each(["cpu", "composed"] as const)("the same on %s", async (backend) => {
  await start(backend);
  expectSame(backend, tolerances, TIMES);
});

describe("of a batch", () => {
  beforeAll(() => start("wasm"));
  const decay = (_t: tf.Tensor, y: tf.Tensor, rate: tf.Tensor) => tf.neg(tf.mul(rate, y));

  it("rows that have arrived cost nothing: f gets the others alone, with their times and args", () => {
    const y0 = tf.ones([3, 2]) as tf.Tensor2D;
    const rate = tf.tensor2d([1, 2, 3], [3, 1]);
    const seen: number[] = [];
    const f = (t: tf.Tensor, y: tf.Tensor, rate: tf.Tensor) => {
      expect(t.shape).toEqual([y.shape[0], 1]);
      expect(rate.shape).toEqual([y.shape[0], 1]);
      seen.push(y.shape[0]!);
      return decay(t, y, rate);
    };
    let statistics: Statistics | undefined;
    const times = [
      [0, 1],
      [0, 0.01],
      [0, 0.3],
    ];
    const onStatistics = (given: Statistics) => {
      statistics = given;
    };
    const options = { method: "rk4", stepSize: 0.01, perSample: true, rowArgs: true, args: rate, onStatistics } as const;
    const y = odeint(f, y0, times, options);
    expect(statistics!.rows!.map(({ nfe }) => nfe)).toEqual([400, 4, 120]);
    expect(seen.reduce((sum, rows) => sum + rows, 0)).toBe(524);
    expect(statistics).toMatchObject({ accepted: 131, nfe: 400 });
    const ends = values(tf.slice(y, [1, 0, 0], [1, 3, 1]));
    for (const [i, exponent] of [-1, -0.02, -0.9].entries()) expect(ends[i]).toBeCloseTo(Math.exp(exponent), 5);
    tf.dispose([y0, rate, y]);
  });

  it("states nest, with leaves of any rank; tolerances nest with them, and a norm answers for each row", () => {
    const left = leaked(() => {
      const y0 = { a: tf.ones([2, 2, 1]), b: [tf.ones([2, 1, 1])] as const };
      const f = (t: tf.Tensor, { a, b: [b] }: { a: tf.Tensor; b: readonly tf.Tensor[] }) => ({
        a: tf.mul(a, t),
        b: [tf.neg(b!)],
      });
      const times = [
        [0, 1],
        [0, 0.5],
      ];
      const norm = ({ a, b: [b] }: { a: tf.Tensor; b: readonly tf.Tensor[] }) =>
        tf.maximum(tf.max(tf.abs(a), [1, 2]), tf.max(tf.abs(b!), [1, 2])) as tf.Scalar;
      for (const options of [{ rtol: { a: 1e-4, b: 1e-5 }, atol: { a: [1e-6, 1e-5], b: 1e-6 } }, { norm }]) {
        const y = odeint(f as never, y0, times, { ...options, perSample: true } as never) as unknown as {
          a: tf.Tensor;
          b: tf.Tensor[];
        };
        expect(y.a.shape).toEqual([2, 2, 2, 1]);
        for (const [i, value] of [Math.exp(0.5), Math.exp(0.5), Math.exp(0.125)].entries())
          expect(y.a.dataSync()[4 + i]).toBeCloseTo(value, 3);
        expect(y.b[0]!.dataSync()[3]).toBeCloseTo(Math.exp(-0.5), 3);
        tf.dispose([y.a, ...y.b]);
      }
      tf.dispose([y0.a, ...y0.b]);
    });
    expect(left).toBe(0);
  });

  it("one time gives y0, and false is what it is without", () => {
    const y0 = tf.tensor2d([[1], [2]]);
    const f = (_t: unknown, y: tf.Tensor) => tf.neg(y);
    expect(values(odeint(f, y0, [3], { perSample: true }))).toEqual([1, 2]);
    const [joint, plain] = [odeint(f, y0, [0, 1], { perSample: false } as object), odeint(f, y0, [0, 1])];
    expect(values(joint)).toEqual(values(plain));
    y0.dispose();
  });

  it("says which row can't arrive, and what it cost so far", () => {
    let reported: Statistics | undefined;
    const y0 = tf.tensor2d([[1], [2], [1]]);
    const f = (_t: tf.Tensor, y: tf.Tensor) => tf.square(y);
    const onStatistics = (given: Statistics) => {
      reported = given;
    };
    const left = leaked(() => {
      expect(() => odeint(f, y0, [0, 0.9], { perSample: true, onStatistics })).toThrow(
        expect.objectContaining({
          name: "OdeError",
          message: expect.stringMatching(/^odeint: row 1: .*t = 0\.5/),
          status: expect.objectContaining({ kind: expect.stringMatching(/stepUnderflow|notFinite|maxSteps/) }),
        }),
      );
    });
    expect(left).toBe(0);
    expect(reported!.rows).toHaveLength(3);
    const odd = tf.tensor2d([[1], [Number.NaN]]);
    expect(() => odeint(f, odd, [0, 1], { perSample: true })).toThrow(/row 1: y0 or f\(t, y0\) holds NaN or Infinity at t = 0/);
    expect(() => odeint(f, y0, [0, 0.4], { perSample: true, maxSteps: 2 })).toThrow(/row 1: reached maxSteps/);
    tf.dispose([y0, odd]);
  });

  it.each<[string, unknown, unknown, object, RegExp]>([
    ["perSample", tf.ones, [0, 1], { perSample: "yes" }, /expected perSample to be true or false, got "yes"/],
    ["numbers", [1, 2], [0, 1], {}, /perSample does not apply to a state of numbers/],
    ["an implicit method", tf.ones, [0, 1], { method: "kvaerno5" }, /perSample does not apply to kvaerno5/],
    ["too few times", tf.ones, [[0, 1]], {}, /expected t to hold times for each of the 2 rows of y0, got 1 lists/],
    [
      "uneven times",
      tf.ones,
      [
        [0, 1],
        [0, 1, 2],
      ],
      {},
      /expected as many times for each row, got 2 for row 0 and 3 for row 1/,
    ],
    [
      "times that turn",
      tf.ones,
      [
        [0, 1, 2],
        [0, 2, 1],
      ],
      {},
      /odeint: row 1: expected strictly increasing/,
    ],
    ["rowArgs", tf.ones, [0, 1], { rowArgs: "mu" }, /expected rowArgs to be true or a list of names in args/],
    ["a name that args lack", tf.ones, [0, 1], { args: { nu: 1 }, rowArgs: ["mu"] }, /in args \(nu\), got "mu"/],
    ["an unknown option", tf.ones, [0, 1], { rowsArgs: true }, /rowsArgs/],
  ])("refuses %s", (_name, state, t, options, message) => {
    const y0 = typeof state === "function" ? tf.ones([2, 1]) : state;
    expect(() =>
      odeint(((_t: unknown, y: tf.Tensor) => y) as never, y0 as never, t as never, { perSample: true, ...options } as never),
    ).toThrow(message);
    tf.dispose(y0 as tf.Tensor);
  });

  it("refuses states and args without a row for each", () => {
    const [scalar, two, three] = [tf.scalar(1), tf.ones([2, 1]), tf.ones([3])];
    const solve = (y0: unknown, options: object = {}) =>
      odeint(((_t: unknown, y: tf.Tensor) => y) as never, y0 as never, [0, 1], { perSample: true, ...options } as never);
    expect(() => solve(scalar)).toThrow(/same number of rows, at least one, as first axis/);
    expect(() => solve([two, three])).toThrow(/got shapes \[2,1\], \[3\]/);
    expect(() => solve(two, { args: three, rowArgs: true })).toThrow(/to hold 2 rows, as y0, got shape \[3\]/);
    tf.dispose([scalar, two, three]);
  });
});
