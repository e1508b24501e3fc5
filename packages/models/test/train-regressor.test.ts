import { useBackend } from "@latentflow/backend";
import { readSafetensors } from "@latentflow/checkpoints";
import { type CheckpointStore, SeededRandom } from "@latentflow/core";
import { add, memory, reverse, type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { FactorRegressor } from "../src/index.js";
import { type LabelledImages, type TrainRegressorOptions, trainRegressor } from "../src/training.js";
import { smallResNet } from "./small-resnet.js";

beforeAll(() => useBackend("wasm"));

const SIDE = 16;
const attributes = [
  { name: "colour", classes: 3 },
  { name: "half", classes: 2 },
];

/** Noise with one colour brighter, and the left or the right half brighter; every seventh half is unlabelled. */
function pictures(count: number, seed: number): LabelledImages & { readonly reads: number[] } {
  const random = new SeededRandom(seed);
  const labels = new Int32Array(count * 2);
  const pixels = Array.from({ length: count }, (_, n) => {
    const [colour, half] = [random.integer(0, 2), random.integer(0, 1)];
    labels.set([colour, n % 7 === 6 ? -1 : half], 2 * n);
    return Float32Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
      const isHalf = Math.floor(i / 3) % SIDE < SIDE / 2 === (half === 0);
      return (i % 3 === colour ? 0.4 : 0) + (isHalf ? 0.4 : 0) + random.uniform(-0.2, 0.2);
    });
  });
  const reads: number[] = [];
  const read = async (indices: readonly number[]) => {
    reads.push(...indices);
    return Float32Array.from(indices.flatMap((index) => [...pixels[index]!]));
  };
  return { length: count, height: SIDE, width: SIDE, labels, read, reads };
}

function memoryStore(): CheckpointStore & { bytes: Uint8Array | null } {
  return {
    bytes: null,
    async read() {
      return this.bytes;
    },
    async write(bytes) {
      this.bytes = bytes;
    },
  };
}

const settings = (more: Partial<TrainRegressorOptions> = {}): TrainRegressorOptions => ({
  ...{ network: "cnn", attributes, train: pictures(96, 1), validation: pictures(40, 2) },
  ...{ epochs: 3, batchSize: 16, learningRate: 3e-3, width: 16, seed: 4, ...more },
});

