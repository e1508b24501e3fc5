import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { useBackend } from "@latentflow/backend";
import { buildStudy, type ExperimentOptions, runExperiment, tallyStudies } from "@latentflow/experiments";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Chromium } from "./devtools.js";
import { findChromium } from "./in-chromium.js";

const chromium = findChromium();
if (!chromium) console.log("test/browser: skipped, no Chromium was found (set the environment variable CHROMIUM to its path).");

const root = mkdtempSync(join(tmpdir(), "latentflow-study-page-"));
const run = join(root, "run");
const downloads = join(root, "downloads");
const COUNT = 4;
const EXPERIMENT: ExperimentOptions = {
  preset: "quick",
  seed: 5,
  model: { kind: "module", path: fileURLToPath(new URL("../extending/plain-colours.ts", import.meta.url)) },
  attributes: ["warm"],
  methods: ["interfacegan", "ganspace"],
  sample: { codes: 200, heldOut: 60, chunk: 100, batchSize: 50 },
  fit: { components: 3 },
  evaluate: { starts: 20, times: 5, maxTime: 3, resamples: 20, batchSize: 20 },
  pictures: { samples: 0 },
};

let page: string;
let browser: Chromium;

beforeAll(async () => {
  if (!chromium) return;
  mkdirSync(downloads);
  await useBackend("wasm");
  await runExperiment(EXPERIMENT, { out: run, steps: ["evaluate"] });
  const built = await buildStudy(run, {
    against: "interfacegan",
    people: 2,
    count: COUNT,
    starts: COUNT,
    to: join(root, "page"),
  });
  page = pathToFileURL(built.page).href;
});
afterEach(() => browser?.close());
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 20 }));

const start = async () => {
  browser = await Chromium.start(chromium!, join(root, "profile"), downloads);
};
const heading = () => browser.value<string>(`document.querySelector("h1").textContent`);
const pressed = (question: string) =>
  browser.value<string | null>(`document.querySelector("#${question} [aria-pressed=true]")?.dataset.choice ?? null`);
