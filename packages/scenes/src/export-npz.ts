import { npyHeader } from "@latentflow/checkpoints";
import { checkOptions, throwIfAborted } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { checkIndices, scenesDataset } from "./dataset.js";
import { ScenesError } from "./errors.js";
import { type NpzEntry, npzBytes } from "./npz.js";
import { type RenderOptions, renderBlocks } from "./render-pool.js";

export interface ExportOptions extends RenderOptions {
  /** Scenes to write; by default all in order (tabletop: 1,036,800, 12.7 GB; studio: 737,280, 9.1 GB). */
  readonly indices?: ArrayLike<number>;
}

/**
 * Renders scenes into a NumPy archive of three uint8 and uint32 arrays: `images` [n, 64, 64, 3], `labels` [n, factors], `indices` [n].
 * A whole export of the tabletop has MPI3D's layout: `images` may be reshaped to [6, 6, 2, 3, 3, 40, 40, 64, 64, 3].
 * Streams: memory stays small. The file appears under its name when it is complete.
 *
 * @throws ScenesError for bad options or a failed worker; AbortError if `signal` aborts; CoreError if the file can't be written
 */
export async function exportScenesNpz(path: string, options: ExportOptions = {}): Promise<void> {
  checkOptions("exportScenesNpz", options, ["indices", "scenes", "workers", "onProgress", "signal"], ScenesError);
  const { attributes, length, size, ...dataset } = scenesDataset(options.scenes ?? "tabletop");
  // Checked before they become integers: 1.5 is no scene.
  if (options.indices !== undefined) {
    checkIndices("exportScenesNpz", options.indices);
    for (let i = 0; i < options.indices.length; i++) dataset.factors(options.indices[i] as number);
  }
  const indices = options.indices === undefined ? Uint32Array.from({ length }, (_, i) => i) : Uint32Array.from(options.indices);
  const count = indices.length;
  const labels = dataset.labels(indices);
  const entries: NpzEntry[] = [
    {
      name: "images",
      header: npyHeader({ dtype: "uint8", shape: [count, size, size, 3] }),
      byteLength: count * size * size * 3,
      data: renderBlocks("exportScenesNpz", indices, options),
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
    throwIfAborted("exportScenesNpz", options.signal);
    throw error;
  }
}
