import { LatentflowError } from "@latentflow/core";
import { describe, expect, it } from "vitest";
import * as metrics from "../src/index.js";

const labels: metrics.Labels = { data: Uint8Array.from([0, 0, 1, 2, 1, 2, 0, 1, 1, 0, 0, 1]), shape: [2, 2, 3] };
const curve = metrics.cdCurve(labels, { attributeIndex: 0, classes: [3, 3] });
const matrix = [
  [1, 2],
  [3, 5],
];
const codes = Array.from({ length: 12 }, (_, i) => [i, (i * 7) % 5]);
const classes = codes.map((_, i) => i % 2);
const responses = [{ question: "Q1", attribute: "hair", left: "a", right: "b", answer: "left" as const }];

const rows = { ids: [0, 1], classes: [0, 1], influence: [1, -1] };

/** A right call of every public function. The last argument is options where the second list names what they hold. */
const calls: Readonly<Record<string, readonly [args: readonly unknown[], options?: Record<string, unknown>]>> = {
  areaUnderCdCurve: [[[curve]], { range: [0, 0] }],
  editLengthForControl: [[curve, 0.5]],
  attributeCorrelation: [[matrix]],
  directionCosines: [[matrix]],
  labelAssociation: [[matrix, [4, 6]]],
  codeDistances: [[metrics.codeRegion(codes), codes]],
  codeRegion: [[codes], { slope: 0.2, share: 0.9 }],
  frechetDistance: [[codes, codes]],
  resampleDistances: [[[{ distance: 1, edited: rows, own: rows }]], { resamples: 3, seed: 1 }],
  binomialTest: [[3, 5], { p: 0.4 }],
  wilsonInterval: [[3, 5], { confidence: 0.9 }],
  percentileInterval: [[[3, 1, 2]], { confidence: 0.5 }],
  bootstrapAreas: [[[curve]], { resamples: 3, confidence: 0.9, seed: 1 }],
  bootstrapBands: [[curve], { resamples: 3, confidence: 0.9, seed: 1 }],
  pairedBootstrap: [[curve, curve], { resamples: 3, confidence: 0.9, seed: 1 }],
  cdCurve: [[labels], { attributeIndex: 0, classes: [3, 3], control: "target", target: 1, times: [0, 1, 2], from: 0 }],
  controlPerSample: [[labels, 0, "target", 1]],
  labelEntropy: [[labels, 1, 3]],
  pearson: [
    [
      [1, 2, 3],
      [1, 3, 2],
    ],
  ],
  ranks: [[[3, 1, 2]]],
  spearman: [
    [
      [1, 2, 3],
      [1, 3, 2],
    ],
  ],
  eigenSpectrum: [[matrix], { plusIdentity: true }],
  fastSubspaceDimension: [[metrics.eigenSpectrum(matrix)], { threshold: 0.2 }],
  firstFlips: [[labels], { attributeIndex: 0, times: [0, 1, 2], bins: 2 }],
  krippendorffAlpha: [
    [
      [
        ["left", "right"],
        ["left", "left"],
      ],
    ],
  ],
  tallyStudy: [[responses, ["a", "b"]], { confidence: 0.9 }],
  samplesStartingAt: [[labels, 0, 0]],
  selectSamples: [[labels, [1, 0]]],
  probeAttribute: [[codes, classes], { classes: 2, testFraction: 0.4, nonlinear: "rbf-svm", neighbours: 3, C: 1, seed: 2 }],
  rescoring: [[matrix, [matrix]]],
  singularEntropy: [[matrix], { k: 1, plusIdentity: true }],
  pathStraightness: [[{ data: [0, 1, 3], shape: [3, 1, 1] }]],
};

const call = (name: string, args: readonly unknown[]) =>
  (metrics as unknown as Record<string, (...a: unknown[]) => unknown>)[name]!(...args);
/** No argument may be any of these; for an option, undefined and null mean its default. */
const JUNK = [
  undefined,
  null,
  "x",
  Number.NaN,
  -3,
  1.5,
  () => 1,
  {},
  [],
  [[]],
  [null],
  ["x"],
  { data: [1], shape: 3 },
  Symbol("s"),
];

/** Lists that may be empty: [function, argument]. */
const MAY_BE_EMPTY = ["ranks 0", "selectSamples 1", "rescoring 1"];

it("names every public function", () => {
  const functions = Object.entries(metrics).filter(([name, value]) => typeof value === "function" && name !== "MetricsError");
  expect(functions.map(([name]) => name).sort()).toEqual(Object.keys(calls).sort());
});

it("its errors are latentflow's", () => expect(new metrics.MetricsError("x")).toBeInstanceOf(LatentflowError));

