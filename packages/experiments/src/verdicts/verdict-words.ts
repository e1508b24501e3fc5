import { meanAndSpread, names, percent } from "../drawing/numbers.js";
import type { AttributeResult } from "../results/index.js";
import type { FlowVerdict } from "./verdict.js";

/** A flow's verdict in words: "Neural ODE, depth 1 wins", and against whom. */
export function verdictWords(
  { methods, comparison }: AttributeResult,
  { flow, outcome, pairs }: FlowVerdict,
): { head: string; against: string } {
  if (outcome === null) return { head: flow.label, against: "not compared with a straight edit" };
  const labelOf = (id: string) => methods.find((method) => method.id === id)?.label ?? id;
  const among = (verdict: string) => pairs.filter((pair) => pair.verdict === verdict).map(({ other }) => labelOf(other));
  const parts = [
    { text: "better than", labels: among("better") },
    { text: "worse than", labels: among("worse") },
    { text: "no clear difference from", labels: among("no clear difference") },
    { text: "a trade-off (better in one way, worse in another) against", labels: among("trade-off") },
  ].filter(({ labels }) => labels.length > 0);
  const texts = parts.map(({ text, labels }) => `${text} ${names(labels)}`);
  const seeds = comparison?.areas.find(({ method }) => method === flow.id)?.seeds;
  if (seeds)
    texts.push(`over ${seeds.seeds.length} trainings, which get ${meanAndSpread(seeds.maxControl, percent)} of the starts there`);
  return {
    head: outcome === "out of reach" ? `${flow.label}: out of reach, as for every method` : `${flow.label} ${outcome}`,
    against: texts.join("; "),
  };
}
