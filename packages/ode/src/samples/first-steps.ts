import type { Tensor } from "@tensorflow/tfjs-core";
import { firstLength, probeLength } from "../stepping/first-step.js";
import { arrangeState } from "./arrange.js";
import { combineRows } from "./explicit-rows.js";
import { type RowDynamics, type RowSet, timesTensor } from "./row-dynamics.js";
import type { RowNorm } from "./row-norm.js";

/** Lengths of the first step of each row, as `selectFirstStep` chooses them; NaN where y0 or f(t0, y0) is not finite. */
export function selectFirstSteps(
  dynamics: RowDynamics,
  set: RowSet,
  y: Tensor[],
  slope: Tensor[],
  norm: RowNorm,
  finiteRows: (state: Tensor[]) => readonly boolean[],
): number[] {
  const { rows } = set;
  const ones = rows.map(() => [1]);
  const sizes = norm(ones, [y], y, y);
  const slopes = norm(ones, [slope], y, y);
  const finite = finiteRows(y);
  const finiteSlope = finiteRows(slope);
  const lengths = rows.map((row, i) => {
    const [d0, d1] = [sizes[i]!, slopes[i]!];
    if (!finite[i] || !finiteSlope[i]) return Number.NaN;
    // Only its square in units of the tolerance is infinite: any short step will do then, since the error test shortens it.
    if (d1 === Number.POSITIVE_INFINITY) return -Math.min(1e-6, row.maxProbe);
    return probeLength(d0, d1, row.maxProbe);
  });
  const probed = Array.from(lengths.keys()).filter((i) => lengths[i]! > 0);
  if (probed.length === 0) return lengths.map(Math.abs);
  const some = dynamics.narrow(set, probed);
  const [start, first] = [arrangeState(y, probed), arrangeState(slope, probed)];
  const signed = probed.map((i) => rows[i]!.direction * lengths[i]!);
  const lengthsOfProbes = { values: signed, moving: undefined };
  const probe = combineRows(start, lengthsOfProbes, [1], [first]);
  const times = timesTensor(probed.map((i, k) => rows[i]!.t0 + signed[k]!));
  const there = dynamics.evaluate(some, times, probe);
  const changes = norm(
    probed.map(() => [1, -1]),
    [there, first],
    start,
    start,
  );
  probed.forEach((i, k) => {
    const h0 = lengths[i]!;
    lengths[i] = firstLength(h0, slopes[i]!, changes[k]! / h0, rows[i]!.plan.method.errorOrder ?? rows[i]!.plan.method.order);
  });
  return lengths.map(Math.abs);
}
