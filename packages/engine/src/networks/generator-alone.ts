import type { CheckpointSource } from "@latentflow/checkpoints";
import { describeValue } from "@latentflow/core";
import { EngineError } from "../errors.js";
import type { NetworkParts } from "../parts.js";
import { type LoadedGenerator, readGenerator } from "./generator-files.js";
import { noRegressor } from "./no-regressor.js";

/** A generator without a regressor. */
export interface GeneratorAlone extends NetworkParts {
  /** Of its images; undefined where a graph does not tell. */
  readonly size: LoadedGenerator["size"];
}

/**
 * Reads a generator alone, for pictures of codes: nothing is known of attributes, and the only one, "none", is the same for every picture.
 *
 * @param file as `generator` of `readNetworks`
 * @throws EngineError that names the file, and why it could not be read
 */
export async function readGeneratorAlone(file: CheckpointSource): Promise<GeneratorAlone> {
  if (file === null || file === undefined)
    throw new EngineError(`readGeneratorAlone: expected a generator's file, got ${describeValue(file)}.`);
  const made = await readGenerator({ file });
  try {
    const { dispose, notes, ...sampled } = await made.codes();
    return {
      ...{ name: made.name, generator: made.generator, size: made.size, regressor: noRegressor, ...sampled, notes },
      ...(made.styleWeights && { styleWeights: made.styleWeights }),
      dispose() {
        dispose?.();
        made.dispose?.();
      },
    };
  } catch (error) {
    made.dispose?.();
    throw error;
  }
}
