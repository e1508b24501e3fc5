/** The stiff problems of Hairer & Wanner's test set (Solving Ordinary Differential Equations II, section IV.10) and of the IVP test set, in float64. */
export interface StiffProblem {
  /** As the peers know it. */
  readonly name: "robertson" | "hires" | "vdpol" | "orego" | "pollu" | "e5" | "bruss";
  readonly f: (t: number, y: Float64Array) => Float64Array;
  readonly y0: Float64Array;
  readonly t1: number;
  /** Absolute tolerance as a share of the relative one: the size below which a number does not matter. */
  readonly scale: number;
  /** The size below which errors at the end do not matter, where that is another. */
  readonly floor?: number;
  readonly band?: readonly [number, number];
}

/** f into an array of its own: the solvers copy what they get. */
function problem(
  name: StiffProblem["name"],
  y0: ArrayLike<number>,
  t1: number,
  scale: number,
  fill: (y: Float64Array, slope: Float64Array) => void,
  band?: readonly [number, number],
): StiffProblem {
  const slope = new Float64Array(y0.length);
  const f = (_t: number, y: Float64Array) => {
    fill(y, slope);
    return slope;
  };
  return { name, f, y0: Float64Array.from(y0), t1, scale, ...(band && { band }) };
}

const robertson = problem("robertson", [1, 0, 0], 1e11, 1e-8, (y, d) => {
  const slow = 0.04 * y[0]!;
  const medium = 1e4 * y[1]! * y[2]!;
  const fast = 3e7 * y[1]! * y[1]!;
  d[0] = medium - slow;
  d[1] = slow - medium - fast;
  d[2] = fast;
});

const hires = problem("hires", [1, 0, 0, 0, 0, 0, 0, 0.0057], 321.8122, 1e-4, (y, d) => {
  const bound = 280 * y[5]! * y[7]!;
  d[0] = -1.71 * y[0]! + 0.43 * y[1]! + 8.32 * y[2]! + 0.0007;
  d[1] = 1.71 * y[0]! - 8.75 * y[1]!;
  d[2] = -10.03 * y[2]! + 0.43 * y[3]! + 0.035 * y[4]!;
  d[3] = 8.32 * y[1]! + 1.71 * y[2]! - 1.12 * y[3]!;
  d[4] = -1.745 * y[4]! + 0.43 * y[5]! + 0.43 * y[6]!;
  d[5] = -bound + 0.69 * y[3]! + 1.71 * y[4]! - 0.43 * y[5]! + 0.69 * y[6]!;
  d[6] = bound - 1.81 * y[6]!;
  d[7] = -bound + 1.81 * y[6]!;
});

const vdpol = problem("vdpol", [2, 0], 2000, 1, (y, d) => {
  d[0] = y[1]!;
  d[1] = 1000 * (1 - y[0]! * y[0]!) * y[1]! - y[0]!;
});

const orego = problem("orego", [1, 2, 3], 360, 1e-3, (y, d) => {
  d[0] = 77.27 * (y[1]! + y[0]! * (1 - 8.375e-6 * y[0]! - y[1]!));
  d[1] = (y[2]! - (1 + y[0]!) * y[1]!) / 77.27;
  d[2] = 0.161 * (y[0]! - y[2]!);
});

const e5 = problem("e5", [1.76e-3, 0, 0, 0], 1e13, 1e-20, (y, d) => {
  const [a, b, c] = [7.89e-10 * y[0]!, 1.1e7 * y[0]! * y[2]!, 1.13e9 * y[1]! * y[2]!];
  const back = 1.13e3 * y[3]!;
  d[0] = -a - b;
  d[1] = a - c;
  d[2] = a - b - c + back;
  d[3] = b - back;
});

