import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ANALYSES } from "../src/analyses/index.js";
import { csv } from "../src/drawing/csv.js";
import { Markup, markup } from "../src/drawing/markup.js";
import { fixed, percent, signed } from "../src/drawing/numbers.js";
import { spreadLabels } from "../src/drawing/plots/labels.js";
import { niceTicks } from "../src/drawing/plots/scale.js";
import { THEME } from "../src/drawing/plots/style.js";
import { tablesAmong } from "../src/report/csv.js";
import { cdPlot, csvTables, methodStyles, reportPage } from "../src/report/index.js";
import type { PairedTest } from "../src/results/index.js";
import { viewsOf } from "../src/steps/index.js";
import { headline } from "../src/verdicts/headline.js";
import { flowVerdicts, pairView } from "../src/verdicts/verdict.js";
import { lacking, NASTY, withAttribute } from "./made-up/change.js";
import { unbalanced } from "./made-up/markup-check.js";
import { madeUpResults } from "./made-up/results.js";

const CSV_ABOUT = Object.fromEntries(tablesAmong(viewsOf(ANALYSES)).map(({ file, about }) => [file, about]));
const results = madeUpResults();

/** CSV with quotes, read back. */
function readCsv(text: string): Record<string, string>[] {
  const rows = text
    .split("\r\n")
    .slice(0, -1)
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map((m) => (m[1] ?? m[2]!).replaceAll('""', '"')));
  const [head, ...body] = rows;
  return body.map((row) => Object.fromEntries(head!.map((name, i) => [name, row[i]!])));
}

describe("markup", () => {
  it("escapes what is inserted, keeps markup, joins lists, and leaves nothing for nothing", () => {
    expect(markup`<p>${NASTY}</p>`.text).toBe(
      "<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39;, &quot;ltd&quot;</p>",
    );
    expect(markup`${[markup`<b>${1}</b>`, new Markup("<i>"), null, undefined, false, 0]}`.text).toBe("<b>1</b><i>0");
    expect(markup`${"a\u0000b\u0007\n"}`.text).toBe("ab\n");
  });
});

describe("numbers", () => {
  it("are written with real minus signs, without −0, and as a dash when they do not exist", () => {
    expect([fixed(-0.0001), fixed(-1.5, 1), fixed(null), fixed(Number.NaN)]).toEqual(["0.00", "−1.5", "–", "–"]);
    expect([signed(0.1), signed(-0.1), signed(0), signed(null)]).toEqual(["+0.100", "−0.100", "0.000", "–"]);
    expect([percent(0.5), percent(0.041), percent(0), percent(undefined)]).toEqual(["50\u00a0%", "4.1\u00a0%", "0\u00a0%", "–"]);
  });
});

