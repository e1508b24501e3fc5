import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { readNpy, writeNpy, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { LinearDirection, saveDirection } from "@latentflow/latent-edit";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import reference from "../../latent-edit/test/reference/released-files.json" with { type: "json" };
import { readCodesFile } from "../src/cli/read-codes.js";
import { rowsOption } from "../src/cli/rows-option.js";
import { runCommand } from "../src/cli/run-command.js";
import { runExperiment } from "../src/index.js";
import { editCodes } from "../src/run/edit-codes.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-edit-files-"));
const model = fileURLToPath(new URL("./process/plus-model.ts", import.meta.url));
const released = (name: string) => fileURLToPath(new URL(`../../latent-edit/test/fixtures/released/${name}`, import.meta.url));
const scenes = (name: string) => fileURLToPath(new URL(`../../scenes/data/tabletop/${name}.safetensors`, import.meta.url));
const { actors, t, ends } = reference;
const [N, ROWS, D] = actors.shape as [number, number, number];

const run = join(root, "run");
const request = { out: run, count: 2, seed: 1, frames: 2, engine: "auto" } as const;

beforeAll(async () => {
  await useBackend("wasm");
  const options = tinyExperiment(model, { attributes: ["size"], methods: ["interfacegan"] });
  await runExperiment(options, { out: run, steps: ["fit"] });
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rm(root, { recursive: true, force: true }));

/** Each row of each code as moved, or as it was. */
function expectRows(values: ArrayLike<number>, moved: readonly number[], rows: readonly number[]): void {
  expect(values).toHaveLength(N * ROWS * D);
  for (let i = 0; i < N * ROWS; i++) {
    const from = rows.includes(i % ROWS) ? moved : Array.from(Float32Array.from(actors.data));
    for (let k = i * D; k < (i + 1) * D; k++) expect(values[k]).toBeCloseTo(from[k]!, 5);
  }
}

describe("W+ codes and rows", () => {
  it("a run's direction moves the rows asked for; W codes become W+ codes", async () => {
    const codes = await readCodesFile(released("actors.pt"));
    expect(codes.shape).toEqual([N, ROWS, D]);
    const before = tf.memory().numTensors;
    const found = await editCodes({ ...request, codes, rows: [0, 3] });
    expect(tf.memory().numTensors).toBe(before);
    expect(found).toMatchObject({ rows: [0, 3], from: 0, to: 1 });
    expect(found.codes.shape).toEqual([N, ROWS, D]);
    expect(found.frames).toMatchObject({ samples: N, height: 8, width: 8, times: [0, 3] });
    for (let i = 0; i < N; i++) {
      const kept = (i * ROWS + 3) * D;
      expect(found.codes.data.slice(kept, kept + 3 * D)).toEqual(codes.data.slice(kept, kept + 3 * D));
    }
    // Size is what the first rows say: it arrives by them, and not by the others.
    expect(found.changes.map(({ after }) => after)).toEqual([1, 1]);
    const others = await editCodes({ ...request, codes, rows: { only: [3, 4, 5] } });
    expect(others.changes.map(({ before, after }) => before === after)).toEqual([true, true]);
    const all = await editCodes({ ...request, codes });
    expect(all.rows).toBeNull();
    expect(all.codes.data).not.toEqual(found.codes.data);
    expect((await editCodes({ ...request, rows: [0, 3] })).codes.shape).toEqual([2, ROWS, D]);
    expect((await editCodes(request)).codes.shape).toEqual([2, D]);
    await expect(editCodes({ ...request, codes: { data: codes.data, shape: [4, 3, D] } })).rejects.toThrow(
      "edit: expected codes [n, 4] or [n, 6, 4], got [4, 3, 4]",
    );
    await expect(editCodes({ ...request, codes, rows: [0, 7] })).rejects.toThrow(/rows\[1\]/);
  });

  it("a released flow moves a run's pictures as PyTorch does; a file may say its rows", async () => {
    const codes = await readCodesFile(released("actors.pt"));
    const direction = released("ckpt_2.pt");
    const found = await editCodes({ ...request, codes, direction, rows: [0, 4], t });
    expectRows(found.codes.data, ends.ckpt_2, [0, 1, 2, 3]);
    expect(found.frames).toMatchObject({ label: "ckpt_2.pt", attribute: "ckpt_2.pt" });
    expect(found.changes[0]).toMatchObject({ before: null, after: null });
    const named = await editCodes({ ...request, codes, direction, attribute: "colour" });
    expect(named).toMatchObject({ from: 0, to: 1, frames: { attribute: "colour", times: [0, 3] } });
    const own = new LinearDirection(Array(D).fill(1));
    own.rows = [5, 6];
    const file = join(root, "rows.safetensors");
    await writeFile(file, await saveDirection(own, { attribute: { name: "shape", index: 1, from: 2, to: 0 } }));
    const kept = await editCodes({ ...request, codes, direction: file });
    expect(kept).toMatchObject({ rows: [5, 6], from: 2, to: 0, frames: { attribute: "shape" } });
    expect((await editCodes({ ...request, codes, direction: file, rows: "all" })).rows).toBeNull();
    await expect(editCodes({ ...request, direction, attribute: "hue" })).rejects.toThrow(
      /--attribute to be one of size, shape, colour/,
    );
    await expect(editCodes({ ...request, direction: released("regressor.pt") })).rejects.toThrow(
      /--direction: could not read .*regressor\.pt/,
    );
  });
});

describe("without a run's folder", () => {
  const log = () => vi.spyOn(console, "log").mockImplementation(() => undefined);
  const files = ["--generator", scenes("generator"), "--regressor", scenes("regressor")];
  const direction = join(root, "right.safetensors");
  const codes = join(root, "codes.npy");

  beforeAll(async () => {
    const random = new SeededRandom(2);
    const line = new LinearDirection(random.normals(64));
    const training = { maxTime: 2.5 };
    const attribute = { name: "attribute 1", index: 1, from: 0, to: 2 };
    await writeFile(direction, await saveDirection(line, { attribute, training }));
    await writeFile(
      codes,
      writeNpy({ dtype: "float32", shape: [2, 10, 64], data: Float32Array.from(random.normals(2 * 10 * 64)) }),
    );
  });

  it("edit takes networks and direction from their files, W+ codes and rows, and writes picture and codes", async () => {
    const told = log();
    const [picture, saved] = [join(root, "a.png"), join(root, "saved.npy")];
    const args = ["--codes", codes, "--rows", "0:4", "--frames", "2", "--file", picture, "--save", saved];
    expect(await runCommand(["edit", "--direction", direction, ...files, ...args])).toBe(0);
    const lines = told.mock.calls.map(([line]) => String(line));
    expect(lines[0]).toBe("attribute 1 by right.safetensors, found for class 0 → 2; rows 0:4; to t = 2.5");
    expect(lines.at(-1)).toBe(picture);
    expect((await readFile(picture)).subarray(1, 4).toString()).toBe("PNG");
    const [before, after] = await Promise.all([codes, saved].map((file) => readNpy(file)));
    expect(after!.shape).toEqual([2, 10, 64]);
    const rowOf = (tensor: typeof before, row: number) =>
      Array.from(tensor!.data.subarray(row * 64, (row + 1) * 64) as Float32Array);
    expect(rowOf(after, 4)).toEqual(rowOf(before, 4));
    const shift = rowOf(after, 3).map((x, k) => x - rowOf(before, 3)[k]!);
    expect(Math.hypot(...shift)).toBeCloseTo(2.5, 4);
  });

  it("edit needs no regressor: pictures are the same, and nothing is said of attributes", async () => {
    const told = log();
    const pictures = [join(root, "with.png"), join(root, "without.png")];
    const args = ["edit", "--direction", direction, "--codes", codes, "--rows", "0:4", "--frames", "2"];
    for (const [i, networks] of [files, files.slice(0, 2)].entries())
      expect(await runCommand([...args, ...networks, "--attribute", "attribute 1", "--file", pictures[i]!])).toBe(0);
    const lines = told.mock.calls.map(([line]) => String(line));
    expect(lines.slice(-2)).toEqual(["attribute 1 by right.safetensors; rows 0:4; to t = 2.5", pictures[1]]);
    const [with_, without] = await Promise.all(pictures.map((file) => readFile(file)));
    expect(without!.equals(with_!)).toBe(true);
  });

  it("movie goes the way there and back with new codes, and tells programs in JSON", async () => {
    const told = log();
    const file = join(root, "a.gif");
    const args = ["--count", "1", "--frames", "3", "--t", "-1", "--json", "--file", file];
    expect(await runCommand(["movie", "--direction", direction, ...files, ...args])).toBe(0);
    expect(JSON.parse(String(told.mock.calls[0]![0]))).toMatchObject({ type: "done", file, rows: null, times: [0, -0.5, -1] });
    expect((await readFile(file)).subarray(0, 3).toString()).toBe("GIF");
  });

  it.each<[string[], RegExp]>([
    [["--generator", scenes("generator")], /expected --direction with --generator/],
    [["--regressor", scenes("regressor")], /--regressor: expected --generator beside it/],
    [
      ["--direction", direction, "--generator", scenes("regressor"), "--regressor", scenes("regressor")],
      /could not load|expected/,
    ],
    [["--direction", released("ckpt_0.pt"), ...files], /direction of codes of 64 numbers, got one of 4/],
    [["--rows", "6:0"], /Expected a range such as 0:6/],
    [["--truncation", "2"], /above 0 and at most 1/],
    [["--codes", "codes.txt"], /--codes: expected a file in \.npy, \.pt, \.pth, \.safetensors, got codes\.txt/],
  ])("refuses %j with exit code 2", async (args, message) => {
    const told: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line) => void told.push(String(line)));
    vi.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0);
    expect(await runCommand(["edit", "--file", join(root, "b.png"), ...args])).toBe(2);
    expect(told.join("\n")).toMatch(message);
  });
});