const polluStart = new Float64Array(20);
polluStart[1] = 0.2;
polluStart[3] = 0.04;
polluStart[6] = 0.1;
polluStart[7] = 0.3;
polluStart[8] = 0.01;
polluStart[16] = 0.007;
const rate = new Float64Array(26);
const pollu = problem("pollu", polluStart, 60, 1e-4, (y, d) => {
  const r = rate;
  r[1] = 0.35 * y[0]!;
  r[2] = 26.6 * y[1]! * y[3]!;
  r[3] = 12300 * y[4]! * y[1]!;
  r[4] = 8.6e-4 * y[6]!;
  r[5] = 8.2e-4 * y[6]!;
  r[6] = 15000 * y[6]! * y[5]!;
  r[7] = 1.3e-4 * y[8]!;
  r[8] = 24000 * y[8]! * y[5]!;
  r[9] = 16500 * y[10]! * y[1]!;
  r[10] = 9000 * y[10]! * y[0]!;
  r[11] = 0.022 * y[12]!;
  r[12] = 12000 * y[9]! * y[1]!;
  r[13] = 1.88 * y[13]!;
  r[14] = 16300 * y[0]! * y[5]!;
  r[15] = 4.8e6 * y[2]!;
  r[16] = 3.5e-4 * y[3]!;
  r[17] = 0.0175 * y[3]!;
  r[18] = 1e8 * y[15]!;
  r[19] = 4.44e11 * y[15]!;
  r[20] = 1240 * y[16]! * y[5]!;
  r[21] = 2.1 * y[18]!;
  r[22] = 5.78 * y[18]!;
  r[23] = 0.0474 * y[0]! * y[3]!;
  r[24] = 1780 * y[18]! * y[0]!;
  r[25] = 3.12 * y[19]!;
  d[0] = -r[1]! - r[10]! - r[14]! - r[23]! - r[24]! + r[2]! + r[3]! + r[9]! + r[11]! + r[12]! + r[22]! + r[25]!;
  d[1] = -r[2]! - r[3]! - r[9]! - r[12]! + r[1]! + r[21]!;
  d[2] = -r[15]! + r[1]! + r[17]! + r[19]! + r[22]!;
  d[3] = -r[2]! - r[16]! - r[17]! - r[23]! + r[15]!;
  d[4] = -r[3]! + 2 * r[4]! + r[6]! + r[7]! + r[13]! + r[20]!;
  d[5] = -r[6]! - r[8]! - r[14]! - r[20]! + r[3]! + 2 * r[18]!;
  d[6] = -r[4]! - r[5]! - r[6]! + r[13]!;
  d[7] = r[4]! + r[5]! + r[6]! + r[7]!;
  d[8] = -r[7]! - r[8]!;
  d[9] = -r[12]! + r[7]! + r[9]!;
  d[10] = -r[9]! - r[10]! + r[8]! + r[11]!;
  d[11] = r[9]!;
  d[12] = -r[11]! + r[10]!;
  d[13] = -r[13]! + r[12]!;
  d[14] = r[14]!;
  d[15] = -r[18]! - r[19]! + r[16]!;
  d[16] = -r[20]!;
  d[17] = r[20]!;
  d[18] = -r[21]! - r[22]! - r[24]! + r[23]! + r[25]!;
  d[19] = -r[25]! + r[24]!;
});

/** Of the one-dimensional Brusselator, u and v side by side, so that its Jacobian has two places on both sides of the diagonal. */
const CELLS = 100;
const bruss = problem(
  "bruss",
  Float64Array.from({ length: 2 * CELLS }, (_, i) => (i % 2 === 0 ? 1 + Math.sin((2 * Math.PI * (i / 2 + 1)) / (CELLS + 1)) : 3)),
  10,
  1,
  (y, d) => {
    const diffusion = (CELLS + 1) ** 2 / 50;
    for (let i = 0; i < 2 * CELLS; i += 2) {
      const [u, v] = [y[i]!, y[i + 1]!];
      const [left, right] = [i === 0 ? 1 : y[i - 2]!, i === 2 * CELLS - 2 ? 1 : y[i + 2]!];
      const [below, above] = [i === 0 ? 3 : y[i - 1]!, i === 2 * CELLS - 2 ? 3 : y[i + 3]!];
      const reaction = u * u * v;
      d[i] = 1 + reaction - 4 * u + diffusion * (left - 2 * u + right);
      d[i + 1] = 3 * u - reaction + diffusion * (below - 2 * v + above);
    }
  },
  [2, 2],
);

export const stiffProblems: readonly StiffProblem[] = [
  robertson,
  hires,
  vdpol,
  orego,
  pollu,
  // At t1 the numbers are below 1e-18, and no two solvers agree in them.
  { ...e5, floor: 1e-12 },
  bruss,
];
