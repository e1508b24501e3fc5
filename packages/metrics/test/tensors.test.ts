import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as metrics from "../src/index.js";

beforeAll(() => tf.setBackend("cpu"));

// Numbers that float32 holds.
const rows = Array.from({ length: 24 }, (_, i) => [(i * 7) % 11, (i * 5) % 13, (i * i) % 17]);
const classes = rows.map((_, i) => i % 2);
const square = [
  [1, 2, 0],
  [0, 3, 1],
  [4, 0, 5],
];
const path = { data: rows.flat(), shape: [4, 6, 3] as const };
const region = metrics.codeRegion(rows);

/** Every function that takes a matrix, of codes or of others. */
const asked: Readonly<Record<string, (matrix: (rows: number[][]) => metrics.MatrixLike) => unknown>> = {
  attributeCorrelation: (matrix) => metrics.attributeCorrelation(matrix(rows)),
  codeDistances: (matrix) => metrics.codeDistances(region, matrix(rows)),
  codeRegion: (matrix) => metrics.codeRegion(matrix(rows)),
  directionCosines: (matrix) => metrics.directionCosines(matrix(square)),
  eigenSpectrum: (matrix) => metrics.eigenSpectrum(matrix(square)),
  frechetDistance: (matrix) => metrics.frechetDistance(matrix(rows), matrix(rows.map(([a, b, c]) => [c!, a!, b!]))),
  labelAssociation: (matrix) => metrics.labelAssociation(matrix(rows), [11, 13, 17]),
  probeAttribute: (matrix) => metrics.probeAttribute(matrix(rows), classes),
  rescoring: (matrix) => metrics.rescoring(matrix(square), [matrix(square)]),
  singularEntropy: (matrix) => metrics.singularEntropy(matrix(square)),
};

describe("a tensor in place of rows", () => {
  it.each(Object.entries(asked))("gives what rows give, and stays: %s", (_, ask) => {
    const made: tf.Tensor[] = [];
    const asTensor = (numbers: number[][]) => {
      made.push(tf.tensor2d(numbers));
      return made.at(-1)!;
    };
    const before = tf.memory().numTensors;
    expect(ask(asTensor)).toEqual(ask((numbers) => numbers));
    expect(tf.memory().numTensors).toBe(before + made.length);
    tf.dispose(made);
  });

  it("gives what numbers give for paths, as flow() makes them", () => {
    const paths = tf.tensor3d(path.data, [...path.shape]);
    expect(metrics.pathStraightness(paths)).toEqual(metrics.pathStraightness(path));
    paths.dispose();
    expect(() => metrics.pathStraightness(paths)).toThrow(metrics.MetricsError);
    expect(() => metrics.pathStraightness(paths)).toThrow(/disposed/);
  });

  it("is refused when it was disposed, or has another rank", () => {
    const gone = tf.tensor2d(rows);
    gone.dispose();
    expect(() => metrics.codeRegion(gone)).toThrow(metrics.MetricsError);
    expect(() => metrics.codeRegion(gone)).toThrow(/codes to be a tensor \[rows, columns\], got .*disposed/);
    expect(() => metrics.codeRegion(tf.zeros([2, 3, 4]))).toThrow(/got the shape \[2, 3, 4\]/);
  });
});
