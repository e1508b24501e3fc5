import type { Question, Sighting } from "./study.js";

/** Without Node: the page writes such files, the tally reads them. */
export const ANSWERS_FORMAT = "latentflow-study-answers";

export const CHOICES = ["left", "right", "none"] as const;

export type Choice = (typeof CHOICES)[number];

/** What one person answered, as the page saves it: nothing about the person. */
export interface AnswerFile {
  readonly format: typeof ANSWERS_FORMAT;
  readonly version: 1;
  /** The study's. */
  readonly build: string;
  /** The person's number, from 1: which booklet they saw. */
  readonly booklet: number;
  /** Drawn at random where the booklet was begun, so that a file that is given twice is found out. */
  readonly copy: string;
  readonly answers: readonly Answered[];
  /** Hash of all of the above. */
  readonly seal: string;
}

/** A triple with what was said of it; null: not answered yet. */
export type Answered = Sighting & Readonly<Record<Question, Choice | null>>;
