import { describe, expect, it } from "vitest";
import { fixed, percent } from "../src/drawing/numbers.js";
import { resolveConfig } from "../src/experiment/resolve-config.js";
import { figures } from "../src/report/figures.js";
import { flowVerdicts, summaryMarkdown } from "../src/report/index.js";
import { lacking, NASTY, withAttribute } from "./made-up/change.js";
import { madeUpResults } from "./made-up/results.js";

const results = madeUpResults();
const text = summaryMarkdown(results);

/** Cells of the lines of a page's table. */
function tableOf(page: string): string[][] {
  const lines = page.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

describe("summaryMarkdown", () => {
  it("has one row an attribute: the flow's verdict, then reach and purity of every method", () => {
    const [head, rule, ...rows] = tableOf(text);
    expect(rule!.every((cell) => cell === "---")).toBe(true);
    expect(head!.slice(2)).toEqual(results.attributes[0]!.methods.map(({ label }) => label));
    expect(rows).toHaveLength(results.attributes.length);
    rows.forEach((row, i) => {
      const attribute = results.attributes[i]!;
      const { methods, comparison, from, to } = attribute;
      expect(row[0]).toBe(`${attribute.name.replaceAll("_", " ")} ${from} → ${to}`);
      expect(row[1]).toBe(flowVerdicts(attribute)[0]!.outcome);
      const cells = methods.map(({ id }) => {
        const { maxControl, meanDisentanglement } = comparison!.areas.find(({ method }) => method === id)!;
        return `${percent(maxControl)}, ${fixed(meanDisentanglement, 3)}`;
      });
      expect(row.slice(2)).toEqual(cells);
    });
  });

  it("links the plots that are written beside it, and says how it was made", () => {
    const links = [...text.matchAll(/\]\((figures\/[^)]+)\)/g)].map(([, link]) => link);
    expect(links).toEqual([...figures(results).keys()].map((file) => `figures/${file}`));
    expect(lacking(text, [results.rerun, "linux x64, 2 cores", "onnxruntime-node 1.30.0"])).toEqual([]);
    const settings = /```json\n([\s\S]+?)\n```/.exec(text)![1]!;
    expect(JSON.parse(settings)).toEqual(JSON.parse(JSON.stringify(results.config)));
  });

  it("lets no name break out of its cell, its line or its block", () => {
    const name = `${NASTY} | a\n# b *c* [d](e)`;
    const page = summaryMarkdown({ ...withAttribute({ name }), rerun: "one\n```\ntwo ````", config: resolveConfig({ name }) });
    // In code blocks, below, everything stands as it is.
    expect(page.split("## How it was made")[0]).not.toContain("<script>");
    expect(page.split("\n").filter((line) => line.startsWith("# "))).toHaveLength(1);
    const table = tableOf(page);
    expect(new Set(table.map(({ length }) => length)).size).toBe(1);
    expect(page).toContain("`````sh\none\n```\ntwo ````\n`````");
  });

  it("shows what is there of a run that is not complete", () => {
    const methods = results.attributes[0]!.methods.map((method) => ({ ...method, evaluation: null }));
    const page = summaryMarkdown({
      ...withAttribute({ methods, comparison: null, probes: null, pictures: [] }),
      missing: ["evaluate/object_shape/ode-1", "train/object_shape/ode-1"],
    });
    expect(page).toContain("**Not complete**: 2 jobs");
    expect(tableOf(page)[2]!.slice(1)).toEqual(["–", "–", "–", "–", "–"]);
    expect(page).not.toContain("figures/cd-0");
    expect(summaryMarkdown({ ...results, attributes: [] })).not.toMatch(/undefined|NaN|Infinity/);
  });

  it("gives the same text for the same results", () => {
    expect(summaryMarkdown(madeUpResults()) === text).toBe(true);
  });
});
