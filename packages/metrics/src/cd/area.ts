import { type DeclaredOptions, describeValue, type GivenOptions } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { type Numbers, readOptions, toNumbers } from "../input/checks.js";

/** What an area needs of a curve; a `CdCurve` is one. */
export interface ControlDisentanglement {
  readonly t: Numbers;
  readonly control: Numbers;
  readonly disentanglement: Numbers;
}

/** A curve that has been checked. */
interface CheckedCurve {
  readonly t: Float64Array;
  readonly control: Float64Array;
  readonly disentanglement: Float64Array;
}

/** A stretch of a curve on which Control reaches values it never had before, all its members linear in between. */
interface Rise {
  readonly control: readonly [number, number];
  readonly disentanglement: readonly [number, number];
  readonly t: readonly [number, number];
}

export interface AreaUnderCdCurve {
  /** The Control range that all curves cover. */
  readonly range: readonly [number, number];
  /** ∫ D dC over that range, one a curve. Lower is better. */
  readonly areas: number[];
  /** The same divided by the range's width: the mean D at equal Control. NaN when the range is empty. */
  readonly meanDisentanglement: number[];
  /** The largest Control each curve reaches: a low area means little when this is low. */
  readonly maxControl: number[];
}

const AREA = {
  /** A fixed Control range [from, to] in place of the common one; must lie inside it. */
  range: {
    optional: true,
    is: (value: unknown): value is readonly [number, number] => Array.isArray(value) && value.length === 2,
    expected: "[from, to]",
  },
} as const satisfies DeclaredOptions;

/**
 * Area under CD curves over the Control range that they share: from the largest starting Control to the smallest of their maxima.
 * D at a Control level is taken where the curve first reaches that level (linear in between), since Control may fall again.
 *
 * @returns an empty range (width 0, areas 0) when some curve never rises to where another starts
 */
export function areaUnderCdCurve(
  curves: readonly ControlDisentanglement[],
  options: GivenOptions<typeof AREA> = {},
): AreaUnderCdCurve {
  const settings = readOptions("areaUnderCdCurve", AREA, options);
  if (!Array.isArray(curves) || curves.length === 0) {
    const got = Array.isArray(curves) ? "none" : describeValue(curves);
    throw new MetricsError(`areaUnderCdCurve: expected a list of one curve or more, got ${got}.`);
  }
  const checked = (curves as readonly ControlDisentanglement[]).map((curve) => checkCurve("areaUnderCdCurve", curve));
  const rises = checked.map(risesOf);
  const maxControl = checked.map(({ control }) => control.reduce((a, b) => Math.max(a, b)));
  const low = Math.max(...checked.map(({ control }) => control[0]!));
  const common: readonly [number, number] = [low, Math.max(low, Math.min(...maxControl))];
  const range = settings.range ?? common;
  if (!(common[0] <= range[0] && range[0] <= range[1] && range[1] <= common[1])) {
    throw new MetricsError(
      `areaUnderCdCurve: expected a range inside the curves' common Control range [${common.join(", ")}], got [${range.join(", ")}].`,
    );
  }
  const areas = rises.map((curve) => integrate(curve, range));
  const meanDisentanglement = areas.map((area) => area / (range[1] - range[0]));
  return { range, areas, meanDisentanglement, maxControl };
}

/**
 * The edit length at which a curve first reaches a Control level, linear between the curve's times; null when it never does.
 *
 * @param level Control, in [0, 1]
 */
export function editLengthForControl(curve: ControlDisentanglement, level: number): number | null {
  const checked = checkCurve("editLengthForControl", curve);
  if (!(typeof level === "number" && level >= 0 && level <= 1)) {
    throw new MetricsError(`editLengthForControl: expected a level from 0 to 1, got ${describeValue(level)}.`);
  }
  if (level <= checked.control[0]!) return checked.t[0]!;
  const rise = risesOf(checked).find(({ control }) => level > control[0] && level <= control[1]);
  if (rise === undefined) return null;
  const fraction = (level - rise.control[0]) / (rise.control[1] - rise.control[0]);
  return rise.t[0] + fraction * (rise.t[1] - rise.t[0]);
}

function checkCurve(caller: string, curve: ControlDisentanglement): CheckedCurve {
  if (typeof curve !== "object" || curve === null) {
    throw new MetricsError(
      `${caller}: expected a curve with t, control and disentanglement, as cdCurve() gives, got ${describeValue(curve)}.`,
    );
  }
  const t = toNumbers(caller, "a curve's t", curve.t);
  const control = toNumbers(caller, "a curve's control", curve.control);
  const disentanglement = toNumbers(caller, "a curve's disentanglement", curve.disentanglement);
  const lengths = [t.length, control.length, disentanglement.length];
  const finite = [t, control, disentanglement].every((values) => values.every(Number.isFinite));
  if (lengths[0]! > 0 && new Set(lengths).size === 1 && finite) return { t, control, disentanglement };
  throw new MetricsError(
    `${caller}: expected t, control and disentanglement as finite numbers of one length, got lengths ${lengths.join(", ")}${finite ? "" : " with other numbers"}.`,
  );
}

function risesOf(curve: CheckedCurve): Rise[] {
  const rises: Rise[] = [];
  let highest = curve.control[0]!;
  for (let i = 1; i < curve.control.length; i++) {
    const [before, after] = [curve.control[i - 1]!, curve.control[i]!];
    if (after <= highest) continue;
    const fraction = (highest - before) / (after - before);
    const entry = (values: Float64Array) => values[i - 1]! + fraction * (values[i]! - values[i - 1]!);
    rises.push({
      control: [highest, after],
      disentanglement: [entry(curve.disentanglement), curve.disentanglement[i]!],
      t: [entry(curve.t), curve.t[i]!],
    });
    highest = after;
  }
  return rises;
}

/** The trapezoidal rule, exact on the pieces. */
function integrate(rises: readonly Rise[], [low, high]: readonly [number, number]): number {
  let area = 0;
  for (const { control, disentanglement } of rises) {
    const from = Math.max(low, control[0]);
    const to = Math.min(high, control[1]);
    if (to <= from) continue;
    const at = (c: number) =>
      disentanglement[0] + ((c - control[0]) / (control[1] - control[0])) * (disentanglement[1] - disentanglement[0]);
    area += ((to - from) * (at(from) + at(to))) / 2;
  }
  return area;
}
