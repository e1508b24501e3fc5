/** The page of a study: compiled into `page-script.ts` by tools/build-study-page.ts. Needs nothing but itself and its pictures. */

import type { Choice } from "../answer-file.js";
import { pictureFile, QUESTIONS, type Question, type StudyPage } from "../study.js";
import { element } from "./element.js";
import { Progress } from "./progress.js";
import { KEYS, questionField, showChosen } from "./question.js";
import { asText, save } from "./save.js";

const page = JSON.parse(document.getElementById("study")!.textContent!) as StudyPage;
const main = document.querySelector("main")!;
const live = document.getElementById("live")!;

/** What a key does on the screen that is shown. */
let onKey: (key: string) => boolean = () => false;

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (onKey(event.key)) event.preventDefault();
});

begin();

function show(heading: HTMLElement, ...children: (Node | false)[]): void {
  main.replaceChildren(heading, ...children.filter((child) => child !== false));
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Who it is: a number, and nothing else. */
function begin(): void {
  const people = page.booklets.length;
  const asked = Number(location.hash.slice(1));
  const isAsked = Number.isInteger(asked) && asked >= 1 && asked <= people;
  const number = element("input", {
    id: "number",
    type: "number",
    inputmode: "numeric",
    min: 1,
    max: people,
    step: 1,
    required: true,
  });
  if (isAsked) number.value = String(asked);
  else if (people === 1) number.value = "1";
  const form = element(
    "form",
    {
      submit: (event) => {
        event.preventDefault();
        const progress = new Progress(page, Number(number.value));
        trial(progress, progress.next);
      },
    },
    element("label", { for: "number" }, `Your number, from 1 to ${people}`),
    element("div", { class: "row" }, number, element("button", { type: "submit", class: "primary" }, "Begin")),
  );
  const most = Math.max(...page.booklets.map(({ length }) => length));
  onKey = () => false;
  show(
    element("h1", {}, page.title),
    element(
      "p",
      {},
      `You will see ${most} pictures, one after the other, each with two edits of it, and answer two questions about each.`,
    ),
    element(
      "p",
      {},
      "There are no right answers: say what you see. “None” also means that both are alike, or that the question does not fit.",
    ),
    form,
    element(
      "p",
      { class: "muted" },
      "You may stop at any time: on this device, the same number goes on where you were. Nothing about you is asked or kept, and nothing leaves this device but the file that you save at the end.",
    ),
  );
  if (!isAsked) number.focus({ preventScroll: true });
}

function trial(progress: Progress, place: number): void {
  const total = progress.sightings.length;
  if (place >= total) {
    end(progress);
    return;
  }
  const { triple, left } = progress.sightings[place]!;
  const { words, target, original, edits } = page.triples[triple]!;
  const texts: Readonly<Record<Question, Node>> = {
    Q1: element(
      "span",
      {},
      "Which has the better change of ",
      element("b", {}, words),
      " towards ",
      element("b", {}, target),
      "?",
    ),
    Q2: element("span", {}, "Which keeps more of the original?"),
  };
  const fields = QUESTIONS.map((question) =>
    questionField(question, texts[question], progress.answerOf(place, question), (choice) => answer(question, choice)),
  );
  const next = element(
    "button",
    { type: "button", class: "primary", disabled: !progress.isDone(place), click: () => forward() },
    "Next",
  );
  let current = firstOpen();

  function firstOpen(): number {
    const open = QUESTIONS.findIndex((question) => progress.answerOf(place, question) === null);
    return open < 0 ? QUESTIONS.length - 1 : open;
  }
  function point(): void {
    for (const [i, field] of fields.entries()) field.classList.toggle("current", i === current);
  }
  function answer(question: Question, choice: Choice): void {
    progress.answer(place, question, choice);
    const asked = QUESTIONS.indexOf(question);
    showChosen(fields[asked]!, choice);
    live.textContent = `${texts[question].textContent} ${choice}`;
    current = Math.min(asked + 1, QUESTIONS.length - 1);
    point();
    next.disabled = !progress.isDone(place);
    bar.value = progress.done;
  }
  function forward(): void {
    if (progress.isDone(place)) trial(progress, place + 1);
  }
  function back(): void {
    if (place > 0) trial(progress, place - 1);
    else begin();
  }

  onKey = (key) => {
    const choice = KEYS[key];
    if (choice !== undefined) answer(QUESTIONS[current]!, choice);
    else if (key === "ArrowUp") current = Math.max(0, current - 1);
    else if (key === "Backspace") back();
    // A button that has the focus takes the key itself.
    else if (key === "Enter" && !(document.activeElement instanceof HTMLButtonElement)) forward();
    else return false;
    point();
    return true;
  };

  const bar = element("progress", { max: total, value: progress.done, "aria-label": "Pictures answered" });
  const heading = element("h1", { class: "count" }, `Picture ${place + 1} of ${total}`);
  const picture = (file: string, caption: string, kind: string) =>
    element(
      "figure",
      { class: kind },
      element("img", { src: pictureFile(file), alt: `${caption} picture`, draggable: "false" }),
      element("figcaption", {}, caption),
    );
  show(
    heading,
    bar,
    element(
      "div",
      { class: "pictures" },
      picture(original, "Original", "original"),
      picture(edits[left]!, "Left", "left"),
      picture(edits[1 - left]!, "Right", "right"),
    ),
    element("div", { class: "questions" }, ...fields),
    element(
      "nav",
      { class: "pages", "aria-label": "Pictures" },
      element("button", { type: "button", click: back }, "Back"),
      next,
    ),
    !progress.isKept &&
      element(
        "p",
        { class: "note" },
        "This browser keeps nothing: answer in one go, and save the file before you close the page.",
      ),
    element("p", { class: "muted keys" }, "Keys: ← left, ↓ none, → right, ↑ the question before, Enter next, Backspace back."),
    element(
      "button",
      { type: "button", class: "quiet", id: "stop", click: () => end(progress) },
      "Stop here and save what is answered",
    ),
  );
  point();
  live.textContent = `Picture ${place + 1} of ${total}. ${texts.Q1.textContent} Then: ${texts.Q2.textContent}`;
}

function end(progress: Progress): void {
  const left = progress.sightings.length - progress.done;
  const goOn = () => trial(progress, Math.min(progress.next, progress.sightings.length - 1));
  onKey = (key) => {
    if (key !== "Backspace") return false;
    goOn();
    return true;
  };
  const saved = element("p", { role: "status" });
  const onSave = () => {
    save(progress);
    saved.textContent = `Saved as ${progress.fileName()}. Send it to whoever asked you.`;
  };
  const restart = () => {
    if (!confirm("Forget all answers of this number on this device?")) return;
    progress.restart();
    trial(progress, 0);
  };
  show(
    element("h1", {}, "Thank you"),
    element(
      "p",
      {},
      left === 0
        ? "All is answered. Save your answers as a file, and send it to whoever asked you."
        : `${left === 1 ? "1 picture is" : `${left} pictures are`} not answered yet. What is can be saved, and sent to whoever asked you.`,
    ),
    element(
      "div",
      { class: "row" },
      element("button", { type: "button", class: "primary", id: "save", click: onSave }, "Save my answers"),
    ),
    saved,
    asText(progress),
    element(
      "nav",
      { "aria-label": "Pictures" },
      element("button", { type: "button", click: goOn }, "Back"),
      element("button", { type: "button", click: restart }, "Start again"),
    ),
  );
  live.textContent = "";
}
