import { element } from "./element.js";
import type { Progress } from "./progress.js";

const text = (progress: Progress) => `${JSON.stringify(progress.file(), null, 1)}\n`;

/** Hands the answers over as a file. */
export function save(progress: Progress): void {
  const address = URL.createObjectURL(new Blob([text(progress)], { type: "application/json" }));
  const link = element("a", { href: address, download: progress.fileName() });
  document.body.append(link);
  link.click();
  link.remove();
  // Not at once: the browser may only begin to read it now.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The same to be copied, for browsers that save no files of a page on a disk. */
export function asText(progress: Progress): HTMLElement {
  const area = element("textarea", { readonly: true, rows: 6, "aria-label": "Your answers as text", spellcheck: "false" });
  area.value = text(progress);
  area.addEventListener("focus", () => area.select());
  return element("details", {}, element("summary", {}, "No file came? Copy the text"), area);
}