describe("files of codes", () => {
  const write = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(root, name), bytes);
    return join(root, name);
  };
  const tensor = (...shape: number[]) => ({
    dtype: "float32" as const,
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
  });

  it("of NumPy, PyTorch and safetensors, W and W+, by the names that they have", async () => {
    expect((await readCodesFile(released("all.pt"))).shape).toEqual([N, D]);
    const one = await write("one.npy", writeNpy(tensor(D)));
    expect((await readCodesFile(one)).shape).toEqual([1, D]);
    const named = await write(
      "named.safetensors",
      writeSafetensors(new Map(Object.entries({ w: tensor(3, 2, D), extra: tensor(1) }))),
    );
    expect((await readCodesFile(named)).shape).toEqual([3, 2, D]);
  });

  it("are refused by what they hold", async () => {
    const two = await write("two.safetensors", writeSafetensors(new Map(Object.entries({ a: tensor(2, D), b: tensor(1) }))));
    await expect(readCodesFile(two)).rejects.toThrow(/one called ws, w, codes, latent, latents, got a \[2, 4\], b \[1\]/);
    const deep = await write("deep.npy", writeNpy(tensor(1, 2, 2, D)));
    await expect(readCodesFile(deep)).rejects.toThrow(/\[n, d\] or \[n, rowCount, d\].*got \[1, 2, 2, 4\]/);
    await expect(readCodesFile(join(root, "none.pt"))).rejects.toThrow(/--codes: could not read .*none\.pt/);
  });

  it("rows on the command line are half-open", () => {
    expect(rowsOption("0:6")).toEqual([0, 6]);
    expect(rowsOption("0,2,5")).toEqual({ only: [0, 2, 5] });
    expect(rowsOption("7")).toEqual({ only: [7] });
    expect(rowsOption("all")).toBe("all");
    for (const text of ["6", "6:6", "a", "0:", "-1:3", "1;2", ""].slice(1)) expect(() => rowsOption(text)).toThrow("0:6");
  });
});
