import { createHash } from "node:crypto";
import { existsSync, mkdtempSync } from "node:fs";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { SeededRandom } from "@latentflow/core";
import { binomialTest, krippendorffAlpha, spearman, wilsonInterval } from "@latentflow/metrics";
import * as tf from "@tensorflow/tfjs-core";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildStudy, type ExperimentResults, reportPage, runExperiment, tallyStudies, verifyExperiment } from "../src/index.js";
import { hashOfJson, sealed } from "../src/store/hash.js";
import type { Answered, Choice } from "../src/study/answer-file.js";
import { bookletsOf } from "../src/study/booklets.js";
import { entropyOrder } from "../src/study/entropy-order.js";
import { sha256 } from "../src/study/page/sha256.js";
import type { Study, Triple } from "../src/study/study.js";
import { lacking } from "./made-up/change.js";
import { unbalanced } from "./made-up/markup-check.js";
import { madeUpResults } from "./made-up/results.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-study-"));
const model = fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url));
const run = join(root, "run");
const OPTIONS = { against: "interfacegan", people: 6, count: 7, starts: 4, seed: 5 } as const;

let study: Study;
let page: string;

beforeAll(async () => {
  await useBackend("wasm");
  await runExperiment(tinyExperiment(model, { methods: ["interfacegan", "ode-1"] }), { out: run });
  const before = tf.memory().numTensors;
  const built = await buildStudy(run, { ...OPTIONS, targets: { size: "large" } });
  expect(tf.memory().numTensors).toBe(before);
  page = built.page;
  study = await studyOf(built.build);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function studyOf(build: string): Promise<Study> {
  return JSON.parse(await readFile(join(run, "study", build.slice(0, 12), "study.json"), "utf8"));
}

/** A file as a page saves it. */
function answersOf(
  booklet: number,
  say: (answered: Triple, method: (side: "left" | "right") => string) => [Choice | null, Choice | null],
  from = study,
) {
  const answers = from.booklets[booklet - 1]!.map((sighting): Answered => {
    const triple = from.triples[sighting.triple]!;
    const method = (side: "left" | "right") => from.methods[triple.by[side === "left" ? sighting.left : 1 - sighting.left]!]!;
    const [Q1, Q2] = say(triple, method);
    return { ...sighting, Q1, Q2 };
  });
  const format = "latentflow-study-answers" as const;
  return sealed({ format, version: 1 as const, build: from.build, booklet, copy: `copy-${booklet}`, answers });
}

/** Who prefers a method whatever side it stands on. */
const fan =
  (wanted: string) =>
  (_: Triple, method: (side: "left" | "right") => string): [Choice, Choice] => {
    const side = method("left") === wanted ? "left" : "right";
    return [side, side];
  };

async function written(name: string, content: object | string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

describe("a study's page", () => {
  it("shows what both methods make of the run's starts at equal Control, in pictures of its folder alone", async () => {
    const results: ExperimentResults = JSON.parse(await readFile(join(run, "results.json"), "utf8"));
    expect(study.methods).toEqual(["ode-1", "interfacegan"]);
    expect(study.attributes.map(({ id, target }) => [id, target])).toEqual([
      ["size", "large"],
      ["shape", "value 3 of 3"],
    ]);
    for (const { id, control, lengths } of study.attributes) {
      const { methods } = results.attributes.find(({ name }) => name === id)!;
      const reached = study.methods.map((method) => methods.find((one) => one.id === method)!.evaluation!);
      expect(control).toBe(Math.min(...reached.map(({ maxControl }) => maxControl)));
      for (const [k, { times, control: curve }] of reached.entries()) {
        const after = times.findIndex((t) => t >= lengths[k]!);
        expect(curve[after]!).toBeGreaterThanOrEqual(control - 1e-9);
        expect(Math.max(...curve.slice(0, after))).toBeLessThan(control);
      }
    }
    const html = await readFile(page, "utf8");
    expect(html.match(/https?:|src=|href=|@import|url\(/g)).toEqual(null);
    const data = JSON.parse(/id="study">(.*?)<\/script>/s.exec(html)![1]!);
    const files = data.triples.flatMap(({ original, edits }: Triple) => [original, ...edits]);
    expect(files).toHaveLength(8 * 3);
    for (const hash of files) {
      const png = await readFile(join(page, "..", "pictures", `${hash.slice(0, 16)}.png`));
      expect(createHash("sha256").update(png).digest("hex")).toBe(hash);
      expect(decode(png)).toMatchObject({ width: 256, height: 256, channels: 3 });
    }
  });

  it("says nothing of which method made which picture", async () => {
    const html = await readFile(page, "utf8");
    const data = JSON.parse(/id="study">(.*?)<\/script>/s.exec(html)![1]!);
    for (const telling of ["interfacegan", "ode-1"]) expect(html.includes(telling)).toBe(false);
    expect(Object.keys(data.triples[0]).sort()).toEqual(["edits", "original", "target", "words"]);
    const firsts = study.triples.map(({ by }) => by[0]);
    expect(new Set(firsts)).toEqual(new Set([0, 1]));
  });

  it("is the same again for the same seed, and another for another", async () => {
    const again = await buildStudy(run, { ...OPTIONS, targets: { size: "large" }, to: join(root, "again") });
    expect(again.build).toBe(study.build);
    expect((await readFile(again.page, "utf8")) === (await readFile(page, "utf8"))).toBe(true);
    expect((await buildStudy(run, { ...OPTIONS, seed: 6, to: join(root, "other") })).build).not.toBe(study.build);
    expect((await verifyExperiment(run)).damages).toEqual([]);
  });

  it("asks of some attributes, and refuses what the run has not", async () => {
    const built = await buildStudy(run, { ...OPTIONS, attributes: ["shape"], to: join(root, "shape") });
    expect([built.attributes.map(({ id }) => id), built.count, built.triples]).toEqual([["shape"], 4, 4]);
    await expect(buildStudy(run, { ...OPTIONS, against: "sefa" })).rejects.toThrow(
      /--against.*"interfacegan", "ode-1".*"sefa"|--against.*interfacegan.*sefa/,
    );
    await expect(buildStudy(run, { ...OPTIONS, method: "interfacegan" })).rejects.toThrow(/interfacegan against itself/);
    await expect(buildStudy(run, { ...OPTIONS, attributes: ["hair"] })).rejects.toThrow(/--attributes.*size/);
    await expect(buildStudy(run, { ...OPTIONS, targets: { hair: "wavy" } })).rejects.toThrow(/--target.*size/);
    await expect(buildStudy(run, { ...OPTIONS, people: 0 })).rejects.toThrow(/people/);
    await expect(buildStudy(root, OPTIONS)).rejects.toThrow(/run\.json/);
  });
});

describe("who sees what", () => {
  const triples = Array.from({ length: 30 }, (_, i): Triple => {
    const by = i % 3 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    return { attribute: `a${i % 4}`, row: i, original: "", edits: ["", ""], by };
  });
  const booklets = bookletsOf(triples, { people: 30, count: 11, random: new SeededRandom(2) });
  const isFirstLeft = ({ triple, left }: { triple: number; left: 0 | 1 }) => triples[triple]!.by[left] === 0;

  it("is no picture twice, and each picture as often as the others of its attribute, give or take one", () => {
    for (const booklet of booklets) expect(new Set(booklet.map(({ triple }) => triple)).size).toBe(11);
    for (const name of ["a0", "a1", "a2", "a3"]) {
      const own = Array.from(triples.keys()).filter((i) => triples[i]!.attribute === name);
      const counts = own.map((i) => booklets.flat().filter(({ triple }) => triple === i).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it("is balanced: attributes and sides in each booklet, sides of each picture over all", () => {
    for (const booklet of booklets) {
      const lefts = booklet.filter(isFirstLeft).length;
      expect(Math.abs(2 * lefts - booklet.length)).toBeLessThanOrEqual(1);
      for (const name of ["a0", "a1", "a2", "a3"]) {
        const some = booklet.filter(({ triple }) => triples[triple]!.attribute === name);
        expect([2, 3]).toContain(some.length);
        expect(Math.abs(2 * some.filter(isFirstLeft).length - some.length)).toBeLessThanOrEqual(1);
      }
    }
    for (const [i] of triples.entries()) {
      const shown = booklets.flat().filter(({ triple }) => triple === i);
      expect(Math.abs(2 * shown.filter(isFirstLeft).length - shown.length)).toBeLessThanOrEqual(4);
    }
  });

  it("is in another order for each, and fixed by the seed", () => {
    expect(new Set(booklets.map((booklet) => JSON.stringify(booklet))).size).toBe(30);
    expect(bookletsOf(triples, { people: 30, count: 11, random: new SeededRandom(2) })).toEqual(booklets);
  });
});

describe("the page's hash", () => {
  it("is SHA-256 of UTF-8, whatever the length", () => {
    for (const n of [0, 1, 3, 54, 55, 56, 63, 64, 65, 119, 120, 1000]) {
      const text = `${"é".repeat(n % 7)}${"b".repeat(n)}`;
      expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"));
    }
  });
});

describe("a tally", () => {
  it("is the paper's table, by attribute, with agreement and a habit of sides, in results, report and CSV", async () => {
    // Four prefer the flow, of whom one says "none" to Q2; two the straight line; nobody by side.
    const people = [1, 2, 3, 4, 5, 6].map((booklet) => {
      const prefers = fan(booklet <= 4 ? "ode-1" : "interfacegan");
      return answersOf(booklet, (triple, method) => [
        prefers(triple, method)[0],
        booklet === 1 ? "none" : prefers(triple, method)[1],
      ]);
    });
    const files = await Promise.all(people.map((file, i) => written(`answers-${i}.json`, file)));
    const { results, report } = await tallyStudies(run, files);
    const [found] = results.studies!;
    expect(found).toMatchObject({ build: study.build, methods: ["ode-1", "interfacegan"], people: 6, booklets: 6 });
    const [q1, q2] = found!.questions;
    expect(q1).toMatchObject({
      question: "Q1",
      wins: [28, 14],
      none: 0,
      responses: 42,
      share: [28 / 42, 14 / 42],
      preference: 28 / 42,
    });
    expect(q1).toMatchObject({ interval: wilsonInterval(28, 42), pValue: binomialTest(28, 42) });
    expect(q2).toMatchObject({ wins: [21, 14], none: 7, responses: 42, preference: 0.6, share: [0.5, 14 / 42] });
    const perTriple = study.triples.map((_, i) =>
      [1, 2, 3, 4, 5, 6].filter((k) => study.booklets[k - 1]!.some(({ triple }) => triple === i)),
    );
    const { alpha, units } = krippendorffAlpha(perTriple.map((who) => who.map((k) => (k <= 4 ? "flow" : "line"))));
    expect(q1).toMatchObject({ agreement: alpha, agreementUnits: units });
    const sums = ["wins", "responses"].map((key) =>
      q1!.byAttribute.reduce((sum, one) => sum + [one[key as "responses"]].flat()[0]!, 0),
    );
    expect(sums).toEqual([28, 42]);
    const chosen = people.flatMap(({ answers }) => answers).flatMap(({ Q1, Q2 }) => [Q1, Q2]);
    expect(found!.left).toMatchObject({ count: chosen.filter((choice) => choice === "left").length, of: 77 });

    const html = await readFile(report, "utf8");
    expect(
      lacking(html, ["What people see", "Better change of the attribute", "67\u00a0%", "agreement α", "csv/study.csv"]),
    ).toEqual([]);
    expect(unbalanced(html)).toEqual([]);
    const csv = (await readFile(join(run, "csv", "study.csv"), "utf8")).split("\r\n");
    expect(csv[1]).toBe(
      [
        study.build.slice(0, 12),
        "Q1",
        "",
        "ode-1",
        "interfacegan",
        28,
        14,
        0,
        42,
        28 / 42,
        ...wilsonInterval(28, 42),
        binomialTest(28, 42),
        alpha,
      ].join(),
    );
    expect(csv).toHaveLength(1 + 2 * 3 + 1);
  });

  it("of pages of one build in two places is of both; of several studies of a run each for itself", async () => {
    const { build } = await buildStudy(run, { ...OPTIONS, seed: 9, to: join(root, "second") });
    const second = await studyOf(build);
    const files = [
      await written("here.json", answersOf(1, fan("ode-1"))),
      await written("there.json", { ...answersOf(2, fan("ode-1")) }),
      await written("other.json", answersOf(1, fan("interfacegan"), second)),
    ];
    const { results } = await tallyStudies(run, files);
    const shares = results.studies!.map((one) => [one.build, one.people, one.questions[0]!.preference]);
    expect(shares.sort()).toEqual(
      [
        [study.build, 2, 1],
        [build, 1, 0],
      ].sort(),
    );
  });

  it("counts what was answered of an unfinished file", async () => {
    let n = 0;
    const half = answersOf(3, (triple, method) => (n++ === 0 ? [fan("ode-1")(triple, method)[0], null] : [null, null]));
    const { results } = await tallyStudies(run, [await written("half.json", half)]);
    const [found] = results.studies!.filter(({ build }) => build === study.build);
    expect(found!.questions).toMatchObject([{ question: "Q1", responses: 1, agreement: null, agreementUnits: 0 }]);
  });

  const changed: [string, (file: ReturnType<typeof answersOf>) => object | string, string][] = [
    ["no JSON", () => "<!doctype html>", "is no file of answers"],
    ["another file", () => ({ format: "latentflow-results" }), "is no file of answers"],
    [
      "an edited answer",
      (file) => ({ ...file, answers: [{ ...file.answers[0]!, Q1: "none" }, ...file.answers.slice(1)] }),
      "was changed",
    ],
    ["another person's number", (file) => ({ ...file, booklet: 2 }), "was changed"],
    ["a file without its seal", ({ seal: _, ...file }) => file, "was changed"],
    [
      "a foreign study",
      ({ seal: _, ...file }) => sealed({ ...file, build: "ab".repeat(32) }),
      "belongs to another study (build abababababab)",
    ],
    [
      "a number that nobody has, sealed again",
      ({ seal: _, ...file }) => sealed({ ...file, booklet: 7 }),
      "no number from 1 to 6",
    ],
    [
      "sides turned round, sealed again",
      ({ seal: _, ...file }) => sealed({ ...file, answers: file.answers.map((one) => ({ ...one, left: 1 - one.left })) }),
      "was not shown",
    ],
    [
      "one answer twice, sealed again",
      ({ seal: _, ...file }) => sealed({ ...file, answers: [file.answers[0]!, file.answers[0]!] }),
      "the same pictures twice",
    ],
    [
      "an unknown answer, sealed again",
      ({ seal: _, ...file }) => sealed({ ...file, answers: [{ ...file.answers[0]!, Q2: "both" }] }),
      "answers other than left, right, none",
    ],
    ["no answer, sealed again", ({ seal: _, ...file }) => sealed({ ...file, answers: [] }), "holds no answers"],
  ];
  it.each(changed)("refuses %s by the file's name, and counts nothing", async (_, change, why) => {
    const before = await readFile(join(run, "results.json"), "utf8");
    const right = await written("right.json", answersOf(4, fan("ode-1")));
    const wrong = await written("wrong.json", change(answersOf(1, fan("ode-1"))));
    const refused = tallyStudies(run, [right, wrong]);
    await expect(refused).rejects.toThrow(/1 of 2 that are none; nothing was counted/);
    await expect(refused).rejects.toThrow(`${wrong} `);
    await expect(refused).rejects.toThrow(why);
    expect(await readFile(join(run, "results.json"), "utf8")).toBe(before);
  });

  it("refuses a person's answers twice, a file that is not there, and a run without a study", async () => {
    const one = await written("one.json", answersOf(1, fan("ode-1")));
    const copy = await written("copy.json", answersOf(1, fan("ode-1")));
    await expect(tallyStudies(run, [one, copy])).rejects.toThrow(`${copy} is of the same person as ${one}`);
    await expect(tallyStudies(run, [join(root, "gone.json")])).rejects.toThrow(/gone\.json could not be read/);
    const bare = join(root, "bare");
    await cp(run, bare, { recursive: true });
    await rm(join(bare, "study"), { recursive: true });
    await expect(tallyStudies(bare, [one])).rejects.toThrow(/expected a study of .*bare, got none/);
    expect(existsSync(join(bare, "study"))).toBe(false);
  });

  it("refuses a study of the run that was edited: its answers would count for the wrong method", async () => {
    const edited = join(root, "edited");
    await cp(run, edited, { recursive: true });
    const file = join(edited, "study", study.build.slice(0, 12), "study.json");
    await writeFile(file, JSON.stringify({ ...study, methods: [...study.methods].reverse() }));
    const one = await written("one.json", answersOf(1, fan("ode-1")));
    await expect(tallyStudies(edited, [one])).rejects.toThrow(/study\.json as it was written/);
  });
});

describe("the order of improvements", () => {
  it("is compared with the singular entropy of the flow, for both questions and readings", async () => {
    const { attributes } = madeUpResults();
    const wins = [
      [1, 9],
      [6, 3],
      [8, 1],
    ] as const;
    const byAttribute = attributes.map(({ name }, i) => ({ attribute: name, wins: wins[i]!, responses: 10 }));
    const tallied = { methods: ["ode-1", "interfacegan"], questions: [{ question: "Q1", byAttribute }] } as never;
    const found = entropyOrder(tallied, attributes, ({ name }) => name);
    expect(found.map(({ question, matrix, attributes: n }) => [question, matrix, n])).toEqual([
      ["Q1", "W", 3],
      ["Q1", "W + I", 3],
    ]);
    const entropies = attributes.map(({ methods }) => methods.at(-1)!.analysis!.singularEntropy![0]!.entropy);
    const { rho, pValue } = spearman(entropies, [-0.8, 0.3, 0.7]);
    expect(found[0]).toMatchObject({ rho, pValue });
    expect(entropyOrder(tallied, attributes.slice(1), ({ name }) => name)).toEqual([]);
  });

  it("stands in the report, whose page is whole without a study, too", async () => {
    const results = madeUpResults();
    expect(reportPage(results)).not.toContain("What people see");
    const tallied = JSON.parse(await readFile(join(run, "study", study.build.slice(0, 12), "tally.json"), "utf8"));
    const entropy = [{ question: "Q1", matrix: "W", rho: 0.43, pValue: 0.02, attributes: 8 }] as const;
    const page = reportPage({ ...results, studies: [{ ...tallied, entropy }] });
    expect(lacking(page, ["over 8 attributes (Spearman)", "ρ = 0.43 (p = 0.020)"])).toEqual([]);
    expect(unbalanced(page)).toEqual([]);
  });
});

it("a study's hash is that of its contents", () => {
  const { build, ...content } = study;
  expect(build).toBe(hashOfJson(content));
});
