/** Stiff problems with the reference values of the test set of Hairer & Wanner (Solving Ordinary Differential Equations II, section IV.10). */
export interface StiffProblem {
  readonly name: string;
  readonly f: (t: number, y: Float64Array) => Float64Array;
  readonly jacobian: (t: number, y: Float64Array) => number[][];
  readonly y0: Float64Array;
  readonly t1: number;
  /** Values at t1, by index. */
  readonly reference: Readonly<Record<number, number>>;
  readonly atol: number;
}

export const robertson = (t1: number, reference: StiffProblem["reference"], atol: number): StiffProblem => ({
  name: `Robertson to ${t1}`,
  f: (_t, [a, b, c]) => {
    const [slow, medium, fast] = [0.04 * a!, 1e4 * b! * c!, 3e7 * b! * b!];
    return Float64Array.of(medium - slow, slow - medium - fast, fast);
  },
  jacobian: (_t, [, b, c]) => [
    [-0.04, 1e4 * c!, 1e4 * b!],
    [0.04, -1e4 * c! - 6e7 * b!, -1e4 * b!],
    [0, 6e7 * b!, 0],
  ],
  y0: Float64Array.of(1, 0, 0),
  t1,
  reference,
  atol,
});

export const vanDerPol: StiffProblem = {
  name: "van der Pol, μ = 1000",
  f: (_t, [y, v]) => Float64Array.of(v!, 1000 * (1 - y! * y!) * v! - y!),
  jacobian: (_t, [y, v]) => [
    [0, 1],
    [-2000 * y! * v! - 1, 1000 * (1 - y! * y!)],
  ],
  y0: Float64Array.of(2, 0),
  t1: 2000,
  reference: { 0: 1.70616773217, 1: -8.9280970102e-4 },
  atol: 1e-6,
};

export const hires: StiffProblem = {
  name: "HIRES",
  f: (_t, y) => {
    const [a, b, c, d, e, f, g, h] = y as unknown as number[];
    const bound = 280 * f! * h!;
    return Float64Array.of(
      -1.71 * a! + 0.43 * b! + 8.32 * c! + 0.0007,
      1.71 * a! - 8.75 * b!,
      -10.03 * c! + 0.43 * d! + 0.035 * e!,
      8.32 * b! + 1.71 * c! - 1.12 * d!,
      -1.745 * e! + 0.43 * f! + 0.43 * g!,
      -bound + 0.69 * d! + 1.71 * e! - 0.43 * f! + 0.69 * g!,
      bound - 1.81 * g!,
      -bound + 1.81 * g!,
    );
  },
  jacobian: (_t, y) => {
    const [f, h] = [y[5]!, y[7]!];
    return [
      [-1.71, 0.43, 8.32, 0, 0, 0, 0, 0],
      [1.71, -8.75, 0, 0, 0, 0, 0, 0],
      [0, 0, -10.03, 0.43, 0.035, 0, 0, 0],
      [0, 8.32, 1.71, -1.12, 0, 0, 0, 0],
      [0, 0, 0, 0, -1.745, 0.43, 0.43, 0],
      [0, 0, 0, 0.69, 1.71, -280 * h - 0.43, 0.69, -280 * f],
      [0, 0, 0, 0, 0, 280 * h, -1.81, 280 * f],
      [0, 0, 0, 0, 0, -280 * h, 1.81, -280 * f],
    ];
  },
  y0: Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0.0057),
  t1: 321.8122,
  reference: { 0: 7.3713125733e-4, 7: 2.8500016048e-3 },
  atol: 1e-8,
};

export const orego: StiffProblem = {
  name: "Oregonator",
  f: (_t, [a, b, c]) =>
    Float64Array.of(77.27 * (b! + a! * (1 - 8.375e-6 * a! - b!)), (c! - (1 + a!) * b!) / 77.27, 0.161 * (a! - c!)),
  jacobian: (_t, [a, b]) => [
    [77.27 * (1 - 2 * 8.375e-6 * a! - b!), 77.27 * (1 - a!), 0],
    [-b! / 77.27, -(1 + a!) / 77.27, 1 / 77.27],
    [0.161, 0, -0.161],
  ],
  y0: Float64Array.of(1, 2, 3),
  t1: 360,
  reference: { 0: 1.00081487032, 1: 1228.17852155, 2: 132.055494285 },
  atol: 1e-6,
};

export const stiffProblems: readonly StiffProblem[] = [
  robertson(40, { 0: 0.71582706872, 1: 9.185534764557e-6, 2: 0.28416374575 }, 1e-10),
  robertson(1e11, { 0: 2.0833401497e-8, 1: 8.3333607703e-14, 2: 0.99999997917 }, 1e-18),
  vanDerPol,
  hires,
  orego,
];
