import { checkNumber, type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { ConfigError } from "../errors.js";

/** Slices at most: more than any cluster's array has. */
const MOST = 1_000_000;

const SLICE = {
  /** 0 to count − 1 */
  index: { min: 0, max: MOST - 1, integer: true },
  count: { min: 1, max: MOST, integer: true },
} as const satisfies DeclaredOptions;

/** One slice of the attribute × method pairs: those whose number modulo `count` is `index`. */
export interface Shard extends GivenOptions<typeof SLICE> {}

/** Of schedulers' numbers, which are 32 bits. */
const LARGEST_ID = 2 ** 32;

/** "2/4": the second of four. */
export function parseShard(text: string): Shard {
  const parts = typeof text === "string" ? /^(\d+)\/(\d+)$/.exec(text) : null;
  const [number, count] = [Number(parts?.[1]), Number(parts?.[2])];
  if (parts && number >= 1 && number <= count && count <= MOST) return { index: number - 1, count };
  throw new ConfigError(
    `--shard: expected a number and a count up to ${MOST}, such as 2/4 for the second of four, got ${describeValue(text)}.`,
  );
}

/**
 * The slice that a cluster's scheduler gives this process, if one does: Slurm's SLURM_ARRAY_TASK_ID (with _MIN, _STEP and _COUNT), or
 * JOB_COMPLETION_INDEX of a Kubernetes indexed job, whose size Kubernetes does not tell: it comes from JOB_COMPLETIONS.
 */
export function shardOfScheduler(env: Readonly<Record<string, string | undefined>>): Shard | null {
  if (typeof env !== "object" || env === null || Array.isArray(env))
    throw new ConfigError(
      `shardOfScheduler: expected the environment's variables, such as process.env, got ${describeValue(env)}.`,
    );
  if (env.SLURM_ARRAY_TASK_ID !== undefined) return slurmShard(env.SLURM_ARRAY_TASK_ID, env);
  if (env.JOB_COMPLETION_INDEX !== undefined) {
    if (env.JOB_COMPLETIONS === undefined) {
      throw new ConfigError(
        "--shard: expected JOB_COMPLETIONS beside JOB_COMPLETION_INDEX: set it to the job's completions, or give --shard.",
      );
    }
    const index = integer("JOB_COMPLETION_INDEX", env.JOB_COMPLETION_INDEX);
    const count = integer("JOB_COMPLETIONS", env.JOB_COMPLETIONS, 1, MOST);
    checkNumber("--shard", "JOB_COMPLETION_INDEX", index, { max: count - 1 }, ConfigError);
    return { index, count };
  }
  return null;
}

function slurmShard(id: string, env: Readonly<Record<string, string | undefined>>): Shard {
  if (env.SLURM_ARRAY_TASK_COUNT === undefined) {
    throw new ConfigError(
      "--shard: expected SLURM_ARRAY_TASK_COUNT beside SLURM_ARRAY_TASK_ID: set it to the array's size, or give --shard.",
    );
  }
  const count = integer("SLURM_ARRAY_TASK_COUNT", env.SLURM_ARRAY_TASK_COUNT, 1, MOST);
  const first = integer("SLURM_ARRAY_TASK_MIN", env.SLURM_ARRAY_TASK_MIN ?? "0");
  const step = integer("SLURM_ARRAY_TASK_STEP", env.SLURM_ARRAY_TASK_STEP ?? "1", 1);
  const index = (integer("SLURM_ARRAY_TASK_ID", id) - first) / step;
  if (Number.isInteger(index) && index >= 0 && index < count) return { index, count };
  throw new ConfigError(
    `--shard: expected an array without gaps, of ${count} tasks from ${first} in steps of ${step}, got task ${id}. Give --shard instead.`,
  );
}

/** A scheduler's number: digits, and no more than a scheduler has. */
function integer(name: string, text: string, min = 0, max = LARGEST_ID): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : text;
  return checkNumber("--shard", name, number, { min, max, integer: true }, ConfigError);
}

/** Returns a slice that is one of its count, or null for none. */
export function checkShard(caller: string, shard: Shard | null): Shard | null {
  if (shard === null) return null;
  const { index, count } = readOptions(caller, { shard: { options: SLICE } }, { shard }, ConfigError).shard;
  checkNumber(caller, "shard.index", index, { max: count - 1 }, ConfigError);
  return shard;
}
