import { mkdtempSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { importDirection, LinearDirection, loadDirection, saveDirection } from "@latentflow/latent-edit";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../src/config/read.js";
import {
  ConfigError,
  type ExperimentOptions,
  type RunEvent,
  reportExperiment,
  resolveConfig,
  runExperiment,
} from "../src/index.js";
import { pathFor } from "../src/methods/file-paths.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-files-"));
const log = join(root, "log/1");
const model = fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url));
// As PyTorch and NumPy wrote them, for codes of four numbers: see tools/reference/released_files.py. There is no ckpt_1.pt.
const released = fileURLToPath(new URL("../../latent-edit/test/fixtures/released", import.meta.url));

beforeAll(async () => {
  await useBackend("wasm");
  await cp(released, log, { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const FLOWS = `file:${log}/ckpt_{index}.pt`;
const BOUNDARY = { file: join(log, "boundary.npy"), attribute: "size", label: "their boundary" };

const options = (changes: ExperimentOptions) =>
  tinyExperiment(model, { attributes: ["size", "shape", "colour"], methods: [FLOWS, "interfacegan"], ...changes });

async function run(name: string, changes: ExperimentOptions, settings: object = {}) {
  const jobs: string[] = [];
  const onEvent = (event: RunEvent) => void (event.type === "end" && jobs.push(event.job));
  const result = await runExperiment(options(changes), { out: join(root, name), onEvent, ...settings });
  return { jobs, ...result! };
}

describe("methods that are files", () => {
  it("stand beside the others in a run and its report; attributes without a file say which was looked for", async () => {
    const before = tf.memory().numTensors;
    const { results, report } = await run("beside", { methods: [FLOWS, BOUNDARY, "interfacegan"] });
    expect(tf.memory().numTensors).toBe(before);
    expect(results.missing).toEqual([]);
    const of = (attribute: number) =>
      Object.fromEntries(results.attributes[attribute]!.methods.map((method) => [method.id, method]));
    const [size, shape, colour] = [of(0), of(1), of(2)];
    // Straight ones first, as always.
    expect(Object.keys(size)).toEqual(["file-1-boundary", "interfacegan", "file-1-ckpt-index"]);
    expect(size["file-1-ckpt-index"]).toMatchObject({ kind: "nonlinear", label: "1/ckpt_{index}.pt", none: null });
    expect(size["file-1-ckpt-index"]!.fit!.note).toBe(`From ${join(log, "ckpt_0.pt")}: neural ODE, depth 1.`);
    expect(colour["file-1-ckpt-index"]!.fit!.note).toContain("ckpt_2.pt: neural ODE, depth 2.");
    expect(size["file-1-boundary"]).toMatchObject({ kind: "linear", label: "their boundary" });
    expect(shape["file-1-ckpt-index"]!.none).toEqual({
      why: "no direction",
      text: `There is no file for shape; looked for ${join(log, "ckpt_1.pt")}.`,
    });
    expect(colour["file-1-boundary"]!.none!.text).toBe("their boundary is not for colour.");
    const page = await readFile(report, "utf8");
    for (const name of ["1/ckpt_{index}.pt", "their boundary", join(log, "ckpt_1.pt")]) expect(page).toContain(name);

    // What is measured is the file's own flow.
    const folder = join(root, "beside/fit/size/file-1-ckpt-index/direction.safetensors");
    const [kept, given] = [await loadDirection(folder), await importDirection(join(log, "ckpt_0.pt"))];
    const w = tf.ones([2, 4]);
    expect(kept.direction.flow(w, 3).dataSync()).toEqual(given.direction.flow(w, 3).dataSync());
    expect(kept.info).toMatchObject({ attribute: { name: "size", index: 0 } });
    expect(size["file-1-ckpt-index"]!.evaluation!.samples).toBe(24);
    expect(size["file-1-ckpt-index"]!.analysis).not.toBeNull();
  });

  it("another content is another direction, gone files keep their results", async () => {
    const folder = join(root, "changing");
    await cp(released, folder, { recursive: true });
    const methods = [`file:${folder}/ckpt_{index}.pt`];
    const steps = ["fit"] as const;
    await run("changes", { methods }, { steps });
    expect((await run("changes", { methods }, { steps, replace: false })).jobs).toEqual([]);
    await cp(join(folder, "ckpt_2.pt"), join(folder, "ckpt_0.pt"));
    const refused = run("changes", { methods }, { steps, replace: false });
    await expect(refused).rejects.toThrow(/other files of directions.*fit\/size\/file-changing-ckpt-index/);
    expect((await run("changes", { methods }, { steps })).jobs).toEqual(["fit/size/file-changing-ckpt-index"]);
    await rm(join(folder, "ckpt_0.pt"));
    expect((await run("changes", { methods }, { steps, replace: false })).jobs).toEqual([]);
    await rm(folder, { recursive: true });
    const { results } = await reportExperiment(join(root, "changes"));
    expect(results.attributes[0]!.methods[0]!.fit!.note).toContain("ckpt_0.pt: neural ODE, depth 2.");
  });

  it("are found by the names of a data set, and by attributes' names", async () => {
    const named = join(root, "named");
    await mkdir(named);
    for (const [from, to] of [
      ["ckpt_0.pt", "size.pt"],
      ["ckpt_2.pt", "colour.pt"],
    ] as const)
      await cp(join(released, from), join(named, to));
    const { results } = await run("by-name", { methods: [`file:${named}/{name}.pt`] }, {});
    expect(results.attributes.map(({ methods }) => methods[0]!.none)).toEqual([null, expect.anything(), null]);
    const flows = { file: "log/ckpt_{index}.pt", attribute: null, label: null };
    // The regressor knows Smiling as its first, and calls a bird's tail as the paper's code does.
    expect(pathFor({ ...flows, dataset: null }, { name: "Smiling", index: 0 })).toBe("log/ckpt_0.pt");
    expect(pathFor({ ...flows, dataset: "ffhq" }, { name: "Smiling", index: 0 })).toBe("log/ckpt_31.pt");
    expect(pathFor({ ...flows, dataset: "cub" }, { name: "tail:rounded", index: 3 })).toBe("log/ckpt_27.pt");
    const nobody = run("by-data-set", { methods: [{ file: `${log}/ckpt_{index}.pt`, dataset: "mpi3d" }] });
    await expect(nobody).rejects.toThrow(/to be for an edited attribute, got none/);
  });

  it("our own files say for which attribute they are, and boundaries go both ways", async () => {
    const both: ExperimentOptions["attributes"] = [
      { name: "size", from: 0, to: 1 },
      { name: "size", from: 1, to: 0 },
    ];
    const { results } = await run("both-ways", { attributes: both, methods: [BOUNDARY, FLOWS] });
    const [there, back] = results.attributes.map(({ methods }) => methods);
    expect(there![0]!.fit!.note).toMatch(/straight line\.$/);
    expect(back![0]!.fit!.note).toMatch(/straight line, turned round\.$/);
    expect(back![1]!.none!.text).toMatch(/ckpt_0\.pt leads to class 1 of size, not from 1 to 0/);
    const directions = ["size", "size.1-0"].map((slug) =>
      join(root, `both-ways/fit/${slug}/file-1-boundary/direction.safetensors`),
    );
    const vectors = await Promise.all(
      directions.map(async (file) => Array.from((await loadDirection(file)).direction.variables[0]!.dataSync())),
    );
    expect(vectors[1]).toEqual(vectors[0]!.map((x) => -x));
    // A run's own direction, used by another run of the same generator.
    const own = `file:${directions[0]}`;
    const again = await run("own", { attributes: ["size"], methods: [own] }, {});
    expect(again.results.attributes[0]!.methods[0]!.none).toBeNull();
    await expect(run("own-else", { attributes: ["colour"], methods: [own] })).rejects.toThrow(
      /direction of colour, got one of size/,
    );
  });

  it.each<[string, (folder: string) => Promise<ExperimentOptions>, RegExp]>([
    [
      "no file at all",
      async (f) => ({ methods: [`file:${f}/ckpt_{index}.pt`] }),
      /methods\[0\] to find a file.*looked for .*ckpt_0\.pt, .*ckpt_1\.pt, .*ckpt_2\.pt\./,
    ],
    [
      "one file for several attributes",
      async () => ({ methods: [`file:${log}/boundary.npy`] }),
      /to say for which attribute .* as 3 are edited.*\{index\}/,
    ],
    [
      "an attribute that there is not",
      async () => ({ methods: [{ ...BOUNDARY, attribute: "hue" }] }),
      /methods\[0\]\.attribute to be one of size, shape, colour/,
    ],
    [
      "a regressor",
      async () => ({ methods: [{ ...BOUNDARY, file: join(log, "regressor.pt") }] }),
      /regressor\.pt: importDirection: expected a file of saveDirection/,
    ],
    [
      "a direction of other codes",
      async (f) => {
        await writeFile(join(f, "wide.safetensors"), await saveDirection(new LinearDirection([1, 0, 0, 0, 0])));
        return { methods: [{ ...BOUNDARY, file: join(f, "wide.safetensors") }] };
      },
      /codes of 4 numbers, got one of 5/,
    ],
    [
      "another generator's",
      async (f) => {
        const generator = Array<number>(16).fill(0.9);
        await writeFile(join(f, "other.safetensors"), await saveDirection(new LinearDirection([1, 0, 0, 0]), { generator }));
        return { methods: [{ ...BOUNDARY, file: join(f, "other.safetensors") }] };
      },
      /this generator, got one of another's/,
    ],
    [
      "some rows of W+ codes",
      async (f) => {
        const direction = new LinearDirection([1, 0, 0, 0]);
        direction.rows = [0, 6];
        await writeFile(join(f, "rows.safetensors"), await saveDirection(direction));
        return { methods: [{ ...BOUNDARY, file: join(f, "rows.safetensors") }] };
      },
      /whole codes.*latentflow edit takes it/,
    ],
  ])("are refused before the first job: %s", async (what, make, message) => {
    const folder = join(root, what);
    await mkdir(folder);
    const refused = run("refused", await make(folder), { steps: ["fit"] });
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(message);
  });
});

describe("the configuration's methods", () => {
  it("take files as texts and as objects, relative to the configuration's file", async () => {
    const file = join(root, "my.json");
    await writeFile(
      file,
      JSON.stringify({ methods: ["ode-1", "file:log/1/ckpt_{index}.pt", { file: "b.npy", attribute: "size" }] }),
    );
    const { methods } = resolveConfig(await readConfig(file));
    const rest = { attribute: null, dataset: null, label: null };
    expect(methods).toEqual([
      "ode-1",
      { ...rest, file: join(log, "ckpt_{index}.pt") },
      { ...rest, file: join(root, "b.npy"), attribute: "size" },
    ]);
    expect(resolveConfig({ methods })).toMatchObject({ methods });
  });

  it.each<[unknown[], string]>([
    [["file:"], 'expected methods[0] to have a path behind "file:", got none.'],
    [["ode-1", "oed-2"], "config: expected methods[1] to be one of interfacegan, "],
    [[{ file: "x.pt", dataset: "celeba" }], "config: expected methods[0].dataset to be one of ffhq, places365"],
    [[{ attribute: "size" }], "config: expected methods[0].file to be a text, got undefined"],
    [[{ file: "x.pt", index: 3 }], 'config.methods[0]: unknown option "index"'],
    [[3], 'config: expected methods[0] to be a method\'s name, "file:" and a path, or an object with a file, got 3'],
    [["file:x.pt", "file:./x.pt"], "config: expected methods to name each once"],
  ])("are refused by name: %j", (methods, message) => {
    expect(() => resolveConfig({ methods })).toThrow(message);
  });
});
