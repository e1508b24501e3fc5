import type { AttributeModel } from "@latentflow/core";
import type { Direction } from "../directions/direction.js";
import { describeDirection } from "../directions/index.js";
import { LatentEditError } from "../errors.js";
import { logitsFingerprint, sameFingerprint } from "../model/fingerprint.js";
import type { StartCodes } from "../model/start-codes.js";
import type { TrainOptions } from "./settings.js";

/**
 * What decides a run's numbers besides its settings, small enough for a checkpoint's header. Functions (a custom loss, an embedder) leave no
 * trace here.
 */
export interface RunFingerprint {
  /** Of the codes, as float32. */
  readonly codes: string;
  /** Of the classes of the edited attribute, given or asked from the model: they say which codes are starts. */
  readonly labels: string;
  readonly validation: {
    readonly codes: string;
    readonly labels: string;
    readonly every: number | null;
    readonly maxCodes: number | null;
  } | null;
  readonly earlyStopping: number | null;
  /** The direction's kind and settings. */
  readonly direction: Readonly<Record<string, number | string | boolean>>;
  /** Logits of one fixed code, all attributes in turn: of generator and regressor together. */
  readonly model: readonly number[];
}

export async function runFingerprint(
  direction: Direction,
  model: AttributeModel,
  codes: StartCodes,
  heldOut: StartCodes | undefined,
  { validation, earlyStopping }: Pick<TrainOptions, "validation" | "earlyStopping">,
): Promise<RunFingerprint> {
  const { every = null, maxCodes = null } = validation ?? {};
  return {
    ...codes.hashes(),
    validation: heldOut ? { ...heldOut.hashes(), every, maxCodes } : null,
    earlyStopping: earlyStopping?.patience ?? null,
    direction: { kind: direction.kind, ...describeDirection(direction).settings },
    model: await logitsFingerprint(model),
  };
}

/** Throws when a checkpoint's run is not this one. */
export function checkSameRun(expected: RunFingerprint, found: RunFingerprint | undefined): void {
  if (found === undefined) {
    throw new LatentEditError(
      "trainDirection: expected a checkpoint that says which codes it was made with, got one of an older version; delete it to start anew.",
    );
  }
  const differing = (Object.keys(expected) as (keyof RunFingerprint)[]).flatMap((key): string[] => {
    if (key === "direction") return differingSettings(expected.direction, found);
    if (key === "model") return sameFingerprint(expected.model, found.model ?? []) ? [] : [key];
    return JSON.stringify(expected[key]) === JSON.stringify(found[key]) ? [] : [key];
  });
  if (differing.length === 0) return;
  throw new LatentEditError(
    `trainDirection: expected a checkpoint of this run, got one made with other ${differing.join(", ")}; give the same ones to go on with it, or another store to start anew.`,
  );
}

/** Up to version 0.1.0, a flow's slope was all that a checkpoint said of its direction. */
function differingSettings(
  expected: RunFingerprint["direction"],
  found: RunFingerprint & { negativeSlope?: number | null },
): string[] {
  const { negativeSlope } = found;
  const settings = found.direction ?? { ...expected, ...(typeof negativeSlope === "number" && { negativeSlope }) };
  return [...new Set([...Object.keys(expected), ...Object.keys(settings)])].filter((key) => expected[key] !== settings[key]);
}
