import { describeValue } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { binomialTest, type IntervalOptions, readIntervalOptions, wilsonInterval } from "../statistics/binomial.js";

/** One answer of one assessor. Left and right name the methods that made the two pictures, since their order was random. */
export interface StudyResponse {
  /** For example "Q1" (which has the better attribute change) or "Q2" (which better preserved identity). */
  readonly question: string;
  readonly attribute: string;
  readonly left: string;
  readonly right: string;
  readonly answer: "left" | "right" | "none";
}

/** Counts of one question, over all attributes or one of them. */
export interface StudyTally {
  /** Answers for the first and for the second method. */
  readonly wins: readonly [number, number];
  /** "None / both / not applicable". */
  readonly none: number;
  readonly responses: number;
  /** Share of all responses, "none" included, for either method. */
  readonly share: readonly [number, number];
  /** Share of the first method among decided answers, with its Wilson interval; NaN without any. */
  readonly preference: number;
  readonly interval: readonly [number, number];
  /** Exact two-sided binomial test that decided answers split evenly; 1 without any. */
  readonly pValue: number;
}

export interface StudyQuestion extends StudyTally {
  readonly question: string;
  readonly byAttribute: ReadonlyMap<string, StudyTally>;
}

/**
 * Tallies a two-picture study of methods [a, b], per question and per attribute. Responses of other pairs of methods are left out.
 *
 * @param options.confidence of the Wilson intervals, default 0.95
 * @throws MetricsError for an answer of another kind, or when no response compares the two methods
 */
export function tallyStudy(
  responses: readonly StudyResponse[],
  methods: readonly [string, string],
  options: IntervalOptions = {},
): StudyQuestion[] {
  const { confidence } = readIntervalOptions("tallyStudy", options);
  if (!Array.isArray(responses)) {
    throw new MetricsError(`tallyStudy: expected a list of responses, got ${describeValue(responses)}.`);
  }
  const isPair = Array.isArray(methods) && methods.length === 2 && methods.every((method) => typeof method === "string");
  if (!isPair) throw new MetricsError(`tallyStudy: expected the names of two methods, got ${describeValue(methods)}.`);
  const [a, b] = methods;
  if (a === b) throw new MetricsError(`tallyStudy: expected two different methods, got ${a} twice.`);
  for (const response of responses as readonly (StudyResponse | undefined)[]) {
    const answer = response?.answer as string;
    if (["left", "right", "none"].includes(answer)) continue;
    throw new MetricsError(`tallyStudy: expected answers "left", "right" or "none", got ${describeValue(answer)}.`);
  }
  const paired = (responses as readonly StudyResponse[]).filter(
    (x) => (x.left === a && x.right === b) || (x.left === b && x.right === a),
  );
  if (paired.length === 0) throw new MetricsError(`tallyStudy: expected responses that compare ${a} with ${b}, got none.`);
  return [...groupBy(paired, (x) => x.question)].map(([question, answers]) => ({
    question,
    ...tally(answers, a, confidence),
    byAttribute: new Map(
      [...groupBy(answers, (x) => x.attribute)].map(([attribute, some]) => [attribute, tally(some, a, confidence)]),
    ),
  }));
}

function tally(responses: readonly StudyResponse[], first: string, confidence: number): StudyTally {
  const none = responses.filter((x) => x.answer === "none").length;
  const won = responses.filter((x) => x.answer !== "none" && x[x.answer] === first).length;
  const decided = responses.length - none;
  const lost = decided - won;
  return {
    wins: [won, lost],
    none,
    responses: responses.length,
    share: [won / responses.length, lost / responses.length],
    preference: won / decided,
    interval: decided === 0 ? [0, 1] : wilsonInterval(won, decided, { confidence }),
    pValue: decided === 0 ? 1 : binomialTest(won, decided),
  };
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
