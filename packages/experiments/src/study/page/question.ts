import { CHOICES, type Choice } from "../answer-file.js";
import type { Question } from "../study.js";
import { element } from "./element.js";

const LABELS: Readonly<Record<Choice, string>> = { left: "Left", right: "Right", none: "None" };
const HINTS: Readonly<Record<Choice, string>> = { left: "←", right: "→", none: "↓" };

/** A question with its three answers as buttons, in the order of the pictures: left, none, right. */
export function questionField(id: Question, text: Node, chosen: Choice | null, onChoice: (choice: Choice) => void): HTMLElement {
  const order: readonly Choice[] = ["left", "none", "right"];
  const buttons = order.map((choice) =>
    element(
      "button",
      { type: "button", "data-choice": choice, "aria-pressed": String(choice === chosen), click: () => onChoice(choice) },
      LABELS[choice],
      element("kbd", { "aria-hidden": "true" }, HINTS[choice]),
    ),
  );
  const legend = element("p", { id: `${id}-text`, class: "question-text" }, text);
  return element(
    "div",
    { class: "question", id, role: "group", "aria-labelledby": `${id}-text` },
    legend,
    element("div", { class: "choices" }, ...buttons),
  );
}

export function showChosen(field: HTMLElement, chosen: Choice): void {
  for (const choice of CHOICES) {
    const button = field.querySelector(`[data-choice=${choice}]`)!;
    button.setAttribute("aria-pressed", String(choice === chosen));
  }
}

/** What a key answers. */
export const KEYS: Readonly<Record<string, Choice>> = {
  ...{ ArrowLeft: "left", ArrowRight: "right", ArrowDown: "none" },
  ...{ "1": "left", "2": "none", "3": "right" },
};
