import type { Direction, RowRange } from "@latentflow/latent-edit";
import type { ExperimentConfig } from "../config/types.js";
import { ConfigError } from "../errors.js";
import type { NetworkInfo } from "../results/index.js";
import type { CodeShape } from "./labelled-codes.js";

/** Rows of W+ codes that a configuration's edits move; undefined: whole codes. */
export function movingRows({ rows }: Pick<ExperimentConfig, "rows">): RowRange | undefined {
  return rows;
}

/** What an experiment's codes are: W+ where they come as such, or where edits move some of a code's rows, as for that each row needs numbers of its own. */
export function codeShapeOf(config: Pick<ExperimentConfig, "rows">, { latentDim, environment }: NetworkInfo): CodeShape {
  const moving = movingRows(config);
  const rowCount = environment.codes?.rowCount ?? (moving && environment.generator.rowCount);
  return { latentDim, rowCount, moving };
}

/** The rows of W+ codes that a direction moves, one by one. */
export function rowsMovedBy({ rows }: Direction, rowCount: number): readonly number[] {
  if (rows !== undefined && "only" in rows) return rows.only;
  const [from, to] = rows ?? [0, rowCount];
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** @throws ConfigError for rows that the generator's codes don't have */
export function checkRows(config: Pick<ExperimentConfig, "rows">, networks: NetworkInfo): void {
  const { rowCount, moving } = codeShapeOf(config, networks);
  if (moving === undefined) return;
  if (rowCount === undefined)
    throw new ConfigError("config: expected a generator of W+ codes for rows, got one of W codes only. Leave rows out.");
  if (moving[1] > rowCount)
    throw new ConfigError(`config: expected rows to end at ${rowCount} at most, as the generator's codes do, got ${moving[1]}.`);
}
