import { readFile } from "node:fs/promises";
import { importDirection } from "@latentflow/latent-edit";
import type { DirectionFile } from "../config/types.js";
import { ExperimentsError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import type { NetworkInfo } from "../results/index.js";
import { hashOf } from "../store/hash.js";
import { NoResult } from "../store/no-result.js";
import { towards } from "./file-orientation.js";
import { idOf, labelOf, pathFor } from "./file-paths.js";
import type { FitMethod } from "./method.js";

/**
 * Directions that are in files already, one a file: flows of the paper's code, boundaries, our own. What the files held when the run looked at them
 * is part of the job's settings, so that another content is another direction.
 *
 * @param known what the files held
 * @param taken names that other methods have
 */
export function fileMethod(
  given: DirectionFile,
  known: NonNullable<NetworkInfo["files"]>,
  taken: ReadonlySet<string>,
): FitMethod {
  const label = labelOf(given);
  const kinds = Object.values(known)
    .filter(({ method }) => method === given.file)
    .map(({ kind }) => kind);
  return {
    id: idOf(given, taken),
    label,
    kind: kinds.includes("nonlinear") ? "nonlinear" : "linear",
    step: "fit",
    cost: () => ({}),
    settings(_config, edit) {
      const path = pathFor(given, edit);
      return { file: path === null ? null : (known[path]?.sha256 ?? null) };
    },
    async find({ edit }) {
      const path = pathFor(given, edit);
      const record = path === null ? undefined : known[path];
      if (path === null || record === undefined) {
        const text =
          path === null ? `${label} is not for ${edit.name}.` : `There is no file for ${edit.name}; looked for ${path}.`;
        throw new NoResult({ why: "no direction", text });
      }
      const bytes = await readFile(path).catch((cause) => {
        throw new ExperimentsError(`fit: could not read ${path}: ${explainFailure(cause)}. Put it back and run again.`, {
          cause,
        });
      });
      if (hashOf(bytes) !== record.sha256)
        throw new ExperimentsError(`fit: expected ${path} as it was when the run looked at it, got another content. Run again.`);
      const { direction, info } = await importDirection(bytes);
      const turned = await towards(direction, info, edit, path);
      const way = turned === direction ? "" : ", turned round";
      return { direction: turned, record: { note: `From ${path}: ${record.label}${way}.` } };
    },
  };
}
