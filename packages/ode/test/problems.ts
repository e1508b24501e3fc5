import * as tf from "@tensorflow/tfjs-core";

/** Test problems with known ends (float64). */
export interface NumberProblem {
  readonly name: string;
  readonly f: (t: number, y: Float64Array) => number[];
  readonly y0: readonly number[];
  readonly t1: number;
}

export const decay: NumberProblem = { name: "decay", f: (_t, y) => [-y[0]!], y0: [1], t1: 1 };
export const harmonic: NumberProblem = { name: "harmonic", f: (_t, y) => [y[1]!, -y[0]!], y0: [1, 0], t1: 2 * Math.PI };
export const lotkaVolterra: NumberProblem = {
  name: "Lotka–Volterra",
  f: (_t, y) => [1.5 * y[0]! - y[0]! * y[1]!, -3 * y[1]! + y[0]! * y[1]!],
  y0: [1, 1],
  t1: 10,
};
export const vanDerPol: NumberProblem = {
  name: "Van der Pol",
  f: (_t, y) => [y[1]!, (1 - y[0]! ** 2) * y[1]! - y[0]!],
  y0: [2, 0],
  t1: 20,
};
export const lorenz: NumberProblem = {
  name: "Lorenz",
  f: (_t, y) => [10 * (y[1]! - y[0]!), y[0]! * (28 - y[2]!) - y[1]!, y[0]! * y[1]! - (8 / 3) * y[2]!],
  y0: [1, 0, 0],
  t1: 5,
};
/** y′ = (y³) A, row vectors. */
export const cubicSpiral: NumberProblem = {
  name: "cubic spiral",
  f: (_t, y) => [-0.1 * y[0]! ** 3 - 2 * y[1]! ** 3, 2 * y[0]! ** 3 - 0.1 * y[1]! ** 3],
  y0: [2, 0],
  t1: 25,
};

const MOON = 0.012277471;
/** The restricted three-body problem on Arenstorf's orbit (Hairer, Nørsett & Wanner I, eq. II.0.1, II.0.2): ends where it began. */
export const arenstorf: NumberProblem = {
  name: "Arenstorf",
  f: (_t, y) => {
    const [x, v, dx, dv] = y as unknown as [number, number, number, number];
    const d1 = ((x + MOON) ** 2 + v ** 2) ** 1.5;
    const d2 = ((x - (1 - MOON)) ** 2 + v ** 2) ** 1.5;
    return [
      dx,
      dv,
      x + 2 * dv - ((1 - MOON) * (x + MOON)) / d1 - (MOON * (x - (1 - MOON))) / d2,
      v - 2 * dx - ((1 - MOON) * v) / d1 - (MOON * v) / d2,
    ];
  },
  y0: [0.994, 0, 0, -2.0015851063790824],
  t1: 17.065216560157964,
};

/** Nonlinear and non-autonomous; y = 1/(2 + sin t). */
export const nonautonomous = {
  f: (t: number, y: number) => -Math.cos(t) * y * y + (y * (2 + Math.sin(t)) - 1) * Math.cos(y + t),
  exact: (t: number) => 1 / (2 + Math.sin(t)),
};

/** Riccati's equation; y = 1/(1.2 − sin t). */
export const riccati = { f: (t: number, y: number) => y * y * Math.cos(t), exact: (t: number) => 1 / (1.2 - Math.sin(t)) };
/** Nonlinear and non-autonomous; y = 1/(1 + t²). */
export const rational = { f: (t: number, y: number) => -2 * t * y * y, exact: (t: number) => 1 / (1 + t * t) };

/** y′ = −y, in numbers and on tensors. */
export const fall = (_t: number, y: number) => -y;
export const decayOnTensors = (_t: number, y: tf.Tensor) => tf.neg(y);
