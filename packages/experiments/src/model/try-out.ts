import { type AttributeModel, SeededRandom } from "@latentflow/core";
import { dispose, type Tensor2D, tensor2d, tidy, tile } from "@tensorflow/tfjs-core";
import { asError, ConfigError } from "../errors.js";

/** What a try at the networks costs. Times in seconds an image, memory in bytes. */
export interface TrialCost {
  readonly forward: Cost;
  /** With its gradient; null when none was asked for. */
  readonly gradient: Cost | null;
}

export interface Cost {
  readonly seconds: number;
  /** What the process grew by with one image at once: of the first kind tried, with the networks. */
  readonly first: number;
  /** What each further image of a batch adds. */
  readonly further: number;
  /** Images of the largest batch tried. */
  readonly count: number;
}

export interface TryOptions {
  /** Images at once, from which the cost of each is taken; the second number with their gradient, or null for none. */
  readonly forward: number;
  readonly gradient: number | null;
  /** Resident bytes of the process before the networks were loaded. */
  readonly before: number;
  /** For the error. */
  readonly trained: readonly string[];
}

/**
 * Asks the networks for a few images, and for their gradient, before hours are spent on them.
 *
 * @throws ConfigError for networks that can't be differentiated, when they have to be
 */
export async function tryOut(model: AttributeModel, options: TryOptions): Promise<TrialCost> {
  const { before, trained } = options;
  const forward = await costOf(before, options.forward, async (w) => dispose(await model.logits(w)), model.latentDim);
  if (options.gradient === null) return { forward, gradient: null };
  const own = process.memoryUsage.rss();
  const gradient = await costOf(own, options.gradient, (w) => askForGradient(model, w), model.latentDim).catch((cause) => {
    throw new ConfigError(
      `model: expected networks that can be differentiated, since ${trained.join(", ")} ${trained.length === 1 ? "is" : "are"} trained, got: ${asError(cause).message} Mend the model, or take ${trained.length === 1 ? "it" : "them"} out of methods.`,
      { cause },
    );
  });
  return { forward, gradient };
}

/** One image, which prepares what it needs, then several. */
async function costOf(before: number, count: number, ask: (w: Tensor2D) => Promise<void>, dimension: number): Promise<Cost> {
  const started = performance.now();
  await once(1, ask, dimension);
  const alone = process.memoryUsage.rss();
  const timed = performance.now();
  await once(count, ask, dimension);
  const seconds = (performance.now() - timed) / 1000 / count;
  const further = count > 1 ? Math.max(0, process.memoryUsage.rss() - alone) / (count - 1) : 0;
  return { seconds: Math.min(seconds, (timed - started) / 1000), first: Math.max(0, alone - before), further, count };
}

/** The code that tells generators apart, as many times. */
async function once(count: number, ask: (w: Tensor2D) => Promise<void>, dimension: number): Promise<void> {
  const code = new SeededRandom(20211).normals(dimension);
  const w = tidy(() => tile(tensor2d(code, [1, dimension]), [count, 1]));
  await ask(w).finally(() => w.dispose());
}

/** The paper's loss, towards the last class of the first attribute. */
async function askForGradient(model: AttributeModel, w: Tensor2D): Promise<void> {
  const originalLogits = await model.logits(w);
  const target = model.attributes[0]!.classes - 1;
  const request = { attributeIndex: 0, target, temperature: 4, preservationWeight: 1, originalLogits };
  const { gradient, logits } = await model.lossAndGradient(w, request).finally(() => dispose(originalLogits));
  dispose(logits);
  const { shape } = gradient;
  const values = await gradient.data().finally(() => gradient.dispose());
  if (shape.join() !== w.shape.join())
    throw new ConfigError(`a gradient [${shape.join(", ")}] for codes [${w.shape.join(", ")}].`);
  if (values.every((x) => x === 0)) throw new ConfigError("a gradient that is 0 everywhere: nothing depends on the code.");
}
