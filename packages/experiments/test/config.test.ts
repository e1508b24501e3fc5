import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configOf, withChange } from "../src/cli/common.js";
import { editsOf } from "../src/config/edits.js";
import { configurationSchema } from "../src/config/json-schema.js";
import { readConfig } from "../src/config/read.js";
import { completeConfig } from "../src/config/resolve.js";
import { ConfigError, resolveConfig } from "../src/index.js";
import { METHODS } from "../src/methods/index.js";

/** Fields that stay away where nobody gives them, as settings of runs had none: what that means. */
const LEFT_OUT = {
  train: {
    ...{ start: "random", divergence: "kl", preservationTemperature: 4, originalTemperature: 1, attributeScale: "equal" },
    ...{ lengths: "one", pathShare: 0, codesWeight: 0, rounds: 2, validationStarts: 100, seeds: 1 },
  },
} as const;
const PRESETS = { paper: resolveConfig(LEFT_OUT), demo: resolveConfig({ preset: "demo", ...LEFT_OUT }) };
const SECTIONS = ["sample", "fit", "train", "evaluate", "analyze", "pictures"] as const;

interface Field {
  readonly description: string;
  readonly type?: string;
  readonly maximum?: number;
  readonly properties: Readonly<Record<string, Field>>;
}
const { properties } = configurationSchema(METHODS.map(({ id }) => id)) as Field;

/** The largest values of all settings that are numbers. */
const LIMITS = Object.fromEntries(
  SECTIONS.map((section) => {
    const fields = Object.entries(properties[section]!.properties);
    const numeric = fields.filter(([, { type }]) => type === "number" || type === "integer");
    return [section, Object.fromEntries(numeric.map(([field, { maximum }]) => [field, { most: maximum! }]))];
  }),
);

