import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { SeededRandom } from "@latentflow/core";
import { adam, disposeAdamState } from "@latentflow/core/optim";
import { dispose, memory, mul, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { targetRows, targetsOf } from "../src/training/loss.js";
import { NativeHeads } from "../src/training/native-heads.js";
import type { TrainableNetwork } from "../src/training/network.js";
import { cifarNetwork, cnnNetwork, HEADS, headNetwork, splitHeads } from "../src/training/networks.js";
import { type StateDict, toStored, toVariable } from "../src/training/parameters.js";
import { batchGradient, trainStep } from "../src/training/train-step.js";
import { seededNetwork, seededNormals } from "./seeded-weights.js";

beforeAll(() => useBackend("wasm"));

interface Case {
  readonly shapes: Record<string, number[]>;
  readonly losses: number[];
  readonly gradients: Record<string, { norm: number; first: number[] }>;
  readonly buffers: Record<string, number[]>;
  readonly logits: number[];
}

const reference = JSON.parse(readFileSync(new URL("reference/regressor-training.json", import.meta.url), "utf8"));
const classes: number[] = reference.classes;
const attributes = classes.map((count, k) => ({ name: `a${k}`, classes: count }));
const labels = Int32Array.from(reference.labels.flat() as number[]);
const weights = (reference.weights as number[][]).map((row) => Float32Array.from(row));
const make = { random: new SeededRandom(0), outputs: classes.reduce((sum, count) => sum + count, 0) };

const NETWORKS: readonly [name: string, network: () => TrainableNetwork, inputs: number[]][] = [
  ["cnn", () => cnnNetwork(make, { height: 32, width: 32 }, [4, 4, 8, 8], 16), [6, 32, 32, 3]],
  ["resnet18-cifar", () => cifarNetwork(make, { height: 40, width: 40 }, 4), [6, 40, 40, 3]],
  ["frozen", () => headNetwork(make, 12, 16), [6, 12]],
];

/** The reference's heads as the one layer that they are here. */
function joinHeads(state: StateDict): StateDict {
  const joined = (part: string) => classes.flatMap((_, k) => [...state.get(`${HEADS}.${k}.${part}`)!.data]);
  const inputs = state.get(`${HEADS}.0.weight`)!.shape[1]!;
  const others = [...state].filter(([name]) => !name.startsWith(HEADS));
  const all = make.outputs;
  return new Map([
    ...others,
    [`${HEADS}.weight`, { shape: [all, inputs], data: Float32Array.from(joined("weight")) }],
    [`${HEADS}.bias`, { shape: [all], data: Float32Array.from(joined("bias")) }],
  ]);
}

describe.each(NETWORKS)("a step of %s", (name, makeNetwork, shape) => {
  const { shapes, losses, gradients, buffers, logits } = reference[name] as Case;

  it("has PyTorch's loss, gradients, running statistics, and losses after steps of Adam", async () => {
    const before = memory().numTensors;
    const network = makeNetwork();
    const seeded = joinHeads(seededNetwork(Object.entries(shapes)) as unknown as StateDict);
    // The same tensors under the same names and shapes as PyTorch has.
    const names = [...network.parameters.keys(), ...network.buffers.keys()];
    expect(names.sort()).toEqual([...seeded.keys()].sort());
    for (const [key, { shape }] of [...network.parameters, ...network.buffers])
      expect([key, shape]).toEqual([key, seeded.get(key)!.shape]);
    const variables = (keys: StateDict) =>
      new Map([...keys.keys()].map((key) => [key, toVariable(seeded.get(key)!)] as [string, Tensor]));
    const parameters = variables(network.parameters);
    const state = { parameters, buffers: variables(network.buffers), adam: adam().init([...parameters.values()]) };
    const inputs = tidy(() =>
      mul(
        tensor(
          seededNormals(
            "pictures",
            shape.reduce((a, b) => a * b, 1),
          ),
          shape,
        ),
        0.6,
      ),
    );
    const targets = targetsOf(labels, attributes, weights);

    const first = batchGradient(network, state.parameters, inputs, targets);
    expect(Math.abs((await first.loss.data())[0]! / losses[0]! - 1)).toBeLessThan(1e-5);
    const keys = [...network.parameters.keys()];
    const stored: StateDict = new Map();
    for (const [i, key] of keys.entries()) {
      const { shape } = network.parameters.get(key)!;
      stored.set(key, { shape, data: toStored((await first.gradients[i]!.data()) as Float32Array, shape) });
    }
    const own = splitHeads(stored, classes);
    expect([...own.keys()].sort()).toEqual(Object.keys(gradients).sort());
    for (const [key, { norm, first }] of Object.entries(gradients)) {
      const { data } = own.get(key)!;
      const difference = Math.hypot(...first.map((value, i) => data[i]! - value));
      expect(Math.abs(Math.hypot(...data) - norm), key).toBeLessThanOrEqual(1e-3 * norm + 1e-7);
      expect(difference, key).toBeLessThanOrEqual(1e-3 * Math.max(norm, Math.hypot(...first)) + 1e-7);
    }
    dispose([
      first.loss,
      ...first.gradients,
      ...[...first.statistics.values()].flatMap(({ mean, variance }) => [mean, variance]),
    ]);

    const optimizer = adam({ learningRate: 1e-2 });
    for (const [step, loss] of losses.entries()) {
      const done = await trainStep(network, state, optimizer, inputs, targets);
      expect(Math.abs(done.loss / loss - 1), `loss of step ${step}`).toBeLessThan(1e-3);
      if (step > 0) continue;
      for (const [key, values] of Object.entries(buffers)) {
        const data = await state.buffers.get(key)!.data();
        values.forEach((value, i) => void expect(Math.abs(data[i]! - value), key).toBeLessThan(1e-4 * (1 + Math.abs(value))));
      }
    }
    const told = tidy(() => network.forward(inputs, state.parameters, state.buffers).logits);
    const row = [...(await told.data()).slice(0, make.outputs)];
    row.forEach((value, i) => void expect(Math.abs(value - logits[i]!)).toBeLessThan(5e-3 * (1 + Math.abs(logits[i]!))));
    dispose([told, inputs, ...targets, ...state.parameters.values(), ...state.buffers.values()]);
    disposeAdamState(state.adam);
    expect(memory().numTensors).toBe(before);
  });
});

it("heads on features step on ONNX Runtime as on tfjs: PyTorch's losses, and the same weights and moments", async () => {
  const { shapes, losses } = reference.frozen as Case;
  const network = headNetwork(make, 12, 16);
  const seeded = joinHeads(seededNetwork(Object.entries(shapes)) as unknown as StateDict);
  const start = () => {
    const parameters = new Map(
      [...network.parameters.keys()].map((key) => [key, toVariable(seeded.get(key)!)] as [string, Tensor]),
    );
    return { parameters, buffers: new Map<string, Tensor>(), adam: adam().init([...parameters.values()]) };
  };
  const [own, native] = [start(), start()];
  const pictures = seededNormals("pictures", 72).map((value) => 0.6 * value);
  const inputs = tensor(pictures, [6, 12]);
  const targets = targetsOf(labels, attributes, weights);
  const heads = await NativeHeads.create(native, attributes, 1e-2);
  for (const loss of losses) {
    const told = await heads.step(pictures, targetRows(labels, attributes, weights), 6);
    expect(told.finite).toBe(true);
    expect(Math.abs(told.loss / loss - 1)).toBeLessThan(1e-4);
    await trainStep(network, own, adam({ learningRate: 1e-2 }), inputs, targets);
  }
  heads.writeTo(native);
  expect(native.adam.step).toBe(losses.length);
  const pairs = [...own.parameters.values(), ...own.adam.mean, ...own.adam.variance];
  const others = [...native.parameters.values(), ...native.adam.mean, ...native.adam.variance];
  for (const [i, one] of pairs.entries()) {
    const [a, b] = [await one.data(), await others[i]!.data()];
    expect(Math.max(...a.map((value, j) => Math.abs(value - b[j]!)))).toBeLessThan(1e-4);
  }
  // A loss that is not finite changes nothing.
  expect(
    await heads.step(
      pictures.map(() => Number.NaN),
      targetRows(labels, attributes, weights),
      6,
    ),
  ).toMatchObject({ finite: false });
  await heads.dispose();
  dispose([inputs, ...targets, ...own.parameters.values(), ...native.parameters.values()]);
  disposeAdamState(own.adam);
  disposeAdamState(native.adam);
});
