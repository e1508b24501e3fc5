import { underHashedNames } from "../config/old-names.js";
import type { Experiment } from "../experiment/experiment.js";
import { STEPS } from "../steps/index.js";
import type { Job, StepName } from "../steps/job.js";
import { hashOfJson } from "../store/hash.js";
import type { Shard } from "./shard.js";

/** Raised when a job of unchanged settings would give other numbers: old results are then made anew. */
const FORMAT = 1;

/** All jobs of an experiment, each after those it needs. */
export class Plan {
  readonly jobs: ReadonlyMap<string, Job>;
  private readonly hashes = new Map<string, string>();

  constructor(readonly experiment: Experiment) {
    const all = STEPS.flatMap((step) => step.jobs(experiment));
    // A method that is trained may need others' directions, and the other way round: each comes once.
    this.jobs = new Map(all.map((job) => [job.id, job]));
  }

  /** Hash of all that a job's result depends on: its own settings, and those of the jobs before it. */
  inputsOf(id: string): string {
    const known = this.hashes.get(id);
    if (known !== undefined) return known;
    const { settings, needs } = this.jobs.get(id)!;
    const needed = needs.map((need) => this.inputsOf(need));
    const hash = hashOfJson({ format: FORMAT, id, settings: underHashedNames(settings), needs: needed });
    this.hashes.set(id, hash);
    return hash;
  }

  /** All jobs that a job's result rests on, directly or not. */
  foundationsOf(id: string, found = new Set<string>()): ReadonlySet<string> {
    for (const need of this.jobs.get(id)!.needs) {
      if (found.has(need)) continue;
      found.add(need);
      this.foundationsOf(need, found);
    }
    return found;
  }

  /** The jobs of some steps, with all that they need, in order. */
  select(steps: readonly StepName[], shard: Shard | null): Job[] {
    const pairs = [...new Set([...this.jobs.values()].map(({ pair }) => pair).filter((pair) => pair !== undefined))];
    const mine = ({ pair, needs }: Job) => {
      if (shard === null) return true;
      if (pair !== undefined) return pairs.indexOf(pair) % shard.count === shard.index;
      // What brings several pairs together is for the report, when all shards are done.
      return !needs.some((need) => this.jobs.get(need)!.pair !== undefined);
    };
    const chosen = new Set<string>();
    const add = (job: Job): void => {
      for (const need of job.needs) add(this.jobs.get(need)!);
      chosen.add(job.id);
    };
    for (const job of this.jobs.values()) if (steps.includes(job.step) && mine(job)) add(job);
    return [...this.jobs.values()].filter(({ id }) => chosen.has(id));
  }
}
