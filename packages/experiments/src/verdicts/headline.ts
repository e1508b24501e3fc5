import { list, percent, words } from "../drawing/numbers.js";
import type { Evaluation, ExperimentResults } from "../results/index.js";
import { withoutStarts } from "./no-results.js";
import { BROKEN, type FlowVerdict, flowVerdicts, REACH } from "./verdict.js";

/** One flow over all attributes. */
export interface FlowScore {
  readonly id: string;
  readonly label: string;
  readonly wins: readonly string[];
  readonly ties: readonly string[];
  readonly loses: readonly string[];
  readonly outOfReach: readonly string[];
  /** Reached, but through broken pictures. */
  readonly broken: readonly string[];
  /** What Control counts. */
  readonly definition: Evaluation["definition"];
}

/** Wins, ties and losses of every flow, attributes by name. */
function flowScores({ attributes }: Pick<ExperimentResults, "attributes">): FlowScore[] {
  const verdicts = attributes.flatMap((attribute) =>
    flowVerdicts(attribute).map((verdict) => ({ ...verdict, name: attribute.name })),
  );
  const ids = [...new Set(verdicts.map(({ flow }) => flow.id))];
  return ids.map((id) => {
    const own = verdicts.filter(({ flow }) => flow.id === id);
    const named = (outcome: FlowVerdict["outcome"]) => own.filter((v) => v.outcome === outcome).map(({ name }) => name);
    return {
      id,
      label: own[0]!.flow.label,
      wins: named("wins"),
      ties: named("ties"),
      loses: named("loses"),
      outOfReach: named("out of reach"),
      broken: named(BROKEN),
      definition: own[0]!.flow.evaluation?.definition ?? "target",
    };
  });
}

/** The result in one sentence of plain words, one a flow; one more where attributes have no starts. */
export function headline(results: Pick<ExperimentResults, "attributes">): string[] {
  const scores = flowScores(results).filter((score) => compared(score) > 0);
  const without = withoutStarts(results);
  const lost =
    without.length === 0
      ? []
      : [`No starts for ${list(without.map(words))}: too few of the sampled codes show the class that the edit begins with.`];
  if (scores.length > 0) return [...scores.map(sentence), ...lost];
  const measured = results.attributes.some(({ methods }) => methods.some(({ evaluation }) => evaluation !== null));
  const nothing = measured
    ? "Edits are measured, but no flow beside a straight edit: nothing to compare."
    : "Nothing is measured yet.";
  return without.length === results.attributes.length && without.length > 0 ? lost : [nothing, ...lost];
}

function compared({ wins, ties, loses, outOfReach, broken }: FlowScore): number {
  return wins.length + ties.length + loses.length + outOfReach.length + broken.length;
}

function sentence(score: FlowScore): string {
  const { label, wins, ties, loses, outOfReach, broken, definition } = score;
  const reaches =
    definition === "changed"
      ? `changes ${percent(REACH)} of the starts`
      : `gets ${percent(REACH)} of the starts to the wanted value`;
  const total = compared(score);
  const outcomes: [readonly string[], string][] = [
    [wins, `the curved edits of the ${label} are better than every straight one`],
    [loses, "at least one straight edit is better than the curved one"],
    [ties, "neither is clearly better"],
    [broken, "the curved edits get there, but through broken pictures"],
    [outOfReach, `no method ${reaches}`],
  ];
  const parts = outcomes.filter(([names]) => names.length > 0).map(([names, text]) => `for ${share(names, total)} ${text}`);
  const text = parts.join("; ");
  const subject = wins.length > 0 ? "" : ` (curved: ${label})`;
  return `${text[0]!.toUpperCase()}${text.slice(1)}${subject}.`;
}

function share(names: readonly string[], total: number): string {
  if (total === 1) return words(names[0]!);
  const whole = total === 2 ? "both" : `all ${total}`;
  return `${names.length === total ? whole : `${names.length} of ${total}`} attributes (${list(names.map(words))})`;
}
