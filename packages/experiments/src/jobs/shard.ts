import { checkNumber } from "@latentflow/core";
import { ConfigError } from "../errors.js";

/** One slice of the attribute × method pairs: those whose number modulo `count` is `index`. */
export interface Shard {
  /** 0 to count − 1 */
  readonly index: number;
  readonly count: number;
}

/** "2/4": the second of four. */
export function parseShard(text: string): Shard {
  const parts = /^(\d+)\/(\d+)$/.exec(text);
  const [number, count] = [Number(parts?.[1]), Number(parts?.[2])];
  if (parts && number >= 1 && number <= count) return { index: number - 1, count };
  throw new ConfigError(`--shard: expected a number and a count, such as 2/4 for the second of four, got ${text}.`);
}

/**
 * The slice that a cluster's scheduler gives this process, if one does: Slurm's SLURM_ARRAY_TASK_ID (with _MIN, _STEP and _COUNT), or
 * JOB_COMPLETION_INDEX of a Kubernetes indexed job, whose size Kubernetes does not tell: it comes from JOB_COMPLETIONS.
 */
export function shardOfScheduler(env: Readonly<Record<string, string | undefined>>): Shard | null {
  if (env.SLURM_ARRAY_TASK_ID !== undefined && env.SLURM_ARRAY_TASK_COUNT !== undefined) {
    const first = integer("SLURM_ARRAY_TASK_MIN", env.SLURM_ARRAY_TASK_MIN ?? "0");
    const step = integer("SLURM_ARRAY_TASK_STEP", env.SLURM_ARRAY_TASK_STEP ?? "1");
    const index = (integer("SLURM_ARRAY_TASK_ID", env.SLURM_ARRAY_TASK_ID) - first) / Math.max(1, step);
    return checkShard("SLURM_ARRAY_TASK_ID", index, integer("SLURM_ARRAY_TASK_COUNT", env.SLURM_ARRAY_TASK_COUNT));
  }
  if (env.JOB_COMPLETION_INDEX !== undefined) {
    if (env.JOB_COMPLETIONS === undefined) {
      throw new ConfigError(
        "--shard: expected JOB_COMPLETIONS beside JOB_COMPLETION_INDEX: set it to the job's completions, or give --shard.",
      );
    }
    const index = integer("JOB_COMPLETION_INDEX", env.JOB_COMPLETION_INDEX);
    return checkShard("JOB_COMPLETION_INDEX", index, integer("JOB_COMPLETIONS", env.JOB_COMPLETIONS));
  }
  return null;
}

function integer(name: string, text: string): number {
  return checkNumber("--shard", name, text.trim() === "" ? text : Number(text), { min: 0, integer: true }, ConfigError);
}

function checkShard(name: string, index: number, count: number): Shard {
  checkNumber("--shard", name, index, { min: 0, max: count - 1, integer: true }, ConfigError);
  return { index, count };
}
