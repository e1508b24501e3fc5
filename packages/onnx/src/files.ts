/** Models in files, with external weights. Node only: `import { readOnnxFile } from "@latentflow/onnx/files"`. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import { OnnxError } from "./errors.js";
import type { OnnxModel } from "./graph/model.js";
import { readOnnx } from "./io/read.js";
import { writeOnnxFiles } from "./io/write.js";

/** Reads an `.onnx` file, and the files beside it that hold its weights. */
export async function readOnnxFile(path: string): Promise<OnnxModel> {
  const opened = new Map<string, Uint8Array>();
  const external = (location: string) => {
    const known = opened.get(location);
    if (known) return known;
    const bytes = attempt(join(dirname(path), location), (file) => readFileSync(file));
    opened.set(location, bytes);
    return bytes;
  };
  const bytes = await readFile(path).catch((cause) => {
    throw new OnnxError(`readOnnxFile: could not read ${path}: ${String(cause.message ?? cause)}.`, { cause });
  });
  return readOnnx(bytes, { external });
}

/**
 * Writes an `.onnx` file; it takes its name only when it is whole.
 *
 * @param options.externalData put the weights into a second file, `<name>.data`. Default false.
 */
export async function writeOnnxFile(path: string, model: OnnxModel, options: { externalData?: boolean } = {}): Promise<void> {
  const location = `${basename(path)}.data`;
  const files = writeOnnxFiles(model, options.externalData ? { externalData: location } : {});
  if (files.externalData) await writeFileAtomic(join(dirname(path), location), files.externalData);
  await writeFileAtomic(path, files.model);
}

function attempt<T>(path: string, read: (path: string) => T): T {
  try {
    return read(path);
  } catch (cause) {
    throw new OnnxError(
      `readOnnxFile: could not read the external weights ${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      {
        cause,
      },
    );
  }
}
