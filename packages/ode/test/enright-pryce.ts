/** The right-hand sides of the Enright–Pryce test set, nonstiff classes A to E (ACM TOMS 13 (1987) 1–27), as tools/reference has them. */
type F = (t: number, y: Float64Array) => number[];

const GRAVITY = 2.95912208286;
const SUN = 1.00000597682;
const PLANETS = [0.000954786104043, 0.000285583733151, 0.0000437273164546, 0.0000517759138449, 0.00000277777777778];

const fiveBodies: F = (_t, state) => {
  const at = (body: number, axis: number) => state[3 * body + axis]!;
  const r3 = PLANETS.map((_, i) => Math.hypot(at(i, 0), at(i, 1), at(i, 2)) ** 3);
  const accelerations = PLANETS.flatMap((mass, i) =>
    [0, 1, 2].map((axis) => {
      let total = (-(SUN + mass) * at(i, axis)) / r3[i]!;
      PLANETS.forEach((other, k) => {
        if (k === i) return;
        const d3 = Math.hypot(at(k, 0) - at(i, 0), at(k, 1) - at(i, 1), at(k, 2) - at(i, 2)) ** 3;
        total += other * ((at(k, axis) - at(i, axis)) / d3 - at(k, axis) / r3[k]!);
      });
      return GRAVITY * total;
    }),
  );
  return [...state.slice(15), ...accelerations];
};

const diffusion: F = (_t, y) => Array.from(y, (value, i) => (y[i - 1] ?? 0) - 2 * value + (y[i + 1] ?? 0));

const orbit: F = (_t, y) => {
  const r3 = Math.hypot(y[0]!, y[1]!) ** 3;
  return [y[2]!, y[3]!, -y[0]! / r3, -y[1]! / r3];
};

export const enrightPryce: Readonly<Record<string, F>> = {
  A1: (_t, y) => [-y[0]!],
  A2: (_t, y) => [-(y[0]! ** 3) / 2],
  A3: (t, y) => [y[0]! * Math.cos(t)],
  A4: (_t, y) => [(y[0]! / 4) * (1 - y[0]! / 20)],
  A5: (t, y) => [(y[0]! - t) / (y[0]! + t)],
  B1: (_t, y) => [2 * (y[0]! - y[0]! * y[1]!), -(y[1]! - y[0]! * y[1]!)],
  B2: (_t, y) => [-y[0]! + y[1]!, y[0]! - 2 * y[1]! + y[2]!, y[1]! - y[2]!],
  B3: (_t, y) => [-y[0]!, y[0]! - y[1]! ** 2, y[1]! ** 2],
  B4: (_t, y) => {
    const radius = Math.hypot(y[0]!, y[1]!);
    return [-y[1]! - (y[0]! * y[2]!) / radius, y[0]! - (y[1]! * y[2]!) / radius, y[0]! / radius];
  },
  B5: (_t, y) => [y[1]! * y[2]!, -y[0]! * y[2]!, -0.51 * y[0]! * y[1]!],
  C1: (_t, y) => Array.from(y, (value, i) => (i === 0 ? -value : i === 9 ? y[8]! : y[i - 1]! - value)),
  C2: (_t, y) => Array.from(y, (value, i) => (i === 0 ? -value : i === 9 ? 9 * y[8]! : i * y[i - 1]! - (i + 1) * value)),
  C3: diffusion,
  C4: diffusion,
  C5: fiveBodies,
  D1: orbit,
  D2: orbit,
  D3: orbit,
  D4: orbit,
  D5: orbit,
  E1: (t, y) => [y[1]!, -(y[1]! / (t + 1) + (1 - 0.25 / (t + 1) ** 2) * y[0]!)],
  E2: (_t, y) => [y[1]!, (1 - y[0]! ** 2) * y[1]! - y[0]!],
  E3: (t, y) => [y[1]!, y[0]! ** 3 / 6 - y[0]! + 2 * Math.sin(2.78535 * t)],
  E4: (_t, y) => [y[1]!, 0.032 - 0.4 * y[1]! ** 2],
  E5: (t, y) => [y[1]!, Math.sqrt(1 + y[1]! ** 2) / (25 - t)],
};
