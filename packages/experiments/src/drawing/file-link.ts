import { type Markup, markup } from "./markup.js";

/** A link to a file of the run folder, by its path from there. */
export function fileLink(file: string): Markup {
  return markup`<a href="${file.split("/").map(encodeURIComponent).join("/")}">${file}</a>`;
}
