import type { Cell } from "../drawing/csv.js";
import { type Markup, markup } from "../drawing/markup.js";
import { count, fixed, interval, list, NONE, percent, short, words } from "../drawing/numbers.js";
import { methodName, type ReportContext, styleOf } from "../drawing/report-context.js";
import { type Column, table } from "../drawing/table.js";
import type { View } from "../drawing/view.js";
import type { StudyCounts, StudyQuestionResult, StudyResult } from "../results/index.js";

const QUESTION_WORDS = { Q1: "Better change of the attribute", Q2: "Keeps more of the original" } as const;

/** What people said: the paper's table, and by attribute. */
export const answers: View = {
  csv: {
    file: "study.csv",
    about: "people's answers to a study's questions, of all attributes (first rows) and of each",
    columns: [
      ...["build", "question", "attribute", "first", "second", "first_wins", "second_wins", "none", "responses"],
      ...["preference", "lower", "upper", "p", "alpha"],
    ],
    rows: ({ studies = [] }) =>
      studies.flatMap(({ build, methods, questions }) =>
        questions.flatMap(({ byAttribute, ...all }) =>
          [{ attribute: "", ...all }, ...byAttribute].map((row): Cell[] => {
            const { attribute, wins, none, responses, preference, interval, pValue } = row;
            const alpha = attribute === "" ? all.agreement : null;
            return [
              build.slice(0, 12),
              all.question,
              attribute,
              ...methods,
              ...wins,
              none,
              responses,
              preference,
              ...interval,
              pValue,
              alpha,
            ];
          }),
        ),
      ),
  },
  section: { place: "ground", draw: section },
};

/** Whether flows that bend more are preferred more. */
const entropyOfStudy: View = {
  csv: {
    file: "study-entropy.csv",
    about: "rank correlation of the flow's singular entropy with people's preference for it, over attributes",
    columns: ["build", "question", "matrix", "rho", "p", "attributes"],
    rows: ({ studies = [] }) =>
      studies.flatMap(({ build, entropy }) =>
        entropy.map(({ question, matrix, rho, pValue, attributes }): Cell[] => [
          build.slice(0, 12),
          question,
          matrix,
          rho,
          pValue,
          attributes,
        ]),
      ),
  },
};

function section(context: ReportContext): Markup | false {
  const { studies = [] } = context.results;
  if (studies.length === 0) return false;
  return markup`<section id="study"><h2>What people see</h2>
<p class="muted">People saw an original and an edit by each of two methods, in random order, as far along as brings the same share of the run's starts to the target. Q1:
which has the better change of the attribute towards the target? Q2: which keeps more of the original?</p>
${studies.map((study) => oneStudy(context, study))}</section>`;
}

function oneStudy(context: ReportContext, study: StudyResult): Markup {
  const { methods, questions, people, booklets, attributes, without } = study;
  const [first, second] = methods.map((id) => styleOf(context, id));
  const columns: Column[] = [
    { head: "question" },
    { head: first!.label, kind: "number" },
    { head: second!.label, kind: "number" },
    { head: "none", kind: "number" },
    { head: `for ${first!.label}, of those who decided`, kind: "number" },
    { head: "p", kind: "number" },
    { head: "agreement α", kind: "number" },
  ];
  const rows = questions.map((question) => [
    markup`${question.question} <small>${QUESTION_WORDS[question.question]}</small>`,
    ...shares(question),
    alphaOf(question),
  ]);
  const lengths = attributes.map(
    ({ attribute, control, lengths }) =>
      `${words(attribute)}: ${percent(control)} of the starts, at t = ${short(lengths[0])} and ${short(lengths[1])}`,
  );
  return markup`<h3>${methodName(first!)} against ${methodName(second!)}</h3>
${table(`Answers of ${people} of ${count(booklets, "person", "people")}, with 95 % Wilson intervals and exact binomial tests, which take answers for independent, although each person gave several`, columns, rows)}
<p class="muted">${side(study)} α is Krippendorff's: 1 where all agree, 0 where they agree as chance would.</p>
${entropyWords(study)}
<details><summary>By attribute</summary>${questions.map((question) => byAttribute(question, columns.slice(1, 6)))}
<p class="muted">Where pictures were taken: ${list(lengths)}.${without.length > 0 && ` Not asked: ${list(without.map(({ attribute, why }) => `${words(attribute)} (${why})`))}.`}</p></details>`;
}

function byAttribute(question: StudyQuestionResult, columns: readonly Column[]): Markup {
  const rows = question.byAttribute.map((one) => [words(one.attribute), ...shares(one)]);
  return table(`${question.question}: ${QUESTION_WORDS[question.question]}`, [{ head: "attribute" }, ...columns], rows);
}

function shares({ share, wins, none, responses, preference, interval: limits, pValue }: StudyCounts) {
  const cell = (value: number, n: number) => markup`${percent(value)} <small>${n}</small>`;
  return [
    cell(share[0], wins[0]),
    cell(share[1], wins[1]),
    cell(none / responses, none),
    preference === null ? NONE : markup`${percent(preference)}<br><small>${interval(limits, 2)}</small>`,
    pValue < 0.001 ? "< 0.001" : fixed(pValue, 3),
  ];
}

function alphaOf({ agreement, agreementUnits }: StudyQuestionResult): Markup {
  return markup`${fixed(agreement)}<br><small>${count(agreementUnits, "picture")}</small>`;
}

function side({ left: { count: chosen, of, pValue } }: StudyResult): string {
  if (of === 0) return "Nobody chose a side.";
  const habit = pValue < 0.05 ? "; sides were balanced, but people leaned to one" : "";
  return `The picture on the left was chosen in ${percent(chosen / of)} of ${count(of, "decided answer")} (p = ${fixed(pValue, 3)}${habit}).`;
}

function entropyWords({ entropy }: StudyResult): Markup | false {
  if (entropy.length === 0) return false;
  const texts = entropy.map(
    ({ question, matrix, rho, pValue }) => `${question}, of ${matrix}: ρ = ${fixed(rho)} (p = ${fixed(pValue, 3)})`,
  );
  return markup`<p>Singular entropy of the flow against the order of improvements, over ${entropy[0]!.attributes} attributes (Spearman): ${list(texts)}. Above 0, the flow is preferred more where it bends in more dimensions.</p>`;
}

/** In the report's order. */
export const STUDY_VIEWS: readonly View[] = [answers, entropyOfStudy];
