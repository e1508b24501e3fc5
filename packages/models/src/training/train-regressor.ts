import { checkBackend, nextMacrotask, readOptions, SeededRandom, throwIfAborted } from "@latentflow/core";
import { adam, disposeAdamState } from "@latentflow/core/optim";
import { dispose, type Tensor4D, tensor, tidy } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { decodeState, encodeState, type TrainingState } from "./checkpoint.js";
import { checkData, checkTwoClasses, countClasses, type TrainedAttribute } from "./data.js";
import { finishedRegressor } from "./finished.js";
import { digest, runsNatively } from "./frozen-features.js";
import { type ClassWeights, targetRows, targetsOf } from "./loss.js";
import { NativeHeads } from "./native-heads.js";
import type { TrainableNetwork } from "./network.js";
import { cifarNetwork, cnnNetwork, headNetwork } from "./networks.js";
import { checkRead, featureRows, labelsOf, pixelRows, type Rows } from "./rows.js";
import { Scores } from "./scores.js";
import {
  checkAttributes,
  TRAINING,
  type TrainedRegressor,
  type TrainingSettings,
  type TrainRegressorOptions,
  weightsOf,
} from "./settings.js";
import { startOf, valuesOf, withValues } from "./state.js";
import { trainStep } from "./train-step.js";

const CALLER = "trainRegressor";

/**
 * Trains a regressor as the paper did: one classifier with a head for each attribute, by Adam on the mean of the heads' cross entropies. Each epoch is judged on
 * pictures that it never trains on; the best one's weights are the answer. Everything random comes from `seed`.
 *
 * @throws ModelsError for an attribute of one class alone, for a loss that is not finite, and whatever `read` throws: before it throws, the state goes to
 * `checkpoint`, from which the same call goes on, to the same bits. AbortError when stopped, likewise.
 */
export async function trainRegressor(options: TrainRegressorOptions): Promise<TrainedRegressor> {
  const settings = readOptions(CALLER, TRAINING, options, ModelsError);
  const { attributes, train, validation, network: kind, backbone, augment, seed, signal } = settings;
  checkAttributes(CALLER, attributes);
  checkData(CALLER, "train", train, attributes);
  checkData(CALLER, "validation", validation, attributes);
  if (train.height !== validation.height || train.width !== validation.width)
    throw new ModelsError(
      `${CALLER}: expected train and validation of one size, got ${train.width} × ${train.height} and ${validation.width} × ${validation.height}.`,
    );
  if ((kind === "frozen") !== (backbone !== undefined))
    throw new ModelsError(
      `${CALLER}: expected a backbone for network "frozen" and for no other, got ${backbone ? `one for "${kind}"` : "none"}.`,
    );
  if (kind === "frozen" && !backbone!.architecture?.startsWith("resnet"))
    throw new ModelsError(`${CALLER}: expected a backbone that is a ResNet, got ${backbone!.architecture ?? "another network"}.`);
  if (kind === "frozen" && augment)
    throw new ModelsError(`${CALLER}: expected no augment for network "frozen", whose features are computed once.`);
  if (kind === "cnn" && (train.height < 16 || train.width < 16))
    throw new ModelsError(
      `${CALLER}: expected pictures of 16 pixels a side or more for network "cnn", got ${train.width} × ${train.height}.`,
    );
  const counts = countClasses(train, attributes);
  checkTwoClasses(CALLER, counts, attributes);
  const weights = weightsOf(CALLER, settings.classWeights, counts, attributes);
  checkBackend(CALLER, ModelsError);
  throwIfAborted(CALLER, signal);
  const [rows, held] =
    kind === "frozen"
      ? [await featureRows(settings, "train"), await featureRows(settings, "validation")]
      : [await pixelRows(train), await pixelRows(validation)];
  const network = networkOf(settings, rows);
  const isNative = kind === "frozen" && (await runsNatively(settings.engine));
  const run = await runName(settings, [rows, held], weights, isNative);
  const kept = await settings.checkpoint?.read();
  const state = kept ? await decodeState(kept, run, network) : startOf(network);
  const native = isNative ? await NativeHeads.create(state, attributes, settings.learningRate) : null;
  try {
    await loop({ settings, network, rows, held, weights, run, state, seed, native });
    const { epoch: bestEpoch, state: best } = state.best!;
    const variables = withValues(network, best);
    const scores = await judge(settings, network, variables, held).finally(() =>
      dispose([...variables.parameters.values(), ...variables.buffers.values()]),
    );
    const regressor = await finishedRegressor(best, attributes, { backbone, side: train.height });
    return { regressor, epochs: state.epochs, bestEpoch, heads: scores.reports() };
  } finally {
    await native?.dispose();
    dispose([...state.parameters.values(), ...state.buffers.values()]);
    disposeAdamState(state.adam);
  }
}

