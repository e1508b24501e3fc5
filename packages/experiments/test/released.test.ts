import { mkdtempSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@latentflow/backend";
import { readTorch, stateDict } from "@latentflow/checkpoints";
import { attributeNames } from "@latentflow/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { writeReleased } from "../../../tools/made-up-released/index.js";
import { runCommand } from "../src/cli/run-command.js";
import type { ExperimentResults } from "../src/index.js";
import { resolveConfig } from "../src/index.js";
import { configureReleased } from "../src/released/configure.js";
import { findReleased } from "../src/released/find-released.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-released-"));
const ffhq = join(root, "code");
let said: string;

beforeAll(async () => {
  await useBackend("wasm");
  expect(await writeReleased(ffhq, "ffhq")).toHaveLength(7);
});
beforeEach(() => {
  said = "";
  const say = (text: unknown) => {
    said += `${text}\n`;
    return true;
  };
  for (const [target, method] of [
    [console, "log"],
    [console, "error"],
    [process.stderr, "write"],
  ] as const)
    vi.spyOn(target as Console, method as "log").mockImplementation(say as never);
  return () => vi.restoreAllMocks();
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function copy(name: string): Promise<string> {
  await cp(ffhq, join(root, name), { recursive: true });
  return join(root, name);
}

describe("the released files' folders", () => {
  it("hold what the paper's do: names, shapes and types", async () => {
    const generator = stateDict(await readTorch(join(ffhq, "models/ffhq/generator.pth")), "g_ema");
    for (const name of [
      "style.1.weight",
      "input.input",
      "conv1.conv.modulation.weight",
      "convs.1.activate.bias",
      "to_rgbs.0.conv.weight",
    ])
      expect([...generator.keys()]).toContain(name);
    const regressor = stateDict(await readTorch(join(ffhq, "models/ffhq/regressor.pth")), "model_state_dict");
    expect(regressor.get("classification_heads.39.weight")!.shape[0]).toBe(2);
    expect(regressor.has("continuous_head.weight")).toBe(true);
    const all = stateDict(await readTorch(join(ffhq, "data_to_rectify/ffhq_all.pt")));
    expect([all.get("ws")!.shape, all.get("labels")!.shape]).toEqual([
      [90, 8],
      [90, 40],
    ]);
  });

  it("are found, each where the code keeps it", async () => {
    expect(await findReleased(ffhq, "ffhq")).toEqual({
      generator: "models/ffhq/generator.pth",
      regressor: "models/ffhq/regressor.pth",
      sizes: { file: "configs/ffhq.json", values: { size: 32, style_dim: 8, n_mlp: 3, channel_multiplier: 1 } },
      flows: [{ depth: 1, pattern: "log/ffhq/1/ckpt_{index}.pt", indices: [20, 33] }],
      codes: { file: "data_to_rectify/ffhq_all.pt", count: 90 },
      inverses: ["inverses/actors.pt"],
    });
  });

  it("make the paper's experiment: released flows beside straight edits, and what is not there is trained", async () => {
    const options = configureReleased(ffhq, "ffhq", await findReleased(ffhq, "ffhq"));
    const flow = { file: join(ffhq, "log/ffhq/1/ckpt_{index}.pt"), label: "released flow, depth 1" };
    expect(options).toMatchObject({
      truncation: 0.7,
      attributes: ["Male", "Wavy_Hair"],
      methods: ["interfacegan", "projected", "constant", flow],
      sample: { codes: 60, heldOut: 30 },
      model: { attributes: attributeNames("ffhq"), codes: join(ffhq, "data_to_rectify/ffhq_all.pt") },
    });
    expect(resolveConfig(options).evaluate.starts).toBe(2000);
    const bare = await copy("bare");
    for (const name of ["log", "configs", "data_to_rectify", "inverses"]) await rm(join(bare, name), { recursive: true });
    const found = await findReleased(bare, "ffhq");
    expect(found).toMatchObject({ sizes: null, flows: [], codes: null, inverses: [] });
    const plain = configureReleased(bare, "ffhq", found);
    expect(plain).toMatchObject({
      attributes: ["Male", "Wavy_Hair"],
      methods: ["interfacegan", "projected", "constant", "ode-1"],
    });
    expect(plain).not.toHaveProperty("sample");
  });

  it("know trained constants, several depths, and what the code calls scenes", async () => {
    const places = join(root, "places");
    await mkdir(join(places, "models/scenes"), { recursive: true });
    for (const name of ["generator.pth", "regressor.pth"])
      await cp(join(ffhq, "models/ffhq", name), join(places, "models/scenes", name));
    for (const depth of ["-1", "2"]) await cp(join(ffhq, "log/ffhq/1"), join(places, "log/scenes", depth), { recursive: true });
    await writeFile(join(places, "log/scenes/2/curve_20_500.pt"), "");
    const found = await findReleased(places, "places365");
    expect(found).toMatchObject({
      generator: "models/scenes/generator.pth",
      flows: [{ depth: -1 }, { depth: 2, indices: [20, 33] }],
    });
    const { methods, attributes } = configureReleased(places, "places365", found);
    expect(methods!.map((one) => (typeof one === "string" ? one : one.label))).toEqual([
      "interfacegan",
      "projected",
      "ode-1",
      "released constant",
      "released flow, depth 2",
    ]);
    expect(attributes).toEqual([20, 33].map((index) => attributeNames("places365")[index]));
  });

  it("that are not what they are called are refused by their names", async () => {
    const bad = await copy("bad");
    await writeFile(join(bad, "configs/ffhq.json"), "<html>");
    await expect(findReleased(bad, "ffhq")).rejects.toThrow(/bad\/configs\/ffhq\.json: it is no JSON object/);
    await rm(join(bad, "configs"), { recursive: true });
    await writeFile(join(bad, "data_to_rectify/ffhq_all.pt"), "<!doctype html>");
    await expect(findReleased(bad, "ffhq")).rejects.toThrow(/--released: could not read .*ffhq_all\.pt: /);
    await cp(join(ffhq, "inverses/actors.pt"), join(bad, "data_to_rectify/ffhq_all.pt"));
    await expect(findReleased(bad, "ffhq")).rejects.toThrow(/ffhq_all\.pt: it has no ws/);
    await rename(join(bad, "log/ffhq/1/ckpt_20.pt"), join(bad, "log/ffhq/1/ckpt_40.pt"));
    await rm(join(bad, "data_to_rectify"), { recursive: true });
    const found = await findReleased(bad, "ffhq");
    expect(() => configureReleased(bad, "ffhq", found)).toThrow(/ffhq's 40 attributes, from 0, got ckpt_40\.pt/);
    await expect(findReleased(ffhq, "cub")).rejects.toThrow(/models\/cub\/generator\.pth, got none; its models are ffhq/);
    await expect(findReleased(root, "ffhq")).rejects.toThrow(/has no folder models/);
  });
});

describe("latentflow run --released", () => {
  it.each([
    [["--released", ffhq], /--dataset beside it, one of ffhq/],
    [["--dataset", "ffhq"], /--released beside it/],
    [["--released", ffhq, "--dataset", "faces"], /--dataset.*ffhq, places365, cub, isaac3d, mpi3d/s],
    [["--released", ffhq, "--dataset", "ffhq", "--config", "my.json"], /no --config beside it/],
    [["--released", ""], /Expected a path/],
  ])("refuses %j", async (args, why) => {
    expect(await runCommand(["run", ...args])).toBe(2);
    expect(said).toMatch(why);
  });

  it("measures the released flows beside straight edits, prints its configuration, and keeps it for the same run again", async () => {
    const out = join(root, "run");
    const settings = [
      "methods=interfacegan,FLOW",
      "evaluate.starts=8",
      "evaluate.times=3",
      "evaluate.resamples=20",
      "pictures.samples=0",
      "analyze.probeCodes=40",
      "fit.ratio=0.2",
    ]
      .map((text) => text.replace("FLOW", `file:${ffhq}/log/ffhq/1/ckpt_{index}.pt`))
      .flatMap((text) => ["--set", text]);
    expect(await runCommand(["run", "--released", ffhq, "--dataset", "ffhq", "--out", out, "--workers", "1", ...settings])).toBe(
      0,
    );
    expect(said).toContain("flows      log/ffhq/1/ckpt_{index}.pt: 20 Male, 33 Wavy_Hair");
    expect(said).toContain("codes      data_to_rectify/ffhq_all.pt: 90 codes");
    expect(said).toContain(`latentflow edit --out ${out} --codes ${ffhq}/inverses/actors.pt --rows 0:7`);
    const results: ExperimentResults = JSON.parse(await readFile(join(out, "results.json"), "utf8"));
    expect(results.attributes.map(({ name }) => name)).toEqual(["Male", "Wavy_Hair"]);
    for (const { methods } of results.attributes)
      for (const { evaluation } of methods) expect(evaluation!.samples).toBeGreaterThan(3);
    const config = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    expect(said).toContain(JSON.stringify(config, null, 2));
    said = "";
    expect(await runCommand(["run", "--config", join(out, "config.json"), "--out", out, "--workers", "1"])).toBe(0);
    expect(said).toContain("none of the run's");
  });
});