describe("a configuration", () => {
  it("without a field is the paper's settings", () => {
    const { train, methods, evaluate } = resolveConfig({});
    expect(train).toMatchObject({
      iterations: 1000,
      batchSize: 32,
      maxTime: 6,
      temperature: 4,
      preservationWeight: 1,
      solverSteps: 1,
    });
    expect(evaluate).toMatchObject({ starts: 2000, times: 40, control: "target" });
    expect(methods).toEqual(["interfacegan", "projected", "constant", "ode-1"]);
  });

  it("has each of its numbers in the README, as the presets give it, with the schema's words", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    for (const section of SECTIONS) {
      const demo = new Map(Object.entries<unknown>({ ...PRESETS.demo[section] }));
      for (const [field, value] of Object.entries(PRESETS.paper[section])) {
        const { description } = properties[section]!.properties[field]!;
        expect(readme).toContain(`| \`${section}.${field}\` | ${value} | ${demo.get(field)} | ${description} |`);
      }
    }
  });

  it("is its own completion", () => {
    const config = resolveConfig({ preset: "quick", attributes: ["a", { name: "b", from: 1, to: 0 }], train: { iterations: 7 } });
    expect(config.train.iterations).toBe(7);
    expect(resolveConfig(config)).toEqual(config);
  });

  it.each([
    [{ train: { iterations: 0 } }, "expected train.iterations to be an integer ≥ 1, got 0"],
    [{ train: { iteration: 5 } }, 'config.train: unknown option "iteration" (did you mean "iterations"?)'],
    [{ trains: {} }, '"trains" (did you mean "train"?)'],
    [{ preset: "fast" }, "expected preset to be one of paper, demo, quick"],
    [{ sample: { codes: 2.5 } }, "sample.codes"],
    [{ evaluate: { confidence: 1 } }, "evaluate.confidence"],
    [{ evaluate: { control: "both" } }, "evaluate.control"],
    [{ analyze: { k: 0 } }, "analyze.k"],
    [{ truncation: 0 }, "truncation"],
    [{ seed: 2 ** 32 }, "expected seed to be an integer ≥ 0 and ≤ 4294967295"],
    [{ seed: null }, "seed"],
    [{ name: null }, "name"],
    [{ preset: null }, "preset"],
    [{ methods: null }, "methods"],
    [{ train: { iterations: null } }, "train.iterations"],
    [{ evaluate: { control: null } }, "evaluate.control"],
    [{ attributes: [{ name: "a", from: null }] }, "attributes[0].from"],
    [{ attributes: [] }, "expected attributes to be a list"],
    [{ attributes: ["a", { from: 1 }] }, "attributes[1].name"],
    [{ attributes: ["a", "a"] }, 'expected attributes to name each once, got "a" twice'],
    [{ methods: ["interfacegan", "ode-0"] }, "expected methods[1] to be one of"],
    [{ attributes: [""] }, 'expected attributes[0] to be a text that is not empty, got ""'],
    [{ model: "faces" }, 'expected model to be an object with a kind, or one of tabletop, studio, scenes, got "faces".'],
    [{ model: "tabltop" }, 'got "tabltop". Did you mean "tabletop"?'],
    [
      { model: { generator: "g.pt", regressor: "r.pt" } },
      /expected model\.kind to be one of .*, got undefined\. Did you mean "files"\?/,
    ],
    [{ model: { path: "m.js" } }, /expected model\.kind to be one of .*, got undefined\. Did you mean "module"\?/],
    [{ model: { kind: "module" } }, "model.path"],
    [{ model: { kind: "files", generator: "g.pt", regressor: 3 } }, "model.regressor"],
  ])("names the field that is wrong: %j", (options, message) => {
    expect(() => resolveConfig(options)).toThrow(ConfigError);
    expect(() => resolveConfig(options)).toThrow(message);
  });

  it("refuses each of its numbers by name where it is absurd", () => {
    for (const [section, fields] of Object.entries(LIMITS)) {
      for (const [field, { most }] of Object.entries(fields)) {
        for (const absurd of [1e300, Number.MAX_SAFE_INTEGER, most * 1.001 + 1, Number.POSITIVE_INFINITY, -1, "5", null]) {
          const refused = () => resolveConfig({ [section]: { [field]: absurd } });
          expect(refused).toThrow(ConfigError);
          expect(refused).toThrow(`expected ${section}.${field} to be`);
        }
        const value = Object.entries(PRESETS.paper[section as "fit"]).find(([name]) => name === field)![1];
        expect(most).toBeGreaterThan(value);
      }
    }
  });

  it("names several fields that are wrong, a line each, those that nobody knows first", () => {
    const wrong = { seed: -1, train: { iterations: 0.5, batchsize: 3 }, attributes: ["a", { name: "b", to: -1 }], trains: {} };
    const lines = [
      'config.train: unknown option "batchsize" (did you mean "batchSize"?)',
      'config: unknown option "trains" (did you mean "train"?)',
      "config: expected seed to be an integer ≥ 0 and ≤ 4294967295, got -1.",
      "config: expected attributes[1].to to be an integer ≥ 0, got -1.",
      "config: expected train.iterations to be an integer ≥ 1, got 0.5.",
    ];
    const said = refusal(wrong).split("\n");
    expect(said).toEqual(lines.map((line) => expect.stringContaining(line)));
    const many = refusal({ attributes: Array.from({ length: 1000 }, () => "") });
    expect(many.split("\n")).toHaveLength(6);
    expect(many).toContain("config: 995 more fields are wrong.");
    expect(refusal({ name: "$&{field}".repeat(2000) })).toContain("expected name to have at most 10000 characters, got 18000");
  });

  it("has limits for all numbers of a configuration", () => {
    for (const [section, fields] of Object.entries(LIMITS)) {
      for (const { most } of Object.values(fields)) expect(most).toBeLessThanOrEqual(1e12);
      const numeric = Object.entries(PRESETS.paper[section as "fit"]).filter(([, value]) => typeof value === "number");
      expect(Object.keys(fields)).toEqual(numeric.map(([field]) => field));
    }
  });

  it("is asked of the methods that it names, and of no others", () => {
    expect(resolveConfig({ sample: { codes: 40 }, methods: ["constant", "ganspace"] }).sample.codes).toBe(40);
    for (const methods of [["projected"], ["interfacegan", "projected"]])
      expect(() => resolveConfig({ sample: { codes: 40 }, methods })).toThrow(
        /^config: expected fit.ratio to take one of the 40 sample.codes or more, got 0.02. Give a larger one.$/,
      );
    const picky = { id: "picky", fault: () => "expected train.iterations to be even, got 9." };
    expect(() => completeConfig({ methods: ["picky"] }, [picky])).toThrow("config: expected train.iterations to be even, got 9.");
    expect(completeConfig({ methods: ["easy"] }, [picky, { id: "easy" }]).methods).toEqual(["easy"]);
  });

  it.each([
    [
      { sample: { codes: 10_000_000, chunk: 1 } },
      "sample.codes and sample.heldOut over sample.chunk to make at most 100000 chunks",
    ],
    [{ evaluate: { starts: 10_000_000, times: 10_000 } }, "evaluate.starts · evaluate.times to make at most"],
    [{ pictures: { samples: 1000, frames: 10_000 } }, "pictures.samples · pictures.frames to make at most 100000 pictures"],
    [{ sample: { codes: 40 } }, "expected fit.ratio to take one of the 40 sample.codes or more, got 0.02"],
    [{ name: "x".repeat(20_000) }, "expected name to have at most 10000 characters"],
    [{ attributes: Array.from({ length: 20_000 }, (_, i) => `a${i}`) }, "expected attributes to have at most 10000 entries"],
    [null, "expected an object of settings, got null"],
  ])("refuses what is absurd together: case %#", (options, message) => {
    expect(() => resolveConfig(options)).toThrow(ConfigError);
    expect(() => resolveConfig(options)).toThrow(message);
  });

  it("is checked against the regressor's attributes", () => {
    const known = [
      { name: "a", classes: 2 },
      { name: "b/c", classes: 3 },
      { name: "b c", classes: 3 },
    ];
    const edits = (attributes: unknown) => editsOf(resolveConfig({ attributes }), known);
    expect(edits("all").map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [0, 2],
      [0, 2],
    ]);
    expect(new Set(edits("all").map(({ slug }) => slug)).size).toBe(3);
    expect(edits([{ name: "b c", from: 2, to: 1 }])[0]).toMatchObject({ index: 2, from: 2, to: 1 });
    expect(() => edits(["d"])).toThrow("attributes[0].name");
    expect(() => edits([{ name: "a", from: 2 }])).toThrow("attributes[0].from");
    expect(() => edits([{ name: "a", from: 1 }])).toThrow("attributes[0] to go to another class");
  });

  it("gives every attribute a folder of its own, also where letters' case does not count", () => {
    const names = ["b/c", "b c", "b_c_0", "b_c_1", "Size", "size", "", "é", "e\u0301"];
    const slugs = editsOf(
      resolveConfig({}),
      names.map((name) => ({ name, classes: 2 })),
    ).map(({ slug }) => slug.normalize().toLowerCase());
    expect(new Set(slugs).size).toBe(names.length);
    expect(slugs.every((slug) => /^[^./\\]+(\.\d+)?$/.test(slug))).toBe(true);
  });

  it("takes several edits of one attribute, each with a folder of its own; the first keeps the attribute's", () => {
    const known = ["a", "b"].map((name) => ({ name, classes: 3 }));
    const edits = (attributes: unknown) => editsOf(resolveConfig({ attributes }), known);
    const both = edits([{ name: "a", from: 0, to: 1 }, "b", { name: "a", from: 1, to: 0 }, { name: "a" }]);
    expect(both.map(({ from, to, slug }) => [from, to, slug])).toEqual([
      [0, 1, "a"],
      [0, 2, "b"],
      [1, 0, "a.1-0"],
      [0, 2, "a.0-2"],
    ]);
    expect(() => edits(["a", { name: "a", to: 2 }])).toThrow("to name each edit once, got a from 0 to 2 twice");
  });

  it("refuses names that no folder can have, before anything is sampled", () => {
    const named = (name: string) => editsOf(resolveConfig({}), [{ name, classes: 2 }]);
    expect(named("ü".repeat(120))).toHaveLength(1);
    for (const name of ["x".repeat(300), "ü".repeat(121)]) {
      expect(() => named(name)).toThrow(ConfigError);
      expect(() => named(name)).toThrow(/names in the regressor.* of at most 240 bytes.*got (300|242) bytes/);
    }
  });

  it("has whole paths: a run goes on from any folder", () => {
    expect(resolveConfig({ model: { kind: "module", path: "model.js" } }).model).toEqual({
      kind: "module",
      path: join(process.cwd(), "model.js"),
    });
    const files = { kind: "files", generator: "g.pt", regressor: "r.pt", attributes: ["a"] } as const;
    expect(resolveConfig({ model: files }).model).toMatchObject({ generator: join(process.cwd(), "g.pt") });
    expect(resolveConfig({ model: { kind: "scenes", from: "data" } }).model).toMatchObject({ from: join(process.cwd(), "data") });
  });
});

