import { type CheckpointSource, readNpy, readSafetensors, readTorch, stateDict, type TensorData } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { EngineError } from "../errors.js";
import type { CodeSource, NetworkParts } from "../parts.js";
import { type FileType, openFile, shortName } from "./file-type.js";

/** How parts get their codes. */
export interface Codes extends Pick<NetworkParts, "sampleCodes" | "meanLatent" | "mappingSlope"> {
  readonly codes?: CodeSource;
  readonly notes: readonly string[];
}

/** Numbers of the first code that tell sources apart. */
const FINGERPRINT = 8;

/** Codes for a generator that says nothing of its own: N(0, 1). */
export function normalCodes(width: number, why: string): Codes {
  const about = `N(0, 1) of ${width} numbers, ${why}`;
  return {
    sampleCodes: async (count, seed) => new SeededRandom(seed).normals(count * width),
    // Their mean is known.
    meanLatent: new Float32Array(width),
    codes: { about, fingerprint: [width] },
    notes: [`codes: ${about}`],
  };
}

/** What a file of codes holds. */
interface CodesFile {
  readonly codes: TensorData;
  readonly labels: TensorData | undefined;
}

const READERS: Partial<Record<FileType, (source: CheckpointSource) => Promise<CodesFile>>> = {
  npy: async (source) => ({ codes: await readNpy(source), labels: undefined }),
  torch: async (source) => inDict(stateDictOrTensor(await readTorch(source))),
  safetensors: async (source) => inDict((await readSafetensors(source)).tensors),
};

/** What codes of a file must fit. */
export interface CodeTakers {
  readonly generator: Pick<NetworkParts["generator"], "latentDim" | "rowCount">;
  /** The regressor's, for the labels. */
  readonly attributes: readonly { readonly name: string; readonly classes: number }[];
  /** The generator's own mean latent, where it has a mapping; default: the codes' mean, over their rows, too. */
  readonly meanLatent?: ArrayLike<number> | undefined;
}

/**
 * Codes of a file: an array [n, d], or of W+ [n, rows, d], as `.npy`, or as `.pt` or `.safetensors` with the paper's names, "ws" and perhaps
 * "labels" [n, attributes].
 *
 * @throws EngineError for a file that can't be read, or holds others
 */
export async function codesOfFile(file: CheckpointSource, takers: CodeTakers): Promise<Codes> {
  const { generator, attributes } = takers;
  const found = await openFile("codes", file, READERS, (read, source) => read(source));
  const name = shortName(file, "codes");
  const { count, rowCount } = checkedShape(name, found.codes.shape, generator);
  const width = generator.latentDim * (rowCount ?? 1);
  const all = Float32Array.from(found.codes.data as ArrayLike<number>, Number);
  if (!all.every(Number.isFinite)) throw new EngineError(`loadModel: expected finite codes in ${name}, got NaN or infinity.`);
  const labels = found.labels && checkedLabels(name, found.labels, count, attributes);
  const rows = rowCount === undefined ? "" : ` of W+, ${rowCount} rows each`;
  const about = `${name}, ${count} codes${rows}${labels ? " with their labels" : ""}`;
  const rowsOf = (wanted: number, seed: number) => {
    if (wanted <= count) return new SeededRandom(seed).permutation(count).subarray(0, wanted);
    throw new EngineError(
      `codes: expected at most the ${count} codes of ${name}, got ${wanted}. In an experiment: make sample.codes + sample.heldOut at most ${count}.`,
    );
  };
  return {
    async sampleCodes(wanted, seed) {
      const result = new Float32Array(wanted * width);
      rowsOf(wanted, seed).forEach((row, i) => {
        result.set(all.subarray(row * width, (row + 1) * width), i * width);
      });
      return result;
    },
    meanLatent: takers.meanLatent ?? meanOf(all, generator.latentDim),
    codes: {
      about,
      fingerprint: [count, ...(rowCount === undefined ? [] : [rowCount]), ...all.subarray(0, FINGERPRINT)],
      ...(rowCount !== undefined && { rowCount }),
      ...(labels && {
        labels: async (wanted: number, seed: number) => {
          const result = new Int32Array(wanted * attributes.length);
          rowsOf(wanted, seed).forEach((row, i) => {
            result.set(labels.subarray(row * attributes.length, (row + 1) * attributes.length), i * attributes.length);
          });
          return result;
        },
      }),
    },
    notes: [`codes: ${about}${labels ? "; nothing is labelled again, so a truncation does not count for these labels" : ""}`],
  };
}

function meanOf(codes: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  const count = codes.length / width;
  codes.forEach((x, i) => {
    mean[i % width]! += x / count;
  });
  return mean;
}

/** How many codes there are, and how many rows each has; undefined for W codes. */
function checkedShape(
  name: string,
  shape: readonly number[],
  { latentDim, rowCount }: CodeTakers["generator"],
): { count: number; rowCount: number | undefined } {
  const [count = 0, rows] = shape;
  const isPlus = shape.length === 3 && rows === rowCount;
  if (count > 0 && shape.at(-1) === latentDim && (shape.length === 2 || isPlus))
    return { count, rowCount: isPlus ? rowCount : undefined };
  const plus = rowCount === undefined ? "" : ` W+ codes are [n, ${rowCount}, ${latentDim}].`;
  throw new EngineError(
    `loadModel: expected codes [n, ${latentDim}] in ${name}, as the generator takes them, got [${shape.join(", ")}].${plus}`,
  );
}

/** Names under which files keep codes, the paper's first. */
const CODES = ["ws", "w", "codes", "latent", "latents"];

function inDict(tensors: ReadonlyMap<string, TensorData>): CodesFile {
  const name = CODES.find((key) => tensors.has(key)) ?? (tensors.size === 1 ? [...tensors.keys()][0] : undefined);
  if (name !== undefined) return { codes: tensors.get(name)!, labels: tensors.get("labels") };
  const found = [...tensors].map(([key, { shape }]) => `${key} [${shape.join(", ")}]`).slice(0, 12);
  throw new EngineError(`expected an array, or one under ${CODES.join(", ")}, got ${found.join(", ") || "none"}.`);
}

/** A file may hold one tensor, or a dict of them. */
function stateDictOrTensor(value: unknown): ReadonlyMap<string, TensorData> {
  return stateDict(value instanceof Map ? value : new Map([["codes", value]]));
}

function checkedLabels(
  name: string,
  labels: TensorData,
  count: number,
  attributes: readonly { readonly name: string; readonly classes: number }[],
): Int32Array {
  const { shape } = labels;
  if (shape.length !== 2 || shape[0] !== count || shape[1] !== attributes.length)
    throw new EngineError(
      `loadModel: expected labels [${count}, ${attributes.length}] in ${name}, one for each code and attribute of the regressor, got [${shape.join(", ")}].`,
    );
  const values = Array.from(labels.data as ArrayLike<number>, Number);
  const wrong = values.findIndex(
    (label, i) => !(Number.isInteger(label) && label >= 0 && label < attributes[i % attributes.length]!.classes),
  );
  if (wrong < 0) return Int32Array.from(values);
  const attribute = attributes[wrong % attributes.length]!;
  throw new EngineError(
    `loadModel: expected labels of "${attribute.name}" in 0…${attribute.classes - 1} in ${name}, got ${values[wrong]}.`,
  );
}
