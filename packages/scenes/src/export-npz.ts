import { npyHeader } from "@latentflow/checkpoints";
import { type DeclaredOptions, type GivenOptions, readOptions, throwIfAborted } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { checkIndices, scenesDataset } from "./dataset.js";
import { ScenesError } from "./errors.js";
import { type NpzEntry, npzBytes } from "./npz.js";
import { RENDER, renderBlocks } from "./render-pool.js";

const EXPORT = {
  ...RENDER,
  /** Scenes to write; by default all in order (tabletop: 1,036,800, 12.7 GB; studio: 737,280, 9.1 GB). */
  indices: { optional: true, check: (caller: string, indices: ArrayLike<number>) => checkIndices(caller, indices) },
} as const satisfies DeclaredOptions;

export interface ExportOptions extends GivenOptions<typeof EXPORT> {}

/**
 * Renders scenes into a NumPy archive of three uint8 and uint32 arrays: `images` [n, 64, 64, 3], `labels` [n, factors], `indices` [n].
 * A whole export of the tabletop has MPI3D's layout: `images` may be reshaped to [6, 6, 2, 3, 3, 40, 40, 64, 64, 3].
 * Streams: memory stays small. The file appears under its name when it is complete.
 *
 * @throws ScenesError for bad options or a failed worker; AbortError if `signal` aborts; CoreError if the file can't be written
 */
export async function exportScenesNpz(path: string, options: ExportOptions = {}): Promise<void> {
  const { indices: wanted, ...settings } = readOptions("exportScenesNpz", EXPORT, options, ScenesError);
  const { attributes, length, size, ...dataset } = scenesDataset(settings.scenes);
  // Checked before they become integers: 1.5 is no scene.
  for (let i = 0; i < (wanted?.length ?? 0); i++) dataset.factors(wanted![i]!);
  const indices = wanted === undefined ? Uint32Array.from({ length }, (_, i) => i) : Uint32Array.from(wanted);
  const count = indices.length;
  const labels = dataset.labels(indices);
  const entries: NpzEntry[] = [
    {
      name: "images",
      header: npyHeader({ dtype: "uint8", shape: [count, size, size, 3] }),
      byteLength: count * size * size * 3,
      data: renderBlocks("exportScenesNpz", indices, settings),
    },
    {
      name: "labels",
      header: npyHeader({ dtype: "uint8", shape: [count, attributes.length] }),
      byteLength: labels.length,
      data: [labels],
    },
    {
      name: "indices",
      header: npyHeader({ dtype: "uint32", shape: [count] }),
      byteLength: indices.byteLength,
      data: [new Uint8Array(indices.buffer)],
    },
  ];
  try {
    await writeFileAtomic(path, npzBytes(entries));
  } catch (error) {
    // Writing wraps what its source throws: an abort shall stay an AbortError.
    throwIfAborted("exportScenesNpz", settings.signal);
    throw error;
  }
}
