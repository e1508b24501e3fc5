import { sortedJson } from "../../store/sorted-json.js";
import { ANSWERS_FORMAT, type Answered, type AnswerFile, type Choice } from "../answer-file.js";
import { QUESTIONS, type Question, type Sighting, type StudyPage } from "../study.js";
import { sha256 } from "./sha256.js";

interface Kept {
  readonly copy: string;
  readonly answers: readonly Answered[];
}

/** Where one person is in their booklet. What they answer is kept in the browser at once, so that a page that was closed goes on where it was. */
export class Progress {
  readonly sightings: readonly Sighting[];
  private copy: string;
  private answers: Answered[];
  /** Whether the browser keeps answers; private windows may not. */
  isKept = true;

  /** @param booklet the person's number, from 1 */
  constructor(
    private readonly page: StudyPage,
    readonly booklet: number,
  ) {
    this.sightings = page.booklets[booklet - 1]!;
    const kept = this.restored();
    this.copy = kept?.copy ?? randomName();
    this.answers = this.sightings.map(
      (sighting) => kept?.answers.find(({ triple }) => triple === sighting.triple) ?? { ...sighting, Q1: null, Q2: null },
    );
    this.keep();
  }

  answerOf(place: number, question: Question): Choice | null {
    return this.answers[place]![question];
  }

  answer(place: number, question: Question, choice: Choice): void {
    this.answers[place] = { ...this.answers[place]!, [question]: choice };
    this.keep();
  }

  isDone(place: number): boolean {
    return QUESTIONS.every((question) => this.answerOf(place, question) !== null);
  }

  /** Triples with both answers. */
  get done(): number {
    return this.answers.filter((_, place) => this.isDone(place)).length;
  }

  /** The first triple that lacks an answer; after the last one when none does. */
  get next(): number {
    const open = this.answers.findIndex((_, place) => !this.isDone(place));
    return open < 0 ? this.answers.length : open;
  }

  file(): AnswerFile {
    const answers = this.answers.filter((answered) => QUESTIONS.some((question) => answered[question] !== null));
    const { booklet, copy } = this;
    const content = { format: ANSWERS_FORMAT, version: 1, build: this.page.build, booklet, copy, answers } as const;
    return { ...content, seal: sha256(sortedJson(content)) };
  }

  fileName(): string {
    return `answers-${this.page.build.slice(0, 8)}-${this.booklet}-${this.copy.slice(0, 6)}.json`;
  }

  /** Forgets all answers of this booklet, for the next person with the same number. */
  restart(): void {
    this.copy = randomName();
    this.answers = this.sightings.map((sighting) => ({ ...sighting, Q1: null, Q2: null }));
    this.keep();
  }

  private get key(): string {
    return `latentflow-study/${this.page.build}/${this.booklet}`;
  }

  private restored(): Kept | null {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "null") as Kept | null;
    } catch {
      return null;
    }
  }

  private keep(): void {
    try {
      localStorage.setItem(this.key, JSON.stringify({ copy: this.copy, answers: this.answers } satisfies Kept));
    } catch {
      this.isKept = false;
    }
  }
}

function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
