import { editLengthForControl } from "@latentflow/metrics";
import type { Cell } from "./cell.js";

/** D where a curve first reaches a level of Control; null where it never does. */
function disentanglementAt(
  curve: { t: readonly number[]; control: readonly number[]; disentanglement: readonly number[] },
  level: number,
) {
  const at = editLengthForControl(curve, level);
  if (at === null) return null;
  const after = Math.max(
    1,
    curve.t.findIndex((t) => t >= at),
  );
  const [t0, t1] = [curve.t[after - 1]!, curve.t[after]!];
  const [d0, d1] = [curve.disentanglement[after - 1]!, curve.disentanglement[after]!];
  return d0 + ((at - t0) / (t1 - t0)) * (d1 - d0);
}

/** A row a candidate, a column a factor: largest Control and D at three levels of it, seed by seed. */
export function tableOf(cells: readonly Cell[], levels: readonly number[] = [0.3, 0.5, 0.8]): string {
  const factors = [...new Set(cells.map(({ factor }) => factor))];
  const candidates = [...new Set(cells.map(({ candidate }) => candidate))];
  const cellText = (factor: string, candidate: string) => {
    const own = cells.filter((cell) => cell.factor === factor && cell.candidate === candidate).sort((a, b) => a.seed - b.seed);
    const curves = own.map(({ curves, setting }) => ({ t: setting.times, ...curves.at(-1)! }));
    const reach = curves.map(({ control }) => `${(100 * Math.max(...control)).toFixed(0)}`).join(", ");
    const purity = levels.map((level) => {
      const all = curves.map((curve) => disentanglementAt(curve, level)?.toFixed(3) ?? "–");
      return all.join(", ");
    });
    return own.length === 0 ? "" : `${reach} %; ${purity.join("; ")}`;
  };
  const head = `| | ${factors.map((factor) => `${factor}: largest Control; D at Control ${levels.join("; ")}`).join(" | ")} |`;
  const rows = candidates.map(
    (candidate) => `| ${candidate} | ${factors.map((factor) => cellText(factor, candidate)).join(" | ")} |`,
  );
  return [head, `|${" --- |".repeat(factors.length + 1)}`, ...rows].join("\n");
}