interface Loop {
  readonly settings: TrainingSettings;
  readonly network: TrainableNetwork;
  readonly rows: Rows;
  readonly held: Rows;
  readonly weights: ClassWeights;
  readonly run: string;
  readonly state: TrainingState;
  readonly seed: number;
  /** Where heads on features are trained on ONNX Runtime: it holds the weights between steps. */
  readonly native: NativeHeads | null;
}

async function loop(all: Loop): Promise<void> {
  const { settings, network, held, state, run, native } = all;
  const { epochs, patience, checkpoint } = settings;
  const keep = async () => {
    native?.writeTo(state);
    await checkpoint?.write(await encodeState(state, run));
  };
  while (state.epochs.length < epochs && !hasStalled(state, patience)) {
    try {
      await trainEpoch(all, keep);
      native?.writeTo(state);
      const scores = await judge(settings, network, state, held);
      const steps = Math.ceil(all.rows.length / settings.batchSize);
      const accuracies = scores.reports().map(({ accuracy }) => accuracy);
      const epoch = state.epochs.length + 1;
      state.epochs.push({
        epoch,
        trainLoss: state.lossSum / steps,
        validationLoss: scores.loss,
        accuracy: scores.accuracy,
        accuracies,
      });
      state.lossSum = 0;
      if (bestOf(state) === epoch) state.best = { epoch, state: await valuesOf(network, state) };
    } catch (error) {
      // Nothing of what was done is lost, whatever stopped it.
      await keep();
      throw error;
    }
    await keep();
  }
}

/** Number of the best epoch so far: by accuracy, then by loss, then the first. */
function bestOf({ epochs }: TrainingState): number {
  const better = (a: (typeof epochs)[0], b: (typeof epochs)[0]) =>
    a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.validationLoss < b.validationLoss);
  return epochs.reduce((best, one) => (better(one, best) ? one : best)).epoch;
}

function hasStalled(state: TrainingState, patience: number): boolean {
  return state.best !== null && state.epochs.length - state.best.epoch >= patience;
}

/** Seeds of epochs and batches lie this far apart. */
const SEED_STRIDE = 2 ** 21;