describe("trainRegressor", () => {
  it("learns, reports accuracies and confusion by head, and gives a regressor whose file reads the same", async () => {
    const before = memory().numTensors;
    const { regressor, epochs, bestEpoch, heads } = await trainRegressor(settings({ epochs: 8, patience: 8 }));
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(epochs[0]!.trainLoss);
    const best = epochs[bestEpoch - 1]!;
    expect(best.accuracy).toBe(Math.max(...epochs.map(({ accuracy }) => accuracy)));
    expect(best.accuracy).toBeGreaterThan(0.9);
    expect(heads.map(({ accuracy }) => accuracy)).toEqual(best.accuracies);
    // 40 pictures, of which five halves are unlabelled.
    expect(heads.map(({ confusion }) => confusion.flat().reduce((a, b) => a + b))).toEqual([40, 35]);
    expect(regressor.attributes).toEqual(attributes);
    // The regressor tells what training's own judgement told.
    const held = pictures(40, 2);
    const images = tensor4d(await held.read(Array.from({ length: 40 }, (_, i) => i)), [40, SIDE, SIDE, 3]);
    const again = await FactorRegressor.fromSafetensors(regressor.toSafetensors());
    const logits = again.logits(images);
    const told = await logits[0]!.data();
    const right = Array.from({ length: 40 }, (_, i) => {
      const row = [...told.slice(3 * i, 3 * i + 3)];
      return row.indexOf(Math.max(...row)) === held.labels[2 * i];
    }).filter(Boolean).length;
    expect(right / 40).toBe(heads[0]!.accuracy);
    for (const each of [images, ...logits]) each.dispose();
    again.dispose();
    regressor.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it("resnet18-cifar: the frozen network with folded normalisation tells what training judged", async () => {
    const { regressor, heads } = await trainRegressor(settings({ network: "resnet18-cifar", width: 4, epochs: 2 }));
    const held = pictures(40, 2);
    const images = tensor4d(await held.read(Array.from({ length: 40 }, (_, i) => i)), [40, SIDE, SIDE, 3]);
    const logits = regressor.logits(images);
    const confusion = [0, 1, 2].map(() => [0, 0, 0]);
    const told = await logits[0]!.data();
    for (let i = 0; i < 40; i++) {
      const row = [...told.slice(3 * i, 3 * i + 3)];
      confusion[held.labels[2 * i]!]![row.indexOf(Math.max(...row))]!++;
    }
    expect(confusion).toEqual(heads[0]!.confusion);
    for (const each of [images, ...logits]) each.dispose();
    regressor.dispose();
  });

  it.each(["cnn", "resnet18-cifar"] as const)("%s: interrupted anywhere, it goes on to the same bits", async (network) => {
    const options = settings({
      network,
      epochs: 2,
      classWeights: "balanced",
      augment: flip,
      ...(network === "cnn" ? {} : { width: 4 }),
    });
    const whole = await trainRegressor(options);
    for (const stopAt of network === "cnn" ? [3, 6, 8] : [5]) {
      const checkpoint = memoryStore();
      const stop = new AbortController();
      let batches = 0;
      const onProgress = ({ phase }: { phase: string }) => void (phase === "train" && ++batches === stopAt && stop.abort());
      await expect(trainRegressor({ ...options, checkpoint, signal: stop.signal, onProgress })).rejects.toMatchObject({
        name: "AbortError",
      });
      const resumed = await trainRegressor({ ...options, checkpoint });
      expect(Buffer.from(resumed.regressor.toSafetensors()).equals(Buffer.from(whole.regressor.toSafetensors()))).toBe(true);
      expect(resumed.epochs).toEqual(whole.epochs);
      resumed.regressor.dispose();
    }
    whole.regressor.dispose();
  });

  it("stops where validation gets no better, with the best epoch's weights", async () => {
    const { epochs, bestEpoch, regressor } = await trainRegressor(settings({ epochs: 30, patience: 2, learningRate: 1e-30 }));
    expect([bestEpoch, epochs.length]).toEqual([1, 3]);
    regressor.dispose();
  });

  it("frozen: features are computed once, kept, and used again; tfjs and ONNX Runtime agree", async () => {
    const backbone = await smallResNet();
    const features = { train: memoryStore(), validation: memoryStore() };
    const train = pictures(48, 1);
    const options = settings({
      network: "frozen",
      backbone,
      train,
      validation: pictures(16, 2),
      epochs: 12,
      patience: 12,
      features,
      engine: "tfjs",
    });
    const first = await trainRegressor(options);
    // The first and the last tell which pictures they are, and the first how many features there are.
    expect(train.reads.length).toBe(48 + 3);
    expect(first.epochs.at(-1)!.trainLoss).toBeLessThan(first.epochs[0]!.trainLoss);
    const again = pictures(48, 1);
    const second = await trainRegressor({ ...options, train: again });
    expect(again.reads).toEqual([0, 47]);
    expect(Buffer.from(second.regressor.toSafetensors()).equals(Buffer.from(first.regressor.toSafetensors()))).toBe(true);
    // The frozen network stays as it was.
    const { tensors } = await readSafetensors(first.regressor.toSafetensors());
    const { tensors: before } = await readSafetensors(backbone.toSafetensors());
    expect(tensors.get("backbone.layer2.0.conv1.weight")!.data).toEqual(before.get("layer2.0.conv1.weight")!.data);
    const onnx = { train: memoryStore(), validation: memoryStore() };
    const third = await trainRegressor({ ...options, features: onnx, engine: "onnx", epochs: 1 });
    const [a, b] = await Promise.all(
      [features.train, onnx.train].map(
        async ({ bytes }) => (await readSafetensors(bytes!)).tensors.get("features")!.data as Float32Array,
      ),
    );
    expect(Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)))).toBeLessThan(1e-3);
    // On ONNX Runtime, too, an interrupted run goes on to the same bits.
    const native = { ...options, features: onnx, engine: "onnx", epochs: 3 } as const;
    const checkpoint = memoryStore();
    const stop = new AbortController();
    let batches = 0;
    const onProgress = ({ phase }: { phase: string }) => void (phase === "train" && ++batches === 5 && stop.abort());
    await expect(trainRegressor({ ...native, checkpoint, signal: stop.signal, onProgress })).rejects.toMatchObject({
      name: "AbortError",
    });
    const [resumed, whole] = [await trainRegressor({ ...native, checkpoint }), await trainRegressor(native)];
    expect(Buffer.from(resumed.regressor.toSafetensors()).equals(Buffer.from(whole.regressor.toSafetensors()))).toBe(true);
    for (const { regressor } of [first, second, third, resumed, whole]) regressor.dispose();
    backbone.dispose();
  });

  it("frozen: interrupted among the features, it goes on where it was", async () => {
    const backbone = await smallResNet();
    const features = { train: memoryStore(), validation: memoryStore() };
    const stop = new AbortController();
    const options = settings({
      network: "frozen",
      backbone,
      train: pictures(48, 1),
      validation: pictures(16, 2),
      epochs: 1,
      features,
      engine: "tfjs",
    });
    const onProgress = ({ done }: { done: number }) => void (done === 32 && stop.abort());
    await expect(trainRegressor({ ...options, signal: stop.signal, onProgress })).rejects.toMatchObject({ name: "AbortError" });
    const train = pictures(48, 1);
    const { regressor } = await trainRegressor({ ...options, train });
    expect(train.reads).toEqual([0, 47, ...Array.from({ length: 16 }, (_, i) => 32 + i)]);
    regressor.dispose();
    backbone.dispose();
  });
});

