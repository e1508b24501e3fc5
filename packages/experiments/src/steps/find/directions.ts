import { join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import { type Direction, loadDirection, saveDirection } from "@latentflow/latent-edit";
import type { Edit } from "../../config/edits.js";
import type { Method } from "../../methods/method.js";
import type { NetworkInfo } from "../../results/index.js";
import type { RunFolder } from "../../store/run-folder.js";

export const DIRECTION_FILE = "direction.safetensors";

/** The job that finds a method's direction. */
export function directionJob(edit: Edit, { step, id }: Pick<Method, "id" | "step">): string {
  return `${step}/${edit.slug}/${id}`;
}

export async function writeDirection(
  folder: string,
  direction: Direction,
  { name, index, from, to }: Edit,
  networks: NetworkInfo,
  training: object,
): Promise<void> {
  const generator = networks.environment.generator.fingerprint;
  const info = { attribute: { name, index, from, to }, generator, training: training as Record<string, unknown> };
  await writeFileAtomic(join(folder, DIRECTION_FILE), await saveDirection(direction, info));
}

/** A method's direction; the caller disposes it. */
export async function readDirection(folder: RunFolder, edit: Edit, method: Method): Promise<Direction> {
  return (await loadDirection(await folder.read(directionJob(edit, method), DIRECTION_FILE))).direction;
}