async function trainEpoch(
  { settings, network, rows, weights, state, seed, native }: Loop,
  keep: () => Promise<void>,
): Promise<void> {
  const { batchSize, attributes, augment, learningRate, checkpointEvery, onProgress, signal } = settings;
  const epoch = state.epochs.length;
  const steps = Math.ceil(rows.length / batchSize);
  const order = new SeededRandom(seed * SEED_STRIDE + epoch).permutation(rows.length);
  const optimizer = adam({ learningRate });
  const indicesOf = (position: number) => Array.from(order.subarray(position * batchSize, (position + 1) * batchSize));
  const readAt = (position: number) => {
    const reading = position < steps ? rows.read(indicesOf(position)) : undefined;
    // Told when its turn comes.
    reading?.catch(() => undefined);
    return reading;
  };
  const tensorStep = async (values: Float32Array, n: number, labels: Int32Array) => {
    const targets = targetsOf(labels, attributes, weights);
    const inputs = tidy(() => {
      const given = tensor(values, [n, ...rows.shape], "float32");
      return augment === undefined
        ? given
        : augment(given as Tensor4D, new SeededRandom((seed + 1) * SEED_STRIDE * 2 + state.step));
    });
    try {
      return await trainStep(network, state, optimizer, inputs, targets);
    } finally {
      dispose([inputs, ...targets]);
    }
  };
  let next = readAt(state.step - epoch * steps);
  for (let position = state.step - epoch * steps; position < steps; position++) {
    throwIfAborted(CALLER, signal);
    const values = await next!;
    checkRead(CALLER, values, indicesOf(position), rows);
    next = readAt(position + 1);
    const indices = indicesOf(position);
    const labels = labelsOf(rows.labels, indices, attributes.length);
    const { loss, finite } =
      native === null
        ? await tensorStep(values, indices.length, labels)
        : await native.step(values, targetRows(labels, attributes, weights), indices.length);
    if (!finite)
      throw new ModelsError(
        `${CALLER}: expected a finite loss and gradients, got a loss of ${loss} in batch ${position + 1} of epoch ${epoch + 1}, with pictures ${indices.slice(0, 5).join(", ")} …; try a smaller learningRate than ${learningRate}, and look at these pictures. The state before it is in the checkpoint.`,
      );
    state.lossSum += loss;
    state.step++;
    onProgress?.({ phase: "train", epoch: epoch + 1, done: position + 1, total: steps, loss });
    if (state.step % checkpointEvery === 0) await keep();
    await nextMacrotask();
  }
}

/** How weights do on rows. */
async function judge(
  { attributes, batchSize, onProgress, signal }: TrainingSettings,
  network: TrainableNetwork,
  { parameters, buffers, epochs }: Pick<TrainingState, "parameters" | "buffers" | "epochs">,
  rows: Rows,
): Promise<Scores> {
  const scores = new Scores(attributes);
  for (let from = 0; from < rows.length; from += batchSize) {
    throwIfAborted(CALLER, signal);
    const indices = Array.from({ length: Math.min(batchSize, rows.length - from) }, (_, i) => from + i);
    const values = await rows.read(indices);
    checkRead(CALLER, values, indices, rows);
    const logits = tidy(
      () => network.forward(tensor(values, [indices.length, ...rows.shape], "float32"), parameters, buffers).logits,
    );
    scores.add((await logits.data()) as Float32Array, labelsOf(rows.labels, indices, attributes.length));
    logits.dispose();
    onProgress?.({ phase: "validate", epoch: epochs.length + 1, done: from + indices.length, total: rows.length });
    await nextMacrotask();
  }
  return scores;
}

function networkOf({ network, attributes, train, width, seed }: TrainingSettings, rows: Rows): TrainableNetwork {
  const make = { random: new SeededRandom(seed), outputs: outputsOf(attributes) };
  if (network === "cnn") return cnnNetwork(make, train, undefined, width);
  if (network === "resnet18-cifar") return cifarNetwork(make, train, width);
  return headNetwork(make, rows.shape[0]!, width);
}

const outputsOf = (attributes: readonly TrainedAttribute[]) => attributes.reduce((sum, { classes }) => sum + classes, 0);

/** What tells a run from another: all that its numbers depend on; of pictures the labels alone, of features all. */
async function runName(
  settings: TrainingSettings,
  rows: readonly Rows[],
  weights: ClassWeights,
  isNative: boolean,
): Promise<string> {
  const { network, attributes, batchSize, learningRate, width, seed } = settings;
  const data = rows.map(({ key }) => key);
  const classWeights = weights === null ? "none" : await digest(Float32Array.from(weights.flatMap((row) => [...row])));
  const names = attributes.map(({ name, classes }) => `${name}:${classes}`);
  return JSON.stringify({
    network,
    width: width ?? null,
    engine: isNative ? "onnx" : "tfjs",
    seed,
    batchSize,
    learningRate,
    classWeights,
    augmented: settings.augment !== undefined,
    attributes: names,
    data,
  });
}