describe.each(Object.entries(calls))("%s", (name, [args, options]) => {
  const all = options ? [...args, options] : args;
  const withOptions = (changed: unknown) => [...args, changed];

  it("takes what is right", () => expect(() => call(name, all)).not.toThrow());

  it("refuses each argument that is missing or of another kind", () => {
    for (const [i] of args.entries()) {
      for (const junk of JUNK) {
        if (MAY_BE_EMPTY.includes(`${name} ${i}`) && JSON.stringify(junk) === "[]") continue;
        const changed = all.map((value, j) => (i === j ? junk : value));
        expect(() => call(name, changed), `argument ${i} = ${typeof junk} ${JSON.stringify(junk)}`).toThrow(metrics.MetricsError);
      }
    }
  });

  it.skipIf(!options)("refuses options of another kind, each by its name, and unknown ones", () => {
    for (const junk of [null, "x", 5, [1]]) expect(() => call(name, withOptions(junk))).toThrow(/expected an options object/);
    expect(() => call(name, withOptions({ ...options, banana: 1 }))).toThrow(/"banana"/);
    for (const key of Object.keys(options!)) {
      for (const junk of JUNK.slice(2)) {
        if (key === "C" && junk === 1.5) continue;
        const changed = withOptions({ ...options, [key]: junk });
        expect(() => call(name, changed), `${key} = ${typeof junk} ${JSON.stringify(junk)}`).toThrow(metrics.MetricsError);
      }
    }
  });
});

describe("says what is wrong", () => {
  it.each([
    [
      "an array for labels",
      () => metrics.cdCurve([labels] as never, { attributeIndex: 0, classes: [3, 3] }),
      /expected labels as \{ data, shape: \[samples, attributes, times\] \}, got an array of length 1/,
    ],
    [
      "no options",
      () => metrics.cdCurve(labels, undefined as never),
      /cdCurve: expected an options object with attributeIndex and classes, got undefined/,
    ],
    ["no times", () => metrics.firstFlips(labels, { attributeIndex: 0 } as never), /firstFlips: .* got no times/],
    [
      "a tensor's array of another length",
      () => metrics.singularEntropy({ data: new Float32Array(3), shape: [2, 2] }),
      /hold \[2, 2\] numbers, got 3/,
    ],
    ["null among numbers", () => metrics.pearson([1, null as never, 2], [1, 2, 3]), /x to hold numbers, got null at 1/],
    ["a missing target", () => metrics.controlPerSample(labels, 0, "target"), /target to be an integer/],
    ["a label beyond its classes", () => metrics.labelEntropy(labels, 1, 2), /attribute 1 in 0…1, got 2/],
    [
      "labels that are no integers",
      () => metrics.cdCurve({ data: [0.5, 0, 0, 0], shape: [1, 2, 2] }, { attributeIndex: 0, classes: [2, 2] }),
      /integers .* got 0.5 at 0/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(metrics.MetricsError);
    expect(act).toThrow(message);
  });
});

describe("labels of any width", () => {
  const { data, shape } = labels;
  const wide = (): [string, metrics.Labels["data"]][] => [
    ["int64", BigInt64Array.from(Array.from(data as Uint8Array, BigInt))],
    ["uint64", BigUint64Array.from(Array.from(data as Uint8Array, BigInt))],
    ["int8", Int8Array.from(data as Uint8Array)],
    ["uint16", Uint16Array.from(data as Uint8Array)],
    ["float32", Float32Array.from(data as Uint8Array)],
    ["a plain array", Array.from(data as Uint8Array)],
  ];
  it.each(wide())("%s gives the same curve, flips, control, entropy and selection", (_, values) => {
    const other = { data: values, shape };
    expect(metrics.cdCurve(other, { attributeIndex: 0, classes: [3, 3], from: 0 })).toEqual(
      metrics.cdCurve(labels, { attributeIndex: 0, classes: [3, 3], from: 0 }),
    );
    const flips = { attributeIndex: 1, times: [0, 1, 2] };
    expect(metrics.firstFlips(other, flips)).toEqual(metrics.firstFlips(labels, flips));
    expect(metrics.controlPerSample(other, 0, "changed")).toEqual(metrics.controlPerSample(labels, 0, "changed"));
    expect(metrics.labelEntropy(other, 0, 3)).toEqual(metrics.labelEntropy(labels, 0, 3));
    expect(metrics.samplesStartingAt(other, 0, 0)).toEqual(metrics.samplesStartingAt(labels, 0, 0));
    expect(Array.from(metrics.selectSamples(other, [1]).data, Number)).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it("int64 gives the same probe and association", () => {
    const int64 = BigInt64Array.from(classes.map(BigInt));
    expect(metrics.probeAttribute(codes, int64)).toEqual(metrics.probeAttribute(codes, classes));
    const flat = codes.map((row) => row.map((x) => x % 2));
    const table = { data: BigInt64Array.from(flat.flat().map(BigInt)), shape: [codes.length, 2] as const };
    expect(metrics.labelAssociation(table, [2, 2])).toEqual(metrics.labelAssociation(flat, [2, 2]));
  });
});
