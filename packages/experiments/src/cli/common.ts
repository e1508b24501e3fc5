import { availableParallelism } from "node:os";
import type { EngineName } from "@latentflow/engine";
import { type Command, InvalidArgumentError, Option } from "commander";
import { readConfig } from "../config/read.js";
import { MAX_SEED } from "../config/schema.js";
import type { ExperimentConfig, ExperimentOptions } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { resolveConfig } from "../experiment/resolve-config.js";
import type { RunEvent } from "../run/events.js";
import { MAX_WORKERS } from "../run/run-experiment.js";
import { parseShard, type Shard, shardOfScheduler } from "../run/shard.js";
import { ProgressBar } from "./progress.js";

/** Options of every command that computes. */
export interface CommonOptions {
  readonly out: string;
  readonly engine: EngineName;
  readonly json: boolean;
}

export interface RunningOptions extends CommonOptions {
  readonly workers: number;
  readonly replace: boolean;
  readonly shard?: Shard;
}

export function withCommonOptions(command: Command, out: string): Command {
  return command
    .option("-o, --out <folder>", "folder of the run", pathOption, out)
    .addOption(
      new Option("--engine <name>", "what runs the generator: onnx (ONNX Runtime), tfjs, or the fastest that is installed")
        .choices(["auto", "onnx", "tfjs"])
        .default("auto"),
    )
    .option("--json", "one JSON object a line on stdout, for programs", false);
}

export function withRunningOptions(command: Command, out: string): Command {
  return withCommonOptions(command, out)
    .option("--workers <n>", "worker threads, each with networks of its own", integerOption(1, MAX_WORKERS), defaultWorkers())
    .option("--replace", "make finished jobs of other settings again, in their place", false)
    .option("--shard <i/n>", "do the i-th of n slices of the work; a cluster's array job sets it by itself", shard);
}

/** One a core, as far as a run takes them. */
function defaultWorkers(): number {
  return Math.min(MAX_WORKERS, availableParallelism());
}

/** The configuration of --config and --set. */
export async function configOf(file: string | undefined, changes: readonly string[]): Promise<ExperimentConfig> {
  return resolveConfig(withChanges(file === undefined ? {} : await readConfig(file), changes));
}

/** Options with the fields of --set. */
export function withChanges(options: object, changes: readonly string[]): ExperimentOptions {
  return changes.reduce<object>(withChange, options);
}

/** "train.iterations=200": the object with one field replaced. Values are JSON where they can be. */
export function withChange(options: object, change: string): object {
  const cut = change.indexOf("=");
  if (cut < 1) throw new ConfigError(`--set: expected field=value, such as train.iterations=200, got ${change}.`);
  const path = change.slice(0, cut).split(".");
  const text = change.slice(cut + 1);
  return replaced(options, path, parsed(path.join("."), text));
}

function replaced(target: object, [key, ...rest]: readonly string[], value: unknown): object {
  const inner = (target as Record<string, unknown>)[key!];
  const next = rest.length === 0 ? value : replaced(typeof inner === "object" && inner !== null ? inner : {}, rest, value);
  return { ...target, [key!]: next };
}

/** Fields that are lists of names: a comma parts them, and one name is a list, too. */
const LISTS = ["attributes", "methods", "model.attributes"];

function parsed(field: string, text: string): unknown {
  if (field === "name") return text;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" || !LISTS.includes(field)) return value;
  } catch {
    // Not JSON, so a text.
  }
  return LISTS.includes(field) && text !== "all" ? text.split(",") : text;
}

/** The slice of --shard, or the one that a cluster's scheduler gives this process. */
export function shardOf({ shard: given }: RunningOptions): Shard | null {
  return given ?? shardOfScheduler(process.env);
}

/** Where events go: a bar on stderr, or lines of JSON on stdout. */
export function listener(json: boolean): { onEvent: (event: RunEvent) => void; end(): void } {
  if (json) return { onEvent: (event) => console.log(JSON.stringify(event)), end: () => undefined };
  const bar = new ProgressBar();
  return { onEvent: bar.show, end: () => bar.end() };
}

/** Runs `work` with a signal that Ctrl-C and SIGTERM abort; a second Ctrl-C ends at once. */
export async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    console.error("\nStopping after the batch in progress; once more to stop at once.");
    stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** An option that is a whole number: digits, between two bounds. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected an integer from ${min} to ${max}.`);
  };
}

/** What every package takes as a seed. */
export const seedNumber = integerOption(0, MAX_SEED);

/** Edit lengths beyond leave no number of a code. */
const LONGEST_EDIT = 1e6;

export function editLength(text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(value) <= LONGEST_EDIT) return value;
  throw new InvalidArgumentError(`Expected a number from -${LONGEST_EDIT} to ${LONGEST_EDIT}.`);
}

/** A folder or a file: an empty name, as of a shell variable that is not set, would be the current folder. */
export function pathOption(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("Expected a path, got an empty text.");
}

/** Files of an argument that takes several, one after the other. */
export function pathsArgument(text: string, before: readonly string[] = []): string[] {
  return [...before, pathOption(text)];
}

function shard(text: string): Shard {
  try {
    return parseShard(text);
  } catch {
    throw new InvalidArgumentError("Expected a number and a count, such as 2/4 for the second of four.");
  }
}
