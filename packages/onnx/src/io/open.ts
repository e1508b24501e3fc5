import { describeValue } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import type { OnnxModel } from "../graph/model.js";
import { readFromDisk } from "./disk.js";
import { readOnnx } from "./read.js";

/** Where a model comes from: the bytes of an `.onnx` file, a Blob or File, a fetch Response, or in Node a path or file: URL. */
export type OnnxFile = Uint8Array | ArrayBuffer | Blob | Response | string | URL;

/**
 * Reads a model from wherever its file is. Weights in files beside it are found where `file` is a path.
 *
 * @throws OnnxError for what can't be read, is no model, or names weights outside the model's folder
 */
export async function openOnnx(file: OnnxFile): Promise<OnnxModel> {
  if (file instanceof Uint8Array) return readOnnx(file);
  if (file instanceof ArrayBuffer) return readOnnx(new Uint8Array(file));
  if (file instanceof Blob || file instanceof Response) return readOnnx(await bytesOf(file));
  if (file instanceof URL) return readFromDisk("openOnnx", pathOf(file));
  if (typeof file === "string" && file !== "") {
    if (/^https?:/.test(file)) throw new OnnxError(`openOnnx: expected a path, got ${file}: pass \`await fetch(url)\` instead.`);
    return readFromDisk("openOnnx", /^file:/.test(file) ? pathOf(new URL(file)) : file);
  }
  throw new OnnxError(`openOnnx: expected bytes, a Blob, a Response or a path, got ${describeValue(file)}.`);
}

async function bytesOf(file: Blob | Response): Promise<Uint8Array> {
  if (file instanceof Response && !file.ok)
    throw new OnnxError(`openOnnx: expected a successful response, got HTTP status ${file.status}.`);
  return new Uint8Array(await file.arrayBuffer());
}

function pathOf(url: URL): string {
  if (/^https?:/.test(url.protocol))
    throw new OnnxError(`openOnnx: expected a path or a file: URL, got ${url}: pass \`await fetch(url)\` instead.`);
  const path = globalThis.process?.getBuiltinModule?.("node:url").fileURLToPath(url);
  if (path === undefined) throw new OnnxError(`openOnnx: expected bytes, a Blob or a Response, got ${url}; paths are Node's.`);
  return path;
}