describe("plots", () => {
  it("ticks are round, cover the range, and are neither few nor many", () => {
    for (const [low, high] of [
      [0, 0.37],
      [0, 1],
      [-3.2, 3.2],
      [0, 12345],
      [0, 1e-5],
      [0.71, 1],
    ] as const) {
      const ticks = niceTicks(low, high);
      expect(ticks[0]).toBeLessThanOrEqual(low);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(high);
      expect(ticks.length).toBeGreaterThan(2);
      expect(ticks.length).toBeLessThan(9);
    }
  });

  it("labels do not overlap, stay inside, and keep their order", () => {
    const heights = [20, 20, 35, 20];
    const placed = spreadLabels([50, 51, 49, 300], heights, 0, 290);
    const order = [2, 0, 1, 3];
    for (let k = 1; k < order.length; k++) {
      const [a, b] = [order[k - 1]!, order[k]!];
      expect(placed[b]! - placed[a]!).toBeGreaterThanOrEqual((heights[a]! + heights[b]!) / 2);
    }
    expect(placed[3]! + 10).toBeLessThanOrEqual(290);
  });

  it("a CD plot is well-formed, names every method, and draws its points where they belong", () => {
    const { methods } = results.attributes[0]!;
    const styles = methodStyles(results);
    const { text } = cdPlot(
      "title",
      methods.map(({ id, evaluation }) => ({ style: styles.get(id)!, evaluation: evaluation! })),
    );
    expect(unbalanced(text)).toEqual([]);
    expect(
      lacking(
        text,
        methods.flatMap(({ label }) => label.split(" ")),
      ),
    ).toEqual([]);
    const lines = [...text.matchAll(/class="line" style="stroke:var\(--(\w+-\d)\)" [^>]*points="([^"]+)"/g)];
    expect(lines.map((match) => match[1])).toEqual(["linear-0", "linear-1", "linear-2", "nonlinear-0"]);
    const controlOf = (point: string) => (Number(point.split(",")[0]) - 62) / (480 - 128 - 62);
    methods.forEach(({ evaluation }, i) => {
      const drawn = lines[i]![2]!.split(" ").map(controlOf);
      expect(drawn).toEqual(evaluation!.control.map((c) => expect.closeTo(c, 2)));
    });
  });

  it("a CD plot says which Control it shows", () => {
    const [style, { evaluation }] = [methodStyles(results).get("ode-1")!, results.attributes[0]!.methods[3]!];
    const plotOf = (definition: "target" | "changed") =>
      cdPlot("title", [{ style, evaluation: { ...evaluation!, definition } }]).text;
    expect(lacking(plotOf("target"), ["Control: share of starts that arrived →"])).toEqual([]);
    expect(lacking(plotOf("changed"), ["Control: share of starts that changed →"])).toEqual([]);
  });

  it("each method has a line of its own, also for those who do not tell colours apart", () => {
    const kinds = { linear: 5, nonlinear: 3 } as const;
    const methods = (["linear", "nonlinear"] as const).flatMap((kind) =>
      Array.from({ length: kinds[kind] }, (_, i) => ({ ...results.attributes[0]!.methods[0]!, id: `${kind}${i}`, kind })),
    );
    const styles = [...methodStyles(withAttribute({ methods })).values()].slice(0, 8);
    expect(new Set(styles.map(({ dash }) => dash)).size).toBe(8);
    expect(new Set(styles.map(({ colour }) => colour)).size).toBe(8);
  });

  it("colours stand out from their ground: text 4.5 : 1, lines and marks 3 : 1", () => {
    const luminance = (hex: string) => {
      const [r, g, b] = [1, 3, 5]
        .map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    for (const theme of [THEME.light, THEME.dark]) {
      const colours = new Map([...theme.matchAll(/--([\w-]+): (#\w+)/g)].map((match) => [match[1]!, luminance(match[2]!)]));
      const contrast = (name: string) => {
        const [a, b] = [colours.get(name)!, colours.get("paper")!];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      };
      for (const name of colours.keys()) {
        if (["ink", "muted"].includes(name)) expect(contrast(name)).toBeGreaterThan(4.5);
        if (name.includes("linear")) expect({ name, enough: contrast(name) > 4.3 }).toEqual({ name, enough: true });
      }
    }
  });
});

describe("verdicts", () => {
  const test = (change: Partial<PairedTest>): PairedTest => ({
    a: "ode-1",
    b: "constant",
    difference: -0.1,
    interval: [-0.2, -0.05],
    pValue: 0.01,
    controlDifference: 0.01,
    controlInterval: [-0.02, 0.04],
    undefinedResamples: 0,
    ...change,
  });
  const verdict = (change: Partial<PairedTest>) => pairView([test(change)], "ode-1", "constant")!.verdict;

  it("count a difference only when its interval excludes 0", () => {
    expect(verdict({})).toBe("better");
    expect(verdict({ interval: [-0.2, 0.01] })).toBe("no clear difference");
    expect(verdict({ interval: [0.01, 0.2] })).toBe("worse");
    expect(verdict({ controlInterval: [-0.3, -0.1] })).toBe("trade-off");
    expect(verdict({ difference: null, interval: null, controlInterval: [0.1, 0.2] })).toBe("better");
    expect(verdict({ difference: null, interval: null })).toBe("no clear difference");
  });

  it("do not depend on which way round a pair was computed", () => {
    const turned = test({
      a: "constant",
      b: "ode-1",
      difference: 0.1,
      interval: [0.05, 0.2],
      controlDifference: -0.01,
      controlInterval: [-0.04, 0.02],
    });
    expect(pairView([turned], "ode-1", "constant")).toEqual(pairView([test({})], "ode-1", "constant"));
    expect(pairView([test({})], "ode-1", "sefa")).toBeUndefined();
  });

  it("nobody wins where no method gets a fifth of the starts to the wanted value", () => {
    const { comparison } = results.attributes[0]!;
    const areas = comparison!.areas.map((area) => ({ ...area, maxControl: area.maxControl / 5 }));
    const far = withAttribute({ comparison: { ...comparison!, areas } });
    expect(flowVerdicts(far.attributes[0]!)[0]!.outcome).toBe("out of reach");
    expect(headline(far)[0]).toContain("(object shape) no method gets 20\u00a0% of the starts to the wanted value");
    expect(lacking(reportPage(far), ["out of reach, as for every method"])).toEqual([]);
    const methods = far.attributes[0]!.methods.map((method) => ({
      ...method,
      evaluation: { ...method.evaluation!, definition: "changed" as const },
    }));
    const changed = { attributes: [{ ...far.attributes[0]!, methods }] };
    expect(headline(changed)[0]).toContain("no method changes 20\u00a0% of the starts");
  });

  it("a flow wins only against all straight edits, and loses against one", () => {
    expect(results.attributes.map((attribute) => flowVerdicts(attribute)[0]!.outcome)).toEqual(["wins", "ties", "loses"]);
    expect(headline(results)).toEqual([
      "For 1 of 3 attributes (object shape) the curved edits of the Neural ODE are better than every straight one; for 1 of 3 attributes " +
        "(background color) at least one straight edit is better than the curved one; for 1 of 3 attributes (object size) neither is clearly better.",
    ]);
  });
});

describe("tables", () => {
  it("hold no text that a spreadsheet would run as a formula; numbers stay numbers", () => {
    const rows = [["=HYPERLINK(1)", "+1", "@x", "\tx", "-1+1", "a=b", -1.5, null]];
    expect(csv(["a"], rows)).toBe("a\r\n'=HYPERLINK(1),'+1,'@x,'\tx,'-1+1,a=b,-1.5,\r\n");
    const name = '=cmd|" /C calc"!A0';
    const named = { ...results, attributes: results.attributes.map((attribute) => ({ ...attribute, name })) };
    for (const [file, text] of csvTables(named)) expect(`${file} ${/(^|,|\n)"?[=@]/.test(text)}`).toBe(`${file} false`);
  });

  it("hold the results' numbers exactly", () => {
    const tables = csvTables(results);
    const [attribute] = results.attributes;
    const ode = attribute!.methods[3]!;
    const curve = readCsv(tables.get("curves.csv")!).filter((row) => row.attribute === "object_shape" && row.method === "ode-1");
    expect(curve.map((row) => Number(row.control))).toEqual(ode.evaluation!.control);
    expect(curve.map((row) => Number(row.disentanglement_upper))).toEqual(ode.evaluation!.bands.disentanglement.upper);
    const areas = readCsv(tables.get("areas.csv")!);
    expect(areas).toHaveLength(12);
    expect(areas.slice(0, 4).map((row) => Number(row.area))).toEqual(attribute!.comparison!.areas.map(({ area }) => area));
    expect(areas.slice(0, 4).map((row) => row.t_for_half === "")).toEqual(
      attribute!.methods.map(({ evaluation }) => evaluation!.lengthForHalf === null),
    );
    const paired = readCsv(tables.get("paired.csv")!);
    expect(paired.slice(0, 6).map((row) => Number(row.difference))).toEqual(
      attribute!.comparison!.paired.map(({ difference }) => difference),
    );
    const flips = readCsv(tables.get("flips.csv")!).filter((row) => row.attribute === "object_shape" && row.method === "ode-1");
    expect(flips.map((row) => Number(row.starts))).toEqual([
      ...ode.analysis!.flipHistogram.counts,
      ode.analysis!.flipHistogram.never,
    ]);
    expect(readCsv(tables.get("timings.csv")!).map((row) => row.job)).toEqual(results.timings.map(({ job }) => job));
  });

  it("are each explained on the page and named in the README", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const names = [...csvTables(results).keys()];
    expect(Object.keys(CSV_ABOUT)).toEqual(names);
    for (const name of names) expect(readme).toContain(`\`${name.replace(".csv", "")}\``);
    expect(reportPage(results, undefined, ["csv/areas.csv"])).toContain(CSV_ABOUT["areas.csv"]);
  });

  it("quote what would break a row", () => {
    expect(
      csv(
        ["a", "b"],
        [
          ['x,"y"\n', null],
          [1e-7, "plain"],
        ],
      ),
    ).toBe('a,b\r\n"x,""y""\n",\r\n1e-7,plain\r\n');
    const named = readCsv(csvTables(withAttribute({ name: NASTY })).get("probes.csv")!);
    expect(named[0]!.attribute).toBe(NASTY);
  });
});
