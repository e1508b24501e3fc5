import type { CheckpointSource } from "@latentflow/checkpoints";
import { describeValue } from "@latentflow/core";
import { EngineError } from "../errors.js";

/** What a network's file can be. */
export type FileType = "pickle" | "torch" | "safetensors" | "onnx" | "npy";

const BY_ENDING: Readonly<Record<string, FileType>> = {
  ".pkl": "pickle",
  ".pt": "torch",
  ".pth": "torch",
  ".safetensors": "safetensors",
  ".onnx": "onnx",
  ".npy": "npy",
};

/**
 * Finds the reader for a file's type and lets it read.
 *
 * @param part what is read, for the error
 * @throws EngineError that names the part and its file, and why it could not be read
 */
export async function openFile<Reader, Content>(
  part: string,
  file: CheckpointSource,
  readers: Partial<Record<FileType, Reader>>,
  read: (reader: Reader, source: CheckpointSource) => Promise<Content>,
): Promise<Content> {
  const name = nameOf(file);
  try {
    const fetched = isAddress(file) ? await fetch(file) : file;
    const known = ending(name);
    const source = known === undefined && fetched instanceof Response && fetched.ok ? await fetched.arrayBuffer() : fetched;
    const type = known ?? (await typeOfBytes(source));
    const reader = type && readers[type];
    if (reader) return await read(reader, source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : describeValue(cause);
    throw new EngineError(`loadModel: could not load the ${part}${name === null ? "" : `, ${name}`}: ${reason}`, { cause });
  }
  const isPickle = ending(name) === "pickle" ? ": a .pkl holds NVlabs' networks, so give it as the generator" : "";
  const endings = Object.keys(BY_ENDING).filter((text) => readers[BY_ENDING[text]!] !== undefined);
  throw new EngineError(
    `loadModel: expected the ${part} to end in ${endings.join(", ")}, got ${name ?? (isBytes(file) ? "bytes of another kind" : describeValue(file))}${isPickle}.`,
  );
}

function isAddress(file: CheckpointSource): file is string | URL {
  return (typeof file === "string" || file instanceof URL) && /^https?:/.test(String(file));
}

/** Whether a value is the bytes of a file. */
export function isBytes(file: unknown): boolean {
  return file instanceof ArrayBuffer || ArrayBuffer.isView(file) || file instanceof Blob || file instanceof Response;
}

/** A file's name, where it has one. */
export function nameOf(file: CheckpointSource): string | null {
  if (typeof file === "string" || file instanceof URL) return String(file);
  if (typeof File !== "undefined" && file instanceof File) return file.name;
  if (file instanceof Response && file.url !== "") return file.url;
  return null;
}

/** The last part of a file's name, or what it is called without one. */
export function shortName(file: CheckpointSource, otherwise: string): string {
  return (
    nameOf(file)
      ?.replace(/[?#].*$/, "")
      .replace(/^.*[/\\]/, "") || otherwise
  );
}

function ending(name: string | null): FileType | undefined {
  const found = name?.replace(/[?#].*$/, "").match(/\.[a-z]+$/i)?.[0];
  return found === undefined ? undefined : BY_ENDING[found.toLowerCase()];
}

/**
 * By the first bytes: zip archives and PyTorch's old magic number, safetensors' JSON after the length of its header, NumPy's name, other pickles NVlabs',
 * an ONNX model's first field, the version of its format.
 */
async function typeOfBytes(source: CheckpointSource): Promise<FileType | undefined> {
  const bytes = await firstBytes(source);
  if (bytes === undefined) return undefined;
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return "torch";
  if (bytes[8] === 0x7b) return "safetensors";
  if (bytes[0] === 0x93 && bytes[1] === 0x4e) return "npy";
  if (bytes[0] === 0x08 && bytes[1]! > 0 && bytes[1]! < 0x20) return "onnx";
  if (bytes[0] !== 0x80) return undefined;
  return bytes[2] === 0x8a && bytes[3] === 0x0a ? "torch" : "pickle";
}

async function firstBytes(source: CheckpointSource): Promise<Uint8Array | undefined> {
  if (source instanceof Uint8Array) return source.subarray(0, 16);
  if (source instanceof ArrayBuffer) return new Uint8Array(source, 0, Math.min(16, source.byteLength));
  if (source instanceof Blob) return new Uint8Array(await source.slice(0, 16).arrayBuffer());
  return undefined;
}

/** What a file is, by its name's ending, or by its first bytes where the name has none that is known. */
export async function fileType(file: CheckpointSource): Promise<FileType | undefined> {
  return ending(nameOf(file)) ?? (await typeOfBytes(file));
}