const saved = async (): Promise<string> => {
  await browser.until(`document.querySelector("[role=status]").textContent.includes("Saved as")`);
  const name = await browser.value<string>(`document.querySelector("[role=status]").textContent.match(/answers-\\S+json/)[0]`);
  for (;;) {
    if (readdirSync(downloads).includes(name)) return join(downloads, name);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

describe.skipIf(!chromium)("a study in headless Chromium, from the disk", () => {
  it("is answered by keys alone, closed in the middle, and resumed where it was", async () => {
    await start();
    await browser.open(page);
    expect(await browser.value("document.activeElement.id")).toBe("number");
    await browser.type("1");
    await browser.press("Enter");
    expect(await heading()).toBe("Picture 1 of 4");
    await browser.until("[...document.images].every((image) => image.complete && image.naturalWidth > 0)");
    expect(await browser.value("document.images.length")).toBe(3);
    expect(await browser.value(`document.querySelector("nav .primary").disabled`)).toBe(true);
    await browser.press("Enter");
    expect(await heading()).toBe("Picture 1 of 4");

    await browser.press("ArrowLeft");
    expect(await browser.value(`document.getElementById("live").textContent`)).toMatch(
      /better change of warm towards present\? left/,
    );
    await browser.press("ArrowRight");
    expect([await pressed("Q1"), await pressed("Q2")]).toEqual(["left", "right"]);
    // Back to the first question, and another answer to it.
    await browser.press("ArrowUp");
    await browser.press("2");
    expect([await pressed("Q1"), await pressed("Q2")]).toEqual(["none", "right"]);
    await browser.press("Enter");
    expect(await heading()).toBe("Picture 2 of 4");
    expect(await browser.value("document.activeElement.tagName")).toBe("H1");
    await browser.press("ArrowLeft");

    await browser.close();
    await start();
    await browser.open(`${page}#1`);
    await browser.press("Tab");
    await browser.click("form button");
    expect(await heading()).toBe("Picture 2 of 4");
    expect([await pressed("Q1"), await pressed("Q2")]).toEqual(["left", null]);
    expect(await browser.value(`document.querySelector("progress").value`)).toBe(1);
    await browser.press("Backspace");
    expect(await heading()).toBe("Picture 1 of 4");
    expect([await pressed("Q1"), await pressed("Q2")]).toEqual(["none", "right"]);
    await browser.press("Enter");
    await browser.press("ArrowDown");
    await browser.press("Enter");
    for (let i = 2; i < COUNT; i++) for (const key of ["3", "1", "Enter"]) await browser.press(key);
    expect(await heading()).toBe("Thank you");
    await browser.click("#save");
    const file = JSON.parse(await readFile(await saved(), "utf8"));
    expect(file.answers.map(({ Q1, Q2 }: Record<string, string>) => [Q1, Q2])).toEqual([
      ["none", "right"],
      ["left", "none"],
      ["right", "left"],
      ["right", "left"],
    ]);
    expect(Object.keys(file).sort()).toEqual(["answers", "booklet", "build", "copy", "format", "seal", "version"]);
  });

  it("is answered by touches on a phone, where nothing is wider than the screen, saved early, and both are tallied", async () => {
    await start();
    await browser.screen({ width: 390, height: 844, phone: true });
    await browser.open(`${page}#2`);
    await browser.click("form button", "finger");
    await browser.until("document.images.length === 3");
    expect(await browser.value("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    // All that is to be touched is large enough to be.
    const heights = await browser.value<number[]>(
      `[...document.querySelectorAll(".choices button, nav button")].map((one) => one.offsetHeight)`,
    );
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
    for (let i = 0; i < COUNT - 1; i++) {
      await browser.click("#Q1 [data-choice=right]", "finger");
      await browser.until(`document.querySelector("#Q1 [data-choice=right]").ariaPressed === "true"`);
      await browser.click("#Q2 [data-choice=none]", "finger");
      await browser.until(`!document.querySelector("nav .primary").disabled`);
      await browser.click("nav .primary", "finger");
      await browser.until(`document.querySelector("h1").textContent === "Picture ${i + 2} of 4"`);
    }
    await browser.click("#stop", "finger");
    await browser.until(`document.querySelector("#save") !== null`);
    expect(await browser.value(`document.querySelector("main").textContent`)).toContain("1 picture is not answered yet");
    await browser.click("#save", "finger");
    await saved();
    const files = readdirSync(downloads).map((name) => join(downloads, name));
    expect(files).toHaveLength(2);
    const { results } = await tallyStudies(run, files);
    const [{ people, questions, left }] = results.studies as [NonNullable<typeof results.studies>[number]];
    expect([people, ...questions.map(({ responses, none }) => [responses, none])]).toEqual([2, [7, 1], [7, 4]]);
    expect(left).toMatchObject({ of: 9, count: 3 });
  });

  it.each([
    ["light", false],
    ["dark", true],
  ])("has names for what can be used, and enough contrast: %s", async (_, dark) => {
    await start();
    await browser.screen({ width: 1280, height: 800, dark });
    await browser.open(`${page}#2`);
    await browser.click("form button");
    await browser.until("document.images.length === 3");
    expect(await browser.value(`[...document.images].map((image) => image.alt)`)).toEqual([
      "Original picture",
      "Left picture",
      "Right picture",
    ]);
    expect(
      await browser.value(
        `document.querySelectorAll("[role=group]:not([aria-labelledby]), button:empty, input:not([id])").length`,
      ),
    ).toBe(0);
    expect(await browser.value(`document.documentElement.scrollHeight <= innerHeight`)).toBe(true);
    // WCAG 2's ratio of the texts to what they stand on.
    const ratios = await browser.value<number[]>(`(() => {
      const parse = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const ground = (element) => { const c = parse(getComputedStyle(element).backgroundColor); return c[3] === 0 && element.parentElement ? ground(element.parentElement) : c; };
      return [...document.querySelectorAll("h1, p, figcaption, button:not(:disabled), b")].filter((one) => one.offsetHeight > 0).map((one) => {
        const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground(one))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      });
    })()`);
    expect(ratios.length).toBeGreaterThan(10);
    expect(Math.min(...ratios)).toBeGreaterThan(4.5);
  });
});
