import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeComparisonPictures } from "../src/pictures/index.js";
import { embedPictures } from "../src/report/embed.js";
import { reportPage, writeReport } from "../src/report/index.js";
import type { AttributeResult } from "../src/results/index.js";
import { lacking, NASTY, withAttribute } from "./made-up/change.js";
import { madeUpFrames } from "./made-up/frames.js";
import { unbalanced } from "./made-up/markup-check.js";
import { madeUpResults } from "./made-up/results.js";

const results = madeUpResults();

describe("the page", () => {
  const page = reportPage(results);

  it("is well-formed, self-contained, and the same for the same results", () => {
    expect(unbalanced(page)).toEqual([]);
    expect(/<script|<link|<iframe|@import|url\(/.exec(page)).toBeNull();
    expect(
      [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!).filter((url) => /^(\w+:|\/)/.test(url)),
    ).toEqual([]);
    expect(/.{30}(NaN|undefined|\bnull\b|Infinity|\[object).{30}/.exec(page)).toBeNull();
    expect(reportPage(madeUpResults()) === page).toBe(true);
  });

  it("has captions, scopes and descriptions for those who do not see it", () => {
    expect(lacking(page, ['<html lang="en">'])).toEqual([]);
    const count = (pattern: RegExp) => [...page.matchAll(pattern)].length;
    expect(count(/<table/g)).toBe(count(/<caption>/g));
    expect(count(/<th[ >]/g)).toBe(count(/<th scope=/g));
    expect(count(/<svg(?! class="key")/g)).toBe(count(/<svg [^>]*role="img" aria-label="[^"]+"/g));
  });

  it("shows every attribute, method and kind of result", () => {
    expect(
      lacking(
        page,
        results.attributes[0]!.methods.map(({ label }) => label),
      ),
    ).toEqual([]);
    expect(
      lacking(page, [
        "object shape",
        "Singular entropy",
        "Path straightness",
        "Eigenvalues of W",
        "How far until it flips",
        "What else changes",
      ]),
    ).toEqual([]);
    for (const text of ["latentflow run scenes.json --out out/scenes", "train.iterations", "onnxruntime-node", "2 cores"])
      expect(page).toContain(text);
  });

  it("states the formula of Disentanglement, and the edit lengths that it depends on", () => {
    const { times, maxTime } = results.config.evaluate;
    expect(lacking(page, ["D(t) = H / ln C", "H = −Σ p ln p", "<code>evaluate.times</code>"])).toEqual([]);
    expect(page.replaceAll("\n", " ")).toContain(`here ${times} lengths from 0 to ${maxTime}`);
  });

  it("says how it was made, by a command or by a program", () => {
    expect(lacking(reportPage(results), [`<pre>${results.rerun}</pre>`, "npx"])).toEqual([]);
    const text = reportPage({ ...results, rerun: "" });
    expect(text).toContain("A program made this: runExperiment");
    expect(text).not.toContain("<pre>");
    expect(unbalanced(text)).toEqual([]);
  });

  it("survives names that are markup", () => {
    const [attribute] = results.attributes;
    const methods = attribute!.methods.map((method) => ({ ...method, label: NASTY }));
    const nasty = { ...withAttribute({ name: NASTY, methods }), rerun: NASTY, config: { ...results.config, name: NASTY } };
    const text = reportPage(nasty);
    expect(lacking(text, ["<script>"])).toEqual(["<script>"]);
    expect(unbalanced(text)).toEqual([]);
  });

  it("says what is missing, whatever it is", () => {
    const bare: AttributeResult = {
      ...results.attributes[0]!,
      probes: null,
      comparison: null,
      methods: results.attributes[0]!.methods.map((m) => ({ ...m, fit: null, training: null, evaluation: null, analysis: null })),
    };
    const text = reportPage({ ...results, attributes: [bare], missing: ["train/object_shape/ode-1"], timings: [] });
    expect(unbalanced(text)).toEqual([]);
    expect(
      lacking(text, [
        "Nothing is measured yet",
        "1 job",
        "train/object_shape/ode-1",
        "probes were not run",
        "no CD curves",
        "No timings",
      ]),
    ).toEqual([]);
    expect(unbalanced(reportPage({ ...results, attributes: [] }))).toEqual([]);
    const onlyStraight = results.attributes[0]!.methods.filter(({ kind }) => kind === "linear");
    expect(
      lacking(reportPage({ ...results, attributes: [{ ...results.attributes[0]!, methods: onlyStraight }] }), [
        "nothing to compare",
      ]),
    ).toEqual([]);
  });

  it("says when methods share no Control range", () => {
    const { comparison } = results.attributes[0]!;
    const areas = comparison!.areas.map((area) => ({ ...area, area: 0, interval: null, meanDisentanglement: null }));
    const paired = comparison!.paired.map((pair) => ({ ...pair, difference: null, interval: null, pValue: null }));
    const text = reportPage(withAttribute({ comparison: { ...comparison!, range: [0.2, 0.2], areas, paired } }));
    expect(lacking(text, ["share no Control range"])).toEqual([]);
    expect(lacking(text, ["no common range"])).toEqual([]);
    expect(unbalanced(text)).toEqual([]);
  });
});

describe("writeReport", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("writes the page with its pictures inside, tables and figures beside it; a lost or damaged picture is said", async () => {
    const frames = [madeUpFrames("interfacegan", "InterFaceGAN", 0.4), madeUpFrames("ode-1", "Neural ODE", 1)];
    const pictures = await writeComparisonPictures(frames, join(folder, "pictures"));
    const placed = pictures.map((record) => ({ ...record, file: `pictures/${record.file}` }));
    const full = withAttribute({ pictures: placed });
    const path = await writeReport(full, folder);
    const page = await readFile(path, "utf8");
    expect(unbalanced(page)).toEqual([]);
    expect([
      ...page.matchAll(/<img src="data:image\/png;base64,[\w+/=]+" alt="Start \d: object shape edited by [^"]+"/g),
    ]).toHaveLength(4);
    expect(lacking(page, ['src="data:video/mp4;base64,'])).toEqual([]);
    expect(await readdir(join(folder, "csv"))).toContain("curves.csv");
    const svg = await readFile(join(folder, "figures", "cd-0-object_shape.svg"), "utf8");
    expect(unbalanced(svg)).toEqual([]);
    expect((await readFile(await writeReport(full, folder), "utf8")) === page).toBe(true);

    const first = (await embedPictures(full, folder)).strip(placed[0]!) as readonly string[];
    const few = reportPage(full, await embedPictures(full, folder, first.join("").length));
    expect([...few.matchAll(/<img src="data:image[^>]*alt="Start/g)]).toHaveLength(2);
    expect(lacking(few, ['href="pictures/sample-2.png">pictures/sample-2.png</a> would make this page too large'])).toEqual([]);

    await rm(join(folder, "pictures", "sample-1.png"));
    await writeFile(join(folder, "pictures", "sample-2.png"), "not a picture");
    const outside = placed.map((record) => (record.kind === "mp4" ? { ...record, file: "../outside.mp4" } : record));
    const poorer = await readFile(await writeReport(withAttribute({ pictures: outside }), folder), "utf8");
    expect(lacking(poorer, ["pictures/sample-1.png is missing"])).toEqual([]);
    expect(lacking(poorer, ["pictures/sample-2.png is missing"])).toEqual([]);
    expect(lacking(poorer, ["outside.mp4 is missing"])).toEqual([]);
  });
});
