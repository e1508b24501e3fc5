import type { Cell } from "../../drawing/csv.js";
import { type Markup, markup } from "../../drawing/markup.js";
import { count, fixed, words } from "../../drawing/numbers.js";
import type { ReportContext } from "../../drawing/report-context.js";
import { type Column, type Heat, table } from "../../drawing/table.js";
import type { View } from "../../drawing/view.js";

/** Larger tables than this are left to the CSV file. */
const MOST = 12;
const [BARS_WIDTH, BARS_HEIGHT] = [160, 26];

/** What the generator makes: classes of the sampled codes, and which attributes go together. */
export const codes: View = {
  csv: {
    file: "codes.csv",
    about: "sampled codes in each class",
    columns: ["attribute", "class", "codes"],
    rows: ({ sample }) => sample.attributes.flatMap(({ name, counts }) => counts.map((n, i): Cell[] => [name, i, n])),
  },
  section: { place: "ground", draw: section },
};

function section({ results }: ReportContext): Markup {
  const { attributes, association, codes: total } = results.sample;
  const columns: Column[] = [{ head: "attribute" }, { head: "classes", kind: "number" }, { head: "codes in each class, from 0" }];
  const rows = attributes.map(({ name, classes, counts }) => [words(name), classes, classBars(words(name), counts)]);
  return markup`<section id="codes"><h2>The codes</h2><details><summary>What the generator makes, and what goes together</summary>
${table(`Classes that the regressor sees in pictures of ${count(total, "code")}`, columns, rows, { stack: false })}${together(attributes, association)}</details></section>`;
}

function classBars(name: string, counts: readonly number[]): Markup {
  const largest = Math.max(1, ...counts);
  const step = BARS_WIDTH / Math.max(1, counts.length);
  const bars = counts.map((n, i) => {
    const height = n === 0 ? 0 : Math.max(1, (n / largest) * BARS_HEIGHT);
    return markup`<rect x="${fixed(i * step, 1)}" y="${fixed(BARS_HEIGHT - height, 1)}" width="${fixed(Math.max(1, step - 1), 1)}" height="${fixed(height, 1)}" style="fill:var(--muted)"><title>class ${i}: ${n}</title></rect>`;
  });
  const title = `Codes per class of ${name}: ${counts.join(", ")}`;
  return markup`<svg width="${BARS_WIDTH}" height="${BARS_HEIGHT}" viewBox="0 0 ${BARS_WIDTH} ${BARS_HEIGHT}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${title}">${bars}</svg>`;
}

function together(
  attributes: readonly { readonly name: string }[],
  association: readonly (readonly (number | null)[])[],
): Markup {
  if (attributes.length > MOST)
    return markup`<p class="muted">The association of all pairs is in <code>csv/association.csv</code>.</p>`;
  const columns: Column[] = [{ head: "" }, ...attributes.map(({ name }) => ({ head: words(name), kind: "heat" as const }))];
  const rows = attributes.map(({ name }, i) => {
    const cells = attributes.map((_, j): Heat => {
      const value = i === j ? null : (association[i]?.[j] ?? null);
      return { share: value ?? 0, text: i === j ? "" : fixed(value) };
    });
    return [words(name), ...cells];
  });
  return table("Cramér's V of every pair of attributes (0: independent, 1: one tells the other)", columns, rows, {
    stack: false,
  });
}
