import { crc32 } from "node:zlib";
import { CheckpointError, NpzFile, readNpy, readNvlabsPickle, readSafetensors, readTorch } from "../src/index.js";
import { referenceFile, referenceNames } from "./files.js";

/** Reads a file with the reader that its name calls for. */
async function readAny(name: string, bytes: Uint8Array): Promise<unknown> {
  if (name.endsWith(".pt")) return readTorch(bytes);
  if (name.endsWith(".pkl")) return readNvlabsPickle(bytes);
  if (name.endsWith(".npy")) return readNpy(bytes);
  if (name.endsWith(".safetensors")) return readSafetensors(bytes);
  const npz = await NpzFile.open(bytes);
  const arrays = [];
  for (const array of npz.names) arrays.push(await npz.read(array));
  return arrays;
}

export interface Outcome {
  /** What was read. */
  readonly value: unknown;
  /** What the reader ended with; anything that is no CheckpointError is a defect. */
  readonly error: unknown;
  /** Processor time: what the clock shows depends on what else runs. */
  readonly milliseconds: number;
  /** Bytes of the buffers that the value keeps alive, the file's own apart. */
  readonly bytes: number;
}

export async function outcomeOf(name: string, bytes: Uint8Array): Promise<Outcome> {
  const start = process.cpuUsage();
  let error: unknown;
  let value: unknown;
  try {
    value = await readAny(name, bytes);
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.cpuUsage(start);
  return { value, error, milliseconds: (user + system) / 1000, bytes: retainedBytes(value, bytes.buffer) };
}

/** What is wrong with an outcome; undefined when it is a value or a CheckpointError with a reason, fast and small. */
export function defect({ error, milliseconds, bytes }: Outcome, fileSize: number): string | undefined {
  if (error !== undefined && !(error instanceof CheckpointError))
    return `threw ${error instanceof Error ? error.stack : String(error)}`;
  if (error instanceof CheckpointError && error.reason === "") return "threw without a reason";
  if (milliseconds > 1000) return `took ${milliseconds} ms`;
  // Small files have an allowance of a quarter of a mebibyte.
  if (bytes > Math.max(3 * fileSize, 262144)) return `kept ${bytes} bytes from a file of ${fileSize}`;
  return undefined;
}

function retainedBytes(root: unknown, own: ArrayBufferLike): number {
  const seen = new Set<unknown>();
  const open = [root];
  let bytes = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      if (value.buffer !== own && !seen.has(value.buffer)) bytes += value.buffer.byteLength;
      seen.add(value.buffer);
    } else if (value instanceof Map) for (const [key, item] of value) open.push(key, item);
    else for (const item of value instanceof Set ? value : Object.values(value)) open.push(item);
  }
  return bytes;
}

/** Uniform integers in [0, n) from a seed (a 32-bit linear congruential generator: quality does not matter here). */
export function seededInts(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const FOREIGN = ["os\nsystem\n", "posix\nsystem\n", "builtins\neval\n", "subprocess\nPopen\n", "builtins\n__import__\n"];

/** One of the reference files with one to three random wounds: flipped bits, cut ends, huge counts, repeated or foreign opcodes. */
function mutatedFile(random: (n: number) => number): { name: string; bytes: Uint8Array; what: string } {
  const name = referenceNames[random(referenceNames.length)]!;
  let bytes = referenceFile(name);
  const wounds: string[] = [];
  for (let left = 1 + random(3); left > 0 && bytes.length > 0; left--) {
    const at = random(bytes.length);
    const kind = random(7);
    wounds.push(`${kind}@${at}`);
    if (kind === 0) bytes[at]! ^= 1 << random(8);
    else if (kind === 1) bytes = bytes.slice(0, at);
    else if (kind === 2) bytes.fill(0xff, at, at + 1 + random(8));
    else if (kind === 3) bytes[at] = random(256);
    else if (kind === 4)
      bytes = splice(bytes, at, new TextEncoder().encode(`c${FOREIGN[random(FOREIGN.length)]}`), random(2) * 20);
    else if (kind === 5) bytes = splice(bytes, at, bytes.slice(at, at + random(200)), 0);
    else bytes = splice(bytes, at, Uint8Array.of(0x68, random(256), 0x61, 0x75, 0x52, 0x62).subarray(0, 2 + random(5)), 0);
  }
  return { name, bytes: withChecksums(bytes), what: `${name} ${wounds.join(" ")}` };
}

/** Sets the CRC-32s of a zip archive's stored members right: else most wounds would end there, and nothing behind would be tried. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = archive.indexOf("PK\x01\x02"); at >= 0 && at + 46 <= bytes.length; at = archive.indexOf("PK\x01\x02", at + 46)) {
    const [method, size, header] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
    if (method !== 0 || header + 30 > bytes.length) continue;
    const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
    view.setUint32(at + 16, crc32(bytes.subarray(start, start + size)), true);
  }
  return bytes;
}

function splice(bytes: Uint8Array, at: number, insert: Uint8Array, remove: number): Uint8Array {
  const rest = bytes.subarray(Math.min(at + remove, bytes.length));
  const result = new Uint8Array(at + insert.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(rest, at + insert.length);
  return result;
}

/** Reads `count` mutated files; answers what was wrong with each that misbehaved. */
export async function fuzz(count: number, seed: number): Promise<{ defects: string[]; values: number; errors: number }> {
  const random = seededInts(seed);
  const result = { defects: [] as string[], values: 0, errors: 0 };
  for (let i = 0; i < count; i++) {
    const { name, bytes, what } = mutatedFile(random);
    const outcome = await outcomeOf(name, bytes);
    if (outcome.error === undefined) result.values++;
    else result.errors++;
    const wrong = defect(outcome, bytes.length);
    if (wrong) result.defects.push(`${what}: ${wrong}`);
  }
  return result;
}
