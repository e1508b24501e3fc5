import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writeNpy, writeSafetensors } from "@latentflow/checkpoints";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { edit, importDirection, LinearDirection, NeuralOdeDirection, saveDirection, toStateDict } from "../src/index.js";
import reference from "./reference/released-files.json" with { type: "json" };
import "@tensorflow/tfjs-backend-cpu";

beforeAll(() => tf.setBackend("cpu"));

// Written by tools/reference/released_files.py with PyTorch and NumPy, as the paper's code writes its own.
const path = (name: string) => fileURLToPath(new URL(`./fixtures/released/${name}`, import.meta.url));
const bytes = (name: string) => new Uint8Array(readFileSync(path(name)));
const { t, actors, boundary, ends } = reference;
const [N, ROWS, D] = actors.shape as [number, number, number];
const codes = { data: actors.data, shape: [N, ROWS, D] as const };

function expectClose(values: ArrayLike<number>, expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  expected.forEach((x, i) => {
    expect(Math.abs(values[i]! - x)).toBeLessThan(2e-6);
  });
}

describe("importDirection", () => {
  it.each(["ckpt_0", "ckpt_2", "constant"] as const)("of the paper's %s.pt ends where PyTorch does", async (name) => {
    const { direction, info } = await importDirection(path(`${name}.pt`));
    expect(direction).toBeInstanceOf(NeuralOdeDirection);
    expect(direction).toMatchObject({ latentDim: D, depth: { ckpt_0: 1, ckpt_2: 2, constant: -1 }[name] });
    expect(info).toEqual({});
    const expected = ends[name];
    expectClose(await edit(codes, direction, t).data(), expected);
    // The first four rows alone: the others are the actors'.
    const moved = Array.from({ length: N * ROWS }, (_, i) => i % ROWS < 4).flatMap((moves) => Array<boolean>(D).fill(moves));
    const some = moved.map((moves, i) => (moves ? expected[i]! : actors.data[i]!));
    expectClose(await edit(codes, direction, t, { rows: [0, 4] }).data(), some);
    direction.dispose();
  });

  it.each(["wrapped.pt", "old-stream.pt"])(
    "of the same flow within another dict, or in PyTorch's old format: %s",
    async (name) => {
      const { direction } = await importDirection(bytes(name));
      expectClose(await edit(codes, direction, t).data(), ends.ckpt_0);
    },
  );

  it.each(["boundary.npy", "boundary-flat.npy", "boundary.pt"])(
    "of an InterFaceGAN boundary, [1, d] or [d]: %s",
    async (name) => {
      for (const source of [path(name), bytes(name), new Blob([bytes(name)])]) {
        const { direction } = await importDirection(source);
        expect(direction).toBeInstanceOf(LinearDirection);
        expectClose(await direction.variables[0]!.data(), boundary);
      }
    },
  );

  it("of our own files, with what they say; of a vector and a flow in plain safetensors", async () => {
    const own = new NeuralOdeDirection({ latentDim: D, depth: 1, seed: 3, solver: { method: "rk4", steps: 2 } });
    own.rows = [0, 4];
    const attribute = { name: "smile", index: 2, from: 0, to: 1 };
    const read = await importDirection(await saveDirection(own, { attribute }));
    expect(read.direction).toMatchObject({ solver: own.solver, rows: own.rows });
    expect(read.info).toEqual({ attribute });
    const vector = writeSafetensors(new Map([["n", { dtype: "float64", shape: [1, D], data: Float64Array.from(boundary) }]]));
    expectClose(await (await importDirection(vector)).direction.variables[0]!.data(), boundary);
    const solver = { method: "dopri5", rtol: 1e-3 } as const;
    const flow = await importDirection(new Response(writeSafetensors(await toStateDict(own))), { solver });
    expect(flow.direction).toMatchObject({ depth: 1, solver });
  });

  it("leaks nothing", async () => {
    const before = tf.memory().numTensors;
    for (const name of ["ckpt_2.pt", "boundary.npy"]) (await importDirection(bytes(name))).direction.dispose();
    await expect(importDirection(path("regressor.pt"))).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "a regressor",
      () => importDirection(path("regressor.pt")),
      /expected a file of saveDirection.*got weights \[3, 4\], bias \[3\]/,
    ],
    ["several codes", () => importDirection(path("actors.pt")), /one vector.*got the tensor \[2, 6, 4\]/],
    [
      "several boundaries at once",
      () => importDirection(writeNpy({ dtype: "float32", shape: [2, 4], data: new Float32Array(8).fill(1) })),
      /one vector.*got the array \[2, 4\]/,
    ],
    [
      "no vector",
      () => importDirection(writeNpy({ dtype: "float32", shape: [1, 4], data: new Float32Array(4) })),
      /LinearDirection: .*got 4 zeros/,
    ],
    ["another ending", () => importDirection("ckpt_0.bin"), /\.safetensors, \.pt, \.pth, \.npy, got "ckpt_0\.bin"/],
    [
      "a file that is not there",
      () => importDirection("ckpt_99.pt"),
      /readTorch: could not open "ckpt_99\.pt": there is no such file/,
    ],
    ["other bytes", () => importDirection(new Uint8Array(20)), /20 bytes of another kind/],
    ["a failed download", () => importDirection(new Response("no", { status: 404 })), /HTTP status 404/],
    [
      "an option of another function",
      () => importDirection(bytes("ckpt_0.pt"), { rows: [0, 6] } as never),
      /unknown option "rows"/,
    ],
  ])("refuses %s", async (_, act, message) => {
    await expect(act()).rejects.toThrow(message);
  });
});