function refusal(options: unknown): string {
  try {
    resolveConfig(options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("a configuration file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "latentflow-config-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is JSON or a module; its paths are relative to it", async () => {
    const options = { seed: 4, model: { kind: "module", path: "./model.js" } };
    await writeFile(join(folder, "a.json"), JSON.stringify(options));
    await writeFile(join(folder, "a.mjs"), `export default ${JSON.stringify(options)};`);
    const expected = { seed: 4, model: { kind: "module", path: join(folder, "model.js") } };
    expect(await readConfig(join(folder, "a.json"))).toEqual(expected);
    expect(await readConfig(join(folder, "a.mjs"))).toEqual(expected);
  });

  it("that is missing, broken or empty is an error that says so", async () => {
    await writeFile(join(folder, "broken.json"), '{ "seed": ');
    await writeFile(join(folder, "empty.mjs"), "");
    await expect(readConfig(join(folder, "none.json"))).rejects.toThrow("there is none");
    await expect(readConfig(join(folder, "broken.json"))).rejects.toThrow("to hold JSON");
    await expect(readConfig(join(folder, "empty.mjs"))).rejects.toThrow("default export");
  });

  it("is changed field by field on the command line", async () => {
    expect(withChange({ train: { iterations: 5, batchSize: 2 } }, "train.iterations=9")).toEqual({
      train: { iterations: 9, batchSize: 2 },
    });
    expect(withChange({}, "attributes=a,b")).toEqual({ attributes: ["a", "b"] });
    expect(withChange({}, "attributes=a")).toEqual({ attributes: ["a"] });
    expect(withChange({}, "attributes=all")).toEqual({ attributes: "all" });
    expect(withChange({}, "methods=ode-1")).toEqual({ methods: ["ode-1"] });
    expect(withChange({ model: { kind: "files" } }, "model.attributes=1,2")).toMatchObject({ model: { attributes: ["1", "2"] } });
    expect(withChange({}, 'attributes=[{"name":"a","from":1}]')).toEqual({ attributes: [{ name: "a", from: 1 }] });
    expect(withChange({}, "name=Faces, 1 of 2")).toEqual({ name: "Faces, 1 of 2" });
    expect(withChange({}, "name=2026")).toEqual({ name: "2026" });
    expect(() => withChange({}, "seed")).toThrow("field=value");
    expect((await configOf(undefined, ["preset=quick", "seed=8"])).sample.codes).toBe(
      resolveConfig({ preset: "quick" }).sample.codes,
    );
    await expect(configOf(undefined, ["train.iterations=many"])).rejects.toThrow("train.iterations");
  });
});
