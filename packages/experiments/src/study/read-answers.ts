import { isRecord } from "../checks.js";
import { isSealed } from "../store/hash.js";
import { ANSWERS_FORMAT, type Answered, type AnswerFile, CHOICES } from "./answer-file.js";
import { QUESTIONS, type Study } from "./study.js";

/**
 * The answers that a file holds, with the study that they belong to.
 *
 * @param studies those that the run has pages of, by their builds
 * @returns in place of answers, what is wrong with the file
 */
export function readAnswers(text: string, studies: ReadonlyMap<string, Study>): { file: AnswerFile; study: Study } | string {
  const file = parsed(text);
  if (file === null) return "is no file of answers";
  if (typeof file.seal !== "string" || !isSealed(file as { seal: string })) return "was changed after the page saved it";
  const study = studies.get(String(file.build));
  if (study === undefined) return `belongs to another study (build ${String(file.build).slice(0, 12)})`;
  const booklet = study.booklets[Number(file.booklet) - 1];
  if (booklet === undefined || typeof file.copy !== "string")
    return `holds no number from 1 to ${study.booklets.length} of a person`;
  if (!Array.isArray(file.answers)) return "holds no answers";
  const seen = new Set<number>();
  for (const answered of file.answers as readonly Partial<Answered>[]) {
    const { triple, left } = answered ?? {};
    if (!booklet.some((sighting) => sighting.triple === triple && sighting.left === left))
      return `answers what person ${file.booklet} was not shown`;
    if (seen.has(triple!)) return "answers the same pictures twice";
    seen.add(triple!);
    const isKnown = QUESTIONS.every((question) => answered[question] === null || CHOICES.includes(answered[question]!));
    if (!isKnown) return `holds answers other than ${CHOICES.join(", ")}`;
  }
  return { file: file as unknown as AnswerFile, study };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && value.format === ANSWERS_FORMAT && value.version === 1 ? value : null;
  } catch {
    return null;
  }
}
