/** Models in files, with external weights. Node only: `import { readOnnxFile } from "@latentflow/onnx/files"`. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { checkOptions, describeValue } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { OnnxError } from "./errors.js";
import type { OnnxModel } from "./graph/model.js";
import { readOnnx } from "./io/read.js";
import { writeOnnxFiles } from "./io/write.js";

/**
 * Reads an `.onnx` file, and the files beside it that hold its weights. Those must lie in the model's folder, also once symbolic links are followed:
 * in the folder that `path` names, or in the one that the model's file itself is in when `path` is a link to it (as in Hugging Face's cache).
 *
 * @throws OnnxError for files that can't be read, are no models, or name weights outside the model's folder
 */
export async function readOnnxFile(path: string): Promise<OnnxModel> {
  checkPath("readOnnxFile", path);
  try {
    const bytes = await readFile(path);
    const folders = [await realpath(dirname(path)), dirname(await realpath(path))];
    const opened = new Map<string, Uint8Array>();
    return readOnnx(bytes, {
      external: (location) => {
        const known = opened.get(location) ?? readBeside(dirname(path), location, folders);
        opened.set(location, known);
        return known;
      },
    });
  } catch (cause) {
    if (cause instanceof OnnxError) throw cause;
    throw new OnnxError(`readOnnxFile: expected to read ${path}, but could not: ${messageOf(cause)}.`, { cause });
  }
}

/** The weights in a file of the model's folder. */
function readBeside(folder: string, location: string, folders: readonly string[]): Uint8Array {
  const path = join(folder, location);
  try {
    const file = realpathSync(path);
    if (!folders.some((allowed) => isInside(allowed, file))) {
      throw new OnnxError(
        `readOnnxFile: expected external weights in the model's folder, got ${path}, which is a link to ${file}; copy the file there if you trust the model.`,
      );
    }
    if (!statSync(file).isFile()) throw new OnnxError(`readOnnxFile: expected external weights in a file, got ${path}.`);
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof OnnxError) throw cause;
    throw new OnnxError(`readOnnxFile: expected to read the external weights ${path}, but could not: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/** Whether a real path is below a real folder. */
function isInside(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Writes an `.onnx` file; it takes its name only when it is whole.
 *
 * @param options.externalData put the weights into a second file, `<name>.data`. Default false.
 */
export async function writeOnnxFile(path: string, model: OnnxModel, options: { externalData?: boolean } = {}): Promise<void> {
  checkPath("writeOnnxFile", path);
  checkOptions("writeOnnxFile", options, ["externalData"], OnnxError);
  const location = `${basename(path)}.data`;
  const files = writeOnnxFiles(model, options.externalData ? { externalData: location } : {});
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

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
