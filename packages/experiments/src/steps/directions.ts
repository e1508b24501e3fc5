import { join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import { type Direction, loadDirection, saveDirection } from "@latentflow/latent-edit";
import type { Edit, World } from "../config/edits.js";
import type { Method } from "../methods/index.js";
import type { RunFolder } from "../store/run-folder.js";

export const DIRECTION_FILE = "direction.safetensors";

/** The job that finds a method's direction. */
export function directionJob(edit: Edit, method: Pick<Method, "id" | "depth">): string {
  return `${method.depth === null ? "fit" : "train"}/${edit.slug}/${method.id}`;
}

export async function writeDirection(
  folder: string,
  direction: Direction,
  { name, index, from, to }: Edit,
  world: World,
  training: object,
): Promise<void> {
  const generator = world.environment.generator.fingerprint;
  const about = { attribute: { name, index, from, to }, generator, training: training as Record<string, unknown> };
  await writeFileAtomic(join(folder, DIRECTION_FILE), await saveDirection(direction, about));
}

/** A method's direction; the caller disposes it. */
export async function readDirection(folder: RunFolder, edit: Edit, method: Method): Promise<Direction> {
  return (await loadDirection(await folder.read(directionJob(edit, method), DIRECTION_FILE))).direction;
}
