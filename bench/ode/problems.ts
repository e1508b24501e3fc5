/** One initial value problem whose right-hand side any library can take. */
export interface Problem {
  readonly name: string;
  readonly f: (t: number, y: ArrayLike<number>) => number[];
  readonly y0: readonly number[];
  readonly t1: number;
}

const MOON = 0.012277471;

export const problems: readonly Problem[] = [
  {
    name: "Lorenz",
    f: (_t, y) => [10 * (y[1]! - y[0]!), y[0]! * (28 - y[2]!) - y[1]!, y[0]! * y[1]! - (8 / 3) * y[2]!],
    y0: [1, 0, 0],
    t1: 5,
  },
  {
    name: "Kepler, e = 0.5",
    f: (_t, y) => {
      const r3 = (y[0]! * y[0]! + y[1]! * y[1]!) ** 1.5;
      return [y[2]!, y[3]!, -y[0]! / r3, -y[1]! / r3];
    },
    y0: [0.5, 0, 0, Math.sqrt(3)],
    t1: 20,
  },
  {
    name: "Arenstorf",
    f: (_t, y) => {
      const d1 = ((y[0]! + MOON) ** 2 + y[1]! ** 2) ** 1.5;
      const d2 = ((y[0]! - 1 + MOON) ** 2 + y[1]! ** 2) ** 1.5;
      return [
        y[2]!,
        y[3]!,
        y[0]! + 2 * y[3]! - ((1 - MOON) * (y[0]! + MOON)) / d1 - (MOON * (y[0]! - 1 + MOON)) / d2,
        y[1]! - 2 * y[2]! - ((1 - MOON) * y[1]!) / d1 - (MOON * y[1]!) / d2,
      ];
    },
    y0: [0.994, 0, 0, -2.0015851063790824],
    t1: 17.065216560157964,
  },
];
