import { OnnxError } from "../errors.js";
import type { OnnxModel } from "../graph/model.js";
import { readOnnx } from "./read.js";

/**
 * Reads an `.onnx` file, and the files beside it that hold its weights. Those must lie in the model's folder, also once symbolic links are followed:
 * in the folder that `path` names, or in the one that the model's file itself is in when `path` is a link to it (as in Hugging Face's cache).
 */
export async function readFromDisk(caller: string, path: string): Promise<OnnxModel> {
  const { readFileSync, realpathSync } = modules(caller, path).files;
  const { dirname } = modules(caller, path).paths;
  try {
    const bytes = readFileSync(path);
    const folders = [realpathSync(dirname(path)), dirname(realpathSync(path))];
    const opened = new Map<string, Uint8Array>();
    return readOnnx(bytes, {
      external: (location) => {
        const known = opened.get(location) ?? readBeside(caller, dirname(path), location, folders);
        opened.set(location, known);
        return known;
      },
    });
  } catch (cause) {
    if (cause instanceof OnnxError) throw cause;
    throw new OnnxError(`${caller}: expected to read ${path}, but could not: ${messageOf(cause)}.`, { cause });
  }
}

/** Node's own; no import, as bundlers for browsers would try to resolve it. */
function modules(caller: string, path: string) {
  const files = globalThis.process?.getBuiltinModule?.("node:fs");
  const paths = globalThis.process?.getBuiltinModule?.("node:path");
  if (files && paths) return { files, paths };
  throw new OnnxError(`${caller}: expected bytes, a Blob or a Response, as paths can be read in Node only, got ${path}.`);
}

/** The weights in a file of the model's folder. */
function readBeside(caller: string, folder: string, location: string, folders: readonly string[]): Uint8Array {
  const { files, paths } = modules(caller, location);
  const path = paths.join(folder, location);
  try {
    const file = files.realpathSync(path);
    if (!folders.some((allowed) => isInside(caller, allowed, file))) {
      throw new OnnxError(
        `${caller}: expected external weights in the model's folder, got ${path}, which is a link to ${file}; copy the file there if you trust the model.`,
      );
    }
    if (!files.statSync(file).isFile()) throw new OnnxError(`${caller}: expected external weights in a file, got ${path}.`);
    return files.readFileSync(file);
  } catch (cause) {
    if (cause instanceof OnnxError) throw cause;
    throw new OnnxError(`${caller}: expected to read the external weights ${path}, but could not: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/** Whether a real path is below a real folder. */
function isInside(caller: string, folder: string, file: string): boolean {
  const { relative, isAbsolute, sep } = modules(caller, file).paths;
  const way = relative(folder, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

export const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