describe("trainRegressor says what is wrong, and loses nothing", () => {
  it("a picture that is no numbers is named; mended, training goes on to the numbers that it would have had", async () => {
    const checkpoint = memoryStore();
    const train = pictures(96, 1);
    let broken = true;
    const read = async (indices: readonly number[]) => {
      const values = await train.read(indices);
      const at = indices.indexOf(5);
      if (broken && at >= 0) values[at * SIDE * SIDE * 3 + 7] = Number.NaN;
      return values;
    };
    const options = settings({ train: { ...train, read }, checkpoint, epochs: 1 });
    await expect(trainRegressor(options)).rejects.toThrow("expected finite numbers of picture 5, got NaN; mend the picture");
    broken = false;
    const [resumed, whole] = [await trainRegressor(options), await trainRegressor(settings({ epochs: 1 }))];
    expect(Buffer.from(resumed.regressor.toSafetensors()).equals(Buffer.from(whole.regressor.toSafetensors()))).toBe(true);
    for (const { regressor } of [resumed, whole]) regressor.dispose();
  });

  it("a loss that is not finite: names the batch, and what was before it is kept", async () => {
    const checkpoint = memoryStore();
    const options = settings({ checkpoint, epochs: 2, learningRate: 1e30 });
    const message =
      /expected a finite loss and gradients, got a loss of .* in batch 2 of epoch 1, with pictures .*smaller learningRate than 1e\+30/;
    await expect(trainRegressor(options)).rejects.toThrow(message);
    const { tensors } = await readSafetensors(checkpoint.bytes!);
    expect(tensors.get("parameter backbone.2.bias")!.data.length).toBe(16);
    await expect(trainRegressor(options)).rejects.toThrow(message);
  });

  it("a picture that can't be read: its own message, and the state before it", async () => {
    const checkpoint = memoryStore();
    const train = pictures(96, 1);
    const read = async (indices: readonly number[]) => {
      if (indices.includes(5)) throw new Error("could not read the picture 5.jpg");
      return train.read(indices);
    };
    await expect(trainRegressor(settings({ train: { ...train, read }, checkpoint }))).rejects.toThrow(
      "could not read the picture 5.jpg",
    );
    expect(checkpoint.bytes).not.toBeNull();
  });

  it("one class alone, wrong labels, other sizes, checkpoints of another run", async () => {
    const train = pictures(20, 1);
    const oneClass = { ...train, labels: train.labels.map((label, i) => (i % 2 === 1 ? 1 : label)) };
    await expect(trainRegressor(settings({ train: oneClass }))).rejects.toThrow(
      "expected pictures of two classes of half or more to train on, got class 1 alone",
    );
    const beyond = { ...train, labels: train.labels.map((label, i) => (i === 4 ? 3 : label)) };
    await expect(trainRegressor(settings({ train: beyond }))).rejects.toThrow(
      "expected train to have classes 0 to 2 of colour (−1 where unknown), got 3 of picture 2",
    );
    await expect(trainRegressor(settings({ validation: { ...train, width: 8 } }))).rejects.toThrow(
      "of one size, got 16 × 16 and 8 × 16",
    );
    await expect(trainRegressor(settings({ network: "frozen" }))).rejects.toThrow('expected a backbone for network "frozen"');
    await expect(trainRegressor(settings({ classWeights: [[1, 2]] }))).rejects.toThrow(
      "expected classWeights with a number ≥ 0 for each class",
    );
    await expect(trainRegressor(settings({ attributes: [] }))).rejects.toThrow("expected attributes { name, classes }");
    await expect(trainRegressor({ ...settings(), epoch: 3 } as object as TrainRegressorOptions)).rejects.toThrow(
      'did you mean "epochs"?',
    );
    const checkpoint = memoryStore();
    (await trainRegressor(settings({ epochs: 1, checkpoint }))).regressor.dispose();
    await expect(trainRegressor(settings({ epochs: 1, checkpoint, learningRate: 0.1 }))).rejects.toThrow(
      "expected the checkpoint of this run",
    );
    const frozen = settings({ network: "frozen", epochs: 1, engine: "tfjs", checkpoint: memoryStore() });
    const [backbone, other] = [await smallResNet(), await smallResNet(0.25)];
    (await trainRegressor({ ...frozen, backbone })).regressor.dispose();
    await expect(trainRegressor({ ...frozen, backbone: other })).rejects.toThrow("expected the checkpoint of this run");
    backbone.dispose();
    other.dispose();
  });
});

/** The picture or its mirror image upside down, which have the same classes, a little brighter. */
function flip(images: Tensor4D, random: SeededRandom): Tensor4D {
  const turned = random.uniform() < 0.5 ? reverse(images, 1) : images;
  return add(turned, random.uniform(-0.1, 0.1)) as Tensor4D;
}
