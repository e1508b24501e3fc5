import {
  binomialTest,
  krippendorffAlpha,
  type Rating,
  type StudyResponse,
  type StudyTally,
  tallyStudy,
  wilsonInterval,
} from "@latentflow/metrics";
import type { StudyCounts, StudyQuestionResult, StudyResult, StudyShare } from "../results/index.js";
import type { Answered, AnswerFile } from "./answer-file.js";
import { QUESTIONS, type Question, type Study } from "./study.js";

/** What results keep of a study, but for what they know of its flows themselves. */
export type StudyTallied = Omit<StudyResult, "entropy">;

/** All answers of a study together; at least one. */
export function tally(study: Study, files: readonly AnswerFile[]): StudyTallied {
  const { build, methods, attributes, without, booklets } = study;
  const answers = files.flatMap((file) => file.answers);
  const responses = answers.flatMap((answered) => responsesOf(study, answered));
  const counted = tallyStudy(responses, methods);
  const questions = QUESTIONS.flatMap((question): StudyQuestionResult[] => {
    const found = counted.find((one) => one.question === question);
    if (found === undefined) return [];
    const { alpha, units } = krippendorffAlpha(ratingsOf(study, files, question));
    const asked = attributes.filter(({ id }) => found.byAttribute.has(id));
    return [
      {
        question,
        ...countsOf(found),
        agreement: Number.isNaN(alpha) ? null : alpha,
        agreementUnits: units,
        byAttribute: asked.map(({ id }) => ({ attribute: id, ...countsOf(found.byAttribute.get(id)!) })),
      },
    ];
  });
  return {
    ...{ build, methods, people: files.filter((file) => file.answers.length > 0).length, booklets: booklets.length },
    left: leftShare(responses),
    attributes: attributes.map(({ id, target, control, lengths }) => ({ attribute: id, target, control, lengths })),
    ...{ without, questions },
  };
}

function responsesOf({ methods, triples }: Study, answered: Answered): StudyResponse[] {
  const { attribute, by } = triples[answered.triple]!;
  const [left, right] = [methods[by[answered.left]]!, methods[by[1 - answered.left]!]!];
  return QUESTIONS.flatMap((question) => {
    const answer = answered[question];
    return answer === null ? [] : [{ question, attribute, left, right, answer }];
  });
}

/** One list a triple: which method each person chose, or none, whatever side it stood on. */
function ratingsOf({ triples }: Study, files: readonly AnswerFile[], question: Question): Rating[][] {
  const ratings = triples.map((): Rating[] => []);
  for (const answered of files.flatMap((file) => file.answers)) {
    const choice = answered[question];
    if (choice === null) continue;
    const edit = choice === "left" ? answered.left : 1 - answered.left;
    ratings[answered.triple]!.push(choice === "none" ? choice : triples[answered.triple]!.by[edit]!);
  }
  return ratings;
}

function countsOf({ wins, none, responses, share, preference, interval, pValue }: StudyTally): StudyCounts {
  return { wins, none, responses, share, preference: Number.isNaN(preference) ? null : preference, interval, pValue };
}

function leftShare(responses: readonly StudyResponse[]): StudyShare {
  const of = responses.filter(({ answer }) => answer !== "none").length;
  const count = responses.filter(({ answer }) => answer === "left").length;
  if (of === 0) return { count, of, interval: [0, 1], pValue: 1 };
  return { count, of, interval: wilsonInterval(count, of), pValue: binomialTest(count, of) };
}
