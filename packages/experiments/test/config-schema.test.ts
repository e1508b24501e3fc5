import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../src/cli/run-command.js";
import { configurationSchema } from "../src/config/json-schema.js";
import { readConfig } from "../src/config/read.js";
import { resolveConfig } from "../src/index.js";
import { METHODS } from "../src/methods/index.js";

const require = createRequire(import.meta.url);
const { Ajv } = require("ajv") as { Ajv: new (options: object) => { compile(schema: object): (value: unknown) => boolean } };
const isValid = new Ajv({ strict: true, allowUnionTypes: true }).compile(configurationSchema(METHODS.map(({ id }) => id)));

const isTaken = (options: unknown): boolean => {
  try {
    resolveConfig(options);
    return true;
  } catch {
    return false;
  }
};

describe("the JSON Schema of a configuration", () => {
  it("is the package's schema.json, and what `latentflow schema` prints", async () => {
    const text = `${JSON.stringify(configurationSchema(METHODS.map(({ id }) => id)), null, 2)}\n`;
    // After a change of the schema: npx vitest run packages/experiments/test/config-schema.test.ts -u
    await expect(text).toMatchFileSnapshot("../schema.json");
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      expect(await runCommand(["schema"])).toBe(0);
      expect(`${log.mock.calls[0]![0]}\n`).toBe(text);
    } finally {
      log.mockRestore();
    }
    const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    expect(manifest.files).toContain("schema.json");
  });

  it.each<[unknown]>([
    [{}],
    [{ preset: "quick", $schema: "./node_modules/@latentflow/experiments/schema.json" }],
    [{ attributes: "all", model: "scenes", methods: ["ode-9"] }],
    [{ attributes: ["a", { name: "b" }, { name: "c", from: 1, to: null }] }],
    [{ model: { kind: "scenes" } }],
    [{ model: "tabletop" }],
    [{ model: { kind: "tabletop", from: "data" } }],
    [
      {
        model: {
          kind: "files",
          generator: { file: "g.onnx", latent: "w" },
          regressor: { file: "r.onnx", resize: "area" },
          heads: "binary",
        },
      },
    ],
    [
      {
        model: {
          kind: "files",
          generator: "g.onnx",
          mapping: "m.onnx",
          regressor: "r.onnx",
          codes: "w.npy",
          attributes: [{ name: "age", thresholds: [30, 50] }],
        },
      },
    ],
    [{ model: { kind: "module", path: "m.js" }, truncation: 0.7, analyze: { k: null } }],
    [{ model: { kind: "files", generator: "g.pt", regressor: "r.pt", attributes: ["a"] }, analyze: { k: 3, probe: "rbf-svm" } }],
    [{ train: { iterations: 100_000_000, preservationWeight: 0 }, evaluate: { control: "changed", confidence: 0.999 } }],
  ])("takes %j, as the pipeline does", (options) => {
    expect([isValid(options), isTaken(options)]).toEqual([true, true]);
  });

  it("takes complete configurations, which resolve to themselves", () => {
    for (const preset of ["paper", "demo", "quick"]) {
      const config = resolveConfig({ preset });
      expect(isValid(config)).toBe(true);
      expect(resolveConfig(config)).toEqual(config);
    }
  });

  it.each<[unknown]>([
    [null],
    [[]],
    [{ trains: {} }],
    [{ train: { iteration: 5 } }],
    [{ train: { iterations: 0 } }],
    [{ train: { iterations: 2.5 } }],
    [{ train: { iterations: "5" } }],
    [{ train: { iterations: 100_000_001 } }],
    [{ train: { learningRate: 0 } }],
    [{ train: [] }],
    [{ evaluate: { confidence: 1 } }],
    [{ evaluate: { control: "both" } }],
    [{ analyze: { k: 0 } }],
    [{ truncation: 1.1 }],
    [{ seed: 2 ** 32 }],
    [{ name: "" }],
    [{ preset: "fast" }],
    [{ preset: null }],
    [{ attributes: [] }],
    [{ attributes: "size" }],
    [{ attributes: [{ from: 1 }] }],
    [{ attributes: [{ name: "a", from: null }] }],
    [{ methods: ["ode-0"] }],
    [{ methods: [] }],
    [{ model: "faces" }],
    [{ model: { kind: "faces" } }],
    [{ model: { kind: "module" } }],
    [{ model: { kind: "files", generator: "g.pt", regressor: "r.pt", attributes: "a" } }],
    [{ $schema: 3 }],
  ])("refuses %j, as the pipeline does", (options) => {
    expect([isValid(options), isTaken(options)]).toEqual([false, false]);
  });

  it("says what each field means, with its default", () => {
    const described = (schema: Schema, path: string): string[] =>
      Object.entries(schema.properties ?? {}).flatMap(([key, field]) => [
        ...(field.description === undefined ? [`${path}${key} has no description`] : []),
        ...(field.default === undefined && !["$schema", "extensions", "candidates", "preservationTemperature"].includes(key)
          ? [`${path}${key} has no default`]
          : []),
        ...described(field, `${path}${key}.`),
      ]);
    const schema = configurationSchema(METHODS.map(({ id }) => id)) as Schema;
    expect(described(schema, "")).toEqual([]);
    expect(schema.properties!.train!.properties!.iterations).toEqual({
      description: "Adam's steps",
      type: "integer",
      minimum: 1,
      maximum: 100_000_000,
      default: 1000,
    });
  });
});

it("an editor is told all kinds of model, not only the one whose fields are nearest", () => {
  const { properties } = configurationSchema(METHODS.map(({ id }) => id)) as Schema;
  const [, ofKind] = properties!.model!.anyOf!;
  expect(ofKind!.properties!.kind).toEqual({ enum: ["tabletop", "studio", "scenes", "module", "files"] });
});

interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

it("a configuration file may name its schema; the run does not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "latentflow-schema-"));
  try {
    const file = join(folder, "my.json");
    await writeFile(file, JSON.stringify({ $schema: "./node_modules/@latentflow/experiments/schema.json", seed: 4 }));
    const config = resolveConfig(await readConfig(file));
    expect(config).toEqual(resolveConfig({ seed: 4 }));
  } finally {
    await rm(folder, { recursive: true });
  }
});
