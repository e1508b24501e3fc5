import type { ExperimentConfig } from "../config/types.js";
import { ConfigError } from "../errors.js";
import type { Job } from "../steps/job.js";
import type { RunFolder } from "../store/run-folder.js";
import type { Plan } from "./plan.js";

/** Finished jobs in whose place others are about to be put. */
export interface Replaced {
  readonly jobs: readonly string[];
  /** Settings that differ from those they were made with: "train.iterations 1000 → 5". Empty when networks or versions differ. */
  readonly changes: readonly string[];
}

/** Which finished jobs of other settings will be replaced; what merely brings others together is made again in a moment and does not count. */
export async function replacedBy(
  jobs: readonly Job[],
  plan: Plan,
  folder: RunFolder,
  config: ExperimentConfig,
): Promise<Replaced> {
  const merges = ({ pair, needs }: Job) => pair === undefined && needs.some((need) => plan.jobs.get(need)!.pair !== undefined);
  const replaced: string[] = [];
  const changes = new Set<string>();
  for (const job of jobs.filter((one) => !merges(one))) {
    const record = await folder.readRecord(job.id);
    if (record === null || record.inputs === plan.inputsOf(job.id)) continue;
    replaced.push(job.id);
    for (const change of changesOf(record.config, config)) changes.add(change);
  }
  return { jobs: replaced, changes: [...changes] };
}

/** @throws ConfigError that says which settings differ, what would be lost, and what to do */
export function refuseReplacing({ jobs, changes }: Replaced, path: string): void {
  if (jobs.length === 0) return;
  const [what, are, their] =
    jobs.length === 1 ? ["1 finished job", "is", "its"] : [`${jobs.length} finished jobs`, "are", "their"];
  throw new ConfigError(
    `run: expected the settings with which ${path} was made, got others: ${short(changes) || "other networks, other files of directions, or another version"}. ${what} (${short(jobs)}) ${are} of those, and ${their} results would be replaced. Give another --out, or --replace to do so.`,
  );
}

/** The first few. */
function short(items: readonly string[], most = 5): string {
  return items.length > most ? `${items.slice(0, most).join(", ")}, …` : items.join(", ");
}

function changesOf(before: unknown, after: unknown): string[] {
  const [old, now] = [flatten(before), flatten(after)];
  const fields = [...new Set([...old.keys(), ...now.keys()])].filter((field) => old.get(field) !== now.get(field));
  return fields.map((field) => `${field} ${old.get(field) ?? "(none)"} → ${now.get(field) ?? "(none)"}`);
}

/** Nested settings as "train.iterations"; lists stay whole. */
function flatten(value: unknown, path = ""): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map([[path, JSON.stringify(value)]]);
  return new Map(Object.entries(value).flatMap(([key, item]) => [...flatten(item, path === "" ? key : `${path}.${key}`)]));
}
