/** Models in files, with external weights. Node only: `import { readOnnxFile } from "@latentflow/onnx/files"`. */
import { basename, dirname, join } from "node:path";
import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { OnnxError } from "./errors.js";
import type { OnnxModel } from "./graph/model.js";
import { messageOf, readFromDisk } from "./io/disk.js";
import { writeOnnxFiles } from "./io/write.js";

/**
 * Reads an `.onnx` file, and the files beside it that hold its weights. Those must lie in the model's folder, also once symbolic links are followed:
 * in the folder that `path` names, or in the one that the model's file itself is in when `path` is a link to it (as in Hugging Face's cache).
 *
 * @throws OnnxError for files that can't be read, are no models, or name weights outside the model's folder
 */
export async function readOnnxFile(path: string): Promise<OnnxModel> {
  checkPath("readOnnxFile", path);
  return readFromDisk("readOnnxFile", path);
}

const WRITE = {
  /** Put the weights into a second file, `<name>.data`. Default false. */
  externalData: { default: false },
} as const satisfies DeclaredOptions;

/** Writes an `.onnx` file; it takes its name only when it is whole. */
export async function writeOnnxFile(path: string, model: OnnxModel, options: GivenOptions<typeof WRITE> = {}): Promise<void> {
  checkPath("writeOnnxFile", path);
  const { externalData } = readOptions("writeOnnxFile", WRITE, options, OnnxError);
  const location = `${basename(path)}.data`;
  const files = writeOnnxFiles(model, externalData ? { externalData: location } : {});
  try {
    if (files.externalData) await writeFileAtomic(join(dirname(path), location), files.externalData);
    await writeFileAtomic(path, files.model);
  } catch (cause) {
    throw new OnnxError(`writeOnnxFile: expected to write ${path}, but could not: ${messageOf(cause)}.`, { cause });
  }
}

function checkPath(caller: string, path: unknown): void {
  if (typeof path !== "string" || path === "") throw new OnnxError(`${caller}: expected a path, got ${describeValue(path)}.`);
}
