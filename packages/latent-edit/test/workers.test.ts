import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadDirection } from "../src/index.js";
import type * as workers from "../src/workers.js";
import { bundle } from "./process/bundle.js";
import { PROBLEM } from "./process/problem.js";
import { D, ROWS } from "./small-world.js";

let trainDirections: typeof workers.trainDirections;
let setup: URL;
let folder: string;

beforeAll(async () => {
  await tf.setBackend("cpu");
  const built = await bundle("workers", ["setup"]);
  ({ trainDirections } = (await import(/* @vite-ignore */ new URL("workers.js", built).href)) as typeof workers);
  setup = new URL("setup.js", built);
  folder = await mkdtemp(join(tmpdir(), "latentflow-workers-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const job = (name: string, seed = 3): workers.TrainJob => ({
  ...PROBLEM,
  name,
  seed,
  iterations: 20,
  direction: { depth: 1, seed: 1 },
});

const fileOf = (result: workers.TrainedJob | undefined) => {
  if (result === undefined || "error" in result) throw result?.error;
  return result.file;
};

describe("trainDirections", () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["no options", () => trainDirections([job("a")], undefined as never), /expected setup/],
    ["no setup", () => trainDirections([job("a")], {} as never), /expected setup/],
    ["no jobs", () => trainDirections(undefined as never, { setup }), /expected a list of jobs, got undefined/],
    [
      "a job without codes",
      () => trainDirections([{ ...job("a"), codes: undefined as never }], { setup }),
      /job 0: .* got no codes/,
    ],
    ["a job that is none", () => trainDirections([null as never], { setup }), /job 0: expected an options object/],
    ["two jobs of one name", () => trainDirections([job("a"), job("a")], { setup }), /different names/],
  ])("refuses %s before a worker starts", async (_, act, message) => {
    await expect(act()).rejects.toMatchObject({ name: "LatentEditError", message: expect.stringMatching(message) });
  });

  it("trains on W+ codes, tensors too, and the file says which rows it moves", async () => {
    const { data } = PROBLEM.codes as { data: Float32Array; shape: [number, number] };
    const plus = tf.tensor3d(data, [data.length / (ROWS * D), ROWS, D]);
    const [whole, some] = await trainDirections(
      [
        { ...job("whole"), codes: plus, iterations: 3 },
        { ...job("some"), codes: plus, iterations: 3, rows: [0, 2] },
      ],
      { workers: 1, setup },
    );
    plus.dispose();
    expect((await loadDirection(fileOf(whole))).direction.rows).toBeUndefined();
    const { direction, info } = await loadDirection(fileOf(some));
    expect(direction.rows).toEqual([0, 2]);
    expect(info.training).toMatchObject({ rows: [0, 2] });
  });

  it("trains jobs in parallel, with the same result as one after the other, in the jobs' order", async () => {
    const seen = new Set<string>();
    const jobs = [job("a"), job("b", 4), job("c", 5)];
    const parallel = await trainDirections(jobs, { workers: 2, setup, onProgress: ({ name }) => seen.add(name) });
    // Codes as a tensor cross to the thread as numbers.
    const { data, shape } = PROBLEM.codes as { data: Float32Array; shape: [number, number] };
    const codes = tf.tensor2d(data, shape);
    const alone = await trainDirections([{ ...job("b", 4), codes }], { setup });
    codes.dispose();
    expect(parallel.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(seen).toEqual(new Set(["a", "b", "c"]));
    expect(fileOf(parallel[1])).toEqual(fileOf(alone[0]));
    const { direction, info } = await loadDirection(fileOf(parallel[0]));
    expect(info.attribute).toEqual({ name: "size", index: 1, from: 0, to: 1 });
    expect(direction.kind).toBe("neural-ode");
    direction.dispose();
  });

  it("restarts the job of a worker that died from its checkpoint, and ends with the same bits", async () => {
    const whole = await trainDirections([job("whole")], { setup });
    process.env.DIE = join(folder, "died");
    const deaths: string[] = [];
    const iterations: number[] = [];
    const checkpoint = { path: join(folder, "dying.safetensors"), every: 1 };
    const resumed = await trainDirections([{ ...job("dying"), checkpoint }], {
      setup,
      onRestart: ({ name }, error, attempt) => deaths.push(`${name} ${attempt}: ${error.message}`),
      onProgress: (_, { iteration }) => iterations.push(iteration),
    });
    delete process.env.DIE;
    expect(deaths).toEqual([expect.stringMatching(/^dying 1: .*job "dying" died: it left with code 7/)]);
    expect(iterations).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(fileOf(resumed[0])).toEqual(fileOf(whole[0]));
  });

  it("reports what a job threw beside the others' results, and gives up on a worker that always dies", async () => {
    const [bad, good] = await trainDirections([{ ...job("bad"), attribute: { name: "hue" } }, job("good")], {
      workers: 1,
      setup,
    });
    expect(bad).toMatchObject({ name: "bad", error: { message: expect.stringMatching(/job "bad".*shape, size, colour/) } });
    expect(fileOf(good).length).toBeGreaterThan(0);
    process.env.DIE = "always";
    const [dead] = await trainDirections([job("dead")], { setup, restarts: 1 });
    delete process.env.DIE;
    expect(dead).toMatchObject({ error: { message: expect.stringMatching(/job "dead"/) } });
  });

  it("stopped, leaves each job's last iteration in its checkpoint, from which a later call goes on to the same bits", async () => {
    const whole = await trainDirections([job("whole")], { setup });
    const checkpoint = { path: join(folder, "stopped.safetensors"), every: 1000 };
    const controller = new AbortController();
    const first: number[] = [];
    const stopped = trainDirections([{ ...job("stopped"), checkpoint }], {
      ...{ setup, signal: controller.signal },
      onProgress: (_, { iteration }) => {
        first.push(iteration);
        if (iteration === 3) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/AbortSignal/);
    const rest: number[] = [];
    const resumed = await trainDirections([{ ...job("stopped"), checkpoint }], {
      setup,
      onProgress: (_, { iteration }) => rest.push(iteration),
    });
    expect([...first, ...rest]).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(fileOf(resumed[0])).toEqual(fileOf(whole[0]));
  });

  it("stops on a signal, and refuses jobs of one name", async () => {
    const controller = new AbortController();
    const promise = trainDirections([{ ...job("long"), iterations: 100_000 }], {
      setup,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(promise).rejects.toThrow(/AbortSignal/);
    await expect(trainDirections([job("a"), job("a")], { setup })).rejects.toThrow(/different names/);
  });
});
