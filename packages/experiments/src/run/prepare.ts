import { throwIfAborted } from "@latentflow/core";
import { ConfigError } from "../errors.js";
import type { Experiment } from "../experiment/experiment.js";
import { codeShapeOf } from "../model/code-shape.js";
import { sizeOf } from "../model/labelled-codes.js";
import { tryOut } from "../model/try-out.js";
import type { Job } from "../steps/job.js";
import { AT_ONCE as FRAMES_AT_ONCE } from "../steps/pictures/frames.js";
import {
  availableMemory,
  dataMemory,
  type Estimate,
  fitMemory,
  memoryPerWorker,
  operationsPerSecond,
  speedUp,
} from "./fit-machine.js";
import { makespan } from "./makespan.js";
import type { Session } from "./session.js";

/** Images, and images with their gradient, from which a model's cost is taken. */
const [TRIED, TRIED_WITH_GRADIENT] = [8, 4];
const GIGABYTE = 2 ** 30;

export interface PrepareOptions {
  readonly experiment: Experiment;
  readonly session: Session;
  /** Workers asked for, and threads that the networks of this session have. */
  readonly workers: number;
  readonly threads: number;
  /** Images at once at most, whatever the memory. */
  readonly most: number;
  /** Whether methods are still to be trained, by this process or another. */
  readonly isTraining: boolean;
  readonly signal: AbortSignal | undefined;
}

/** How jobs are best done on this machine; null where they ask nothing of the networks. */
export interface Prepared {
  readonly estimate: Estimate;
  /** Images at once at most. */
  readonly atOnce: number;
}

/**
 * Tries the networks before the first job: that they can do what hours later will be asked of them, what they take of time and memory, and how many
 * workers and images at once fit the machine.
 *
 * @throws ConfigError for networks that can't be differentiated though methods are trained, that lack what a method needs, or codes that fit no memory
 */
export async function prepare(jobs: readonly Job[], options: PrepareOptions): Promise<Prepared | null> {
  const { experiment, session, workers, threads, most, isTraining, signal } = options;
  const { config, networks, methods } = experiment;
  const context = session.context(experiment);
  for (const job of jobs) if (job.check) job.check(await context.parts());
  if (!jobs.some(({ images }) => images > 0)) return null;
  const { attributes } = networks;
  const width = attributes.reduce((sum, { classes }) => sum + classes, 0);
  const data = dataMemory(
    config,
    sizeOf(codeShapeOf(config, networks)),
    width,
    attributes.length,
    networks.environment.judge?.features,
  );
  const { model } = await context.model();
  throwIfAborted("run", signal);
  const available = availableMemory();
  if (data > available + process.memoryUsage.rss()) {
    throw new ConfigError(
      `config: expected codes that fit the memory, got sample.codes ${config.sample.codes} and sample.heldOut ${config.sample.heldOut} of ${sizeOf(codeShapeOf(config, networks))} numbers, about ${gigabytes(data)} of ${gigabytes(available)}. Give smaller numbers.`,
    );
  }
  const steps = new Set(jobs.map(({ step }) => step));
  const batches = [
    ...(steps.has("sample") ? [config.sample.batchSize] : []),
    ...(steps.has("evaluate") ? [config.evaluate.batchSize] : []),
    ...(steps.has("train") ? [config.train.batchSize] : []),
    ...(steps.has("pictures") ? [Math.min(FRAMES_AT_ONCE, config.pictures.samples)] : []),
  ];
  const forward = Math.max(1, ...batches);
  session.atOnce = most;
  const gradient = isTraining ? config.train.batchSize : null;
  const tried = await tryOut(model, {
    forward: Math.min(TRIED, forward, most),
    gradient: gradient === null ? null : Math.min(TRIED_WITH_GRADIENT, gradient, most),
    before: session.memoryBefore,
    trained: methods.filter(({ step }) => step === "train").map(({ id }) => id),
  });
  throwIfAborted("run", signal);
  const used = process.memoryUsage.rss();
  const room = availableMemory();
  const fit = fitMemory({
    ...{ tried, forward, gradient: steps.has("train") ? gradient : null, data, most },
    grown: Math.max(0, used - session.memoryBefore),
    available: room,
    perWorker: memoryPerWorker(networks.environment.engine.name, networks.environment.backend.name),
    workers: Math.min(workers, jobs.length),
  });
  // A worker beside others is as much faster than the networks that were tried.
  const pace = speedUp(networks.environment.engine.name, fit.workers, threads) / fit.workers;
  const perSecond = operationsPerSecond();
  const seconds = makespan(jobs, fit.workers, ({ images, gradients = 0, operations = 0 }) => {
    const without = gradients > 0 ? Math.min(gradients, config.sample.codes) : images;
    const pictures = without * tried.forward.seconds + gradients * (tried.gradient?.seconds ?? 0);
    return pictures / pace + operations / perSecond;
  });
  const estimate: Estimate = {
    ...{ seconds, memory: session.memoryBefore + fit.memory, available: used + room, workers: fit.workers },
    imagesAtOnce: fit.most < forward ? fit.most : null,
  };
  session.atOnce = fit.most;
  return { estimate, atOnce: fit.most };
}

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(1)} GB`;
}
