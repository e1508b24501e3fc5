import type { CheckpointSource } from "@latentflow/checkpoints";
import { checkChoice, checkOptions, checkRequired, describeValue } from "@latentflow/core";
import { type HeadSpec, type ImageSize, RESIZES, type Resize } from "@latentflow/onnx";
import { EngineError } from "../errors.js";
import type { NetworkParts } from "../parts.js";
import { codesOfFile } from "./codes.js";
import { readEmbedder } from "./embedder-files.js";
import { isBytes } from "./file-type.js";
import { type LoadedGenerator, readGenerator } from "./generator-files.js";
import { readRegressor } from "./regressor-files.js";

/** A generator's file, and where in it the network is. */
export interface GeneratorFile {
  readonly file: CheckpointSource;
  /** Of a PyTorch file: the key of its state dict, such as "g" or "nets.g". Default: "g_ema", or the file is the dict. */
  readonly key?: string;
  /** Of a graph that maps z to w inside: the name of w. Default: found by its structure. */
  readonly latent?: string;
}

/** A regressor's file, and how images come to it. */
export interface RegressorFile {
  readonly file: CheckpointSource;
  /** Of a PyTorch file: the key of its state dict. Default: "model_state_dict" or "state_dict", or the file is the dict. */
  readonly key?: string;
  /** How the generator's images come to the size that it takes. Default: they must have it. */
  readonly resize?: Resize;
}

/** An embedder's file: images to rows of length 1. */
export interface EmbedderFile {
  readonly file: CheckpointSource;
  readonly resize?: Resize;
}

/** Files of a generator and of a regressor: in Node paths, everywhere addresses to fetch, Files, Responses or bytes. */
export interface NetworkFiles {
  /** StyleGAN2: NVlabs' `.pkl`, rosinality's `.pt` or `.pth`, ours as `.safetensors`; any as `.onnx`. */
  readonly generator: CheckpointSource | GeneratorFile;
  /** z → w as `.onnx`, beside a generator as `.onnx`. Default: the generator's own, else codes are N(0, 1). */
  readonly mapping?: CheckpointSource;
  /** The paper's CNN regressor: `.pt`, `.pth` or `.safetensors`; any as `.onnx`. */
  readonly regressor: CheckpointSource | RegressorFile;
  /** A second regressor, trained from another seed: judges edited pictures, and nothing else. A graph needs an output "features" [n, f]. */
  readonly judge?: CheckpointSource | RegressorFile;
  /** For losses that keep an identity: any as `.onnx`, facenet-pytorch's InceptionResnetV1 as `.pt`. */
  readonly embedder?: CheckpointSource | EmbedderFile;
  /**
   * Codes w [n, d], or of W+ [n, rows, d]: `.npy`, or `.pt` or `.safetensors` with "ws" and perhaps "labels". Default: the generator's mapping.
   */
  readonly codes?: CheckpointSource;
  /** "binary": every number of a graph's answer is the logit of an attribute of two classes. Default: by widths and names. */
  readonly heads?: "classes" | "binary";
  /**
   * The regressor's attributes, in its order: names, or for graphs `{ name, classes }` and `{ name, thresholds }`. Default: the names of a graph's outputs,
   * else "attribute 0", "attribute 1", …
   */
  readonly attributes?: readonly HeadSpec[];
}

const FIELDS = ["generator", "mapping", "regressor", "judge", "embedder", "codes", "heads", "attributes"];

/**
 * Reads a generator and a regressor, in any mix of files, onto the current tfjs backend, graphs aside, which ONNX Runtime runs. What a file holds is
 * told by its name's ending, or by its first bytes where it has no name.
 *
 * @throws EngineError that names the network and its file, and what was expected and found
 */
export async function readNetworks(files: NetworkFiles): Promise<NetworkParts> {
  checkRequired("readNetworks", files, ["generator", "regressor"], EngineError);
  checkOptions("readNetworks", files, FIELDS, EngineError);
  const { mapping, codes, heads, attributes } = files;
  if (heads !== undefined) checkChoice("readNetworks", "heads", heads, ["classes", "binary"], EngineError);
  const freed: (() => void)[] = [];
  const owned = <T extends { dispose?(): void }>(part: T): T => {
    if (part.dispose) freed.push(() => part.dispose!());
    return part;
  };
  const dispose = () => {
    for (const free of freed) free();
  };
  try {
    const own = fileOf<GeneratorFile>("generator", files.generator, ["key", "latent"]);
    const made = owned(await readGenerator({ ...own, ...(mapping !== undefined && { mapping }) }));
    const { size } = made;
    const seen = fileOf<RegressorFile>("regressor", files.regressor, ["key", "resize"]);
    const read = { ...seen, ...(attributes && { attributes }), ...(heads && { heads }), ...(size && { size }) };
    const { regressor, notes } = owned(await readRegressor("regressor", read));
    const judge = files.judge === undefined ? undefined : owned(await readJudge(files.judge, size));
    const embedder =
      files.embedder === undefined
        ? undefined
        : owned(await readEmbedder({ ...fileOf<EmbedderFile>("embedder", files.embedder, ["resize"]), ...(size && { size }) }));
    const source = codes === undefined ? owned(await made.codes()) : await readCodes(codes, made, regressor.attributes);
    const { notes: ofCodes, dispose: _, ...sampled } = source as typeof source & { dispose?(): void };
    return {
      ...{ name: made.name, generator: made.generator, regressor, ...sampled },
      ...(judge && { judge: judge.regressor }),
      ...(embedder && { embedder: embedder.network }),
      ...(made.styleWeights && { styleWeights: made.styleWeights }),
      notes: [...ofCodes, ...notes],
      dispose,
    };
  } catch (error) {
    dispose();
    if (error instanceof EngineError && !error.message.startsWith("loadModel:"))
      throw new EngineError(`loadModel: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A file's codes; what they are truncated towards is the generator's own mean latent, where it has one. */
async function readCodes(file: CheckpointSource, made: LoadedGenerator, attributes: NetworkParts["regressor"]["attributes"]) {
  const { generator } = made;
  if (!made.isMapped) return codesOfFile(file, { generator, attributes });
  const { meanLatent, dispose } = await made.codes();
  dispose?.();
  return codesOfFile(file, { generator, attributes, meanLatent });
}

function readJudge(given: CheckpointSource | RegressorFile, size: ImageSize | undefined) {
  return readRegressor("judge", { ...fileOf<RegressorFile>("judge", given, ["key", "resize"]), ...(size && { size }) });
}

/** A file, alone or with more said of it. */
function fileOf<T extends { readonly file: CheckpointSource; readonly resize?: Resize }>(
  part: string,
  given: CheckpointSource | T,
  fields: readonly string[],
): T {
  const isPlain = typeof given === "object" && given !== null && !isBytes(given) && !(given instanceof URL);
  if (!isPlain) return { file: given } as T;
  checkRequired(`loadModel: the ${part}`, given, ["file"], EngineError);
  checkOptions(`loadModel: the ${part}`, given, ["file", ...fields], EngineError);
  const own = given as T;
  if (own.resize !== undefined) checkChoice(`loadModel: the ${part}`, "resize", own.resize, RESIZES, EngineError);
  for (const field of ["key", "latent"] as const) {
    const value = (own as { key?: unknown; latent?: unknown })[field];
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new EngineError(`loadModel: expected ${field} of the ${part} to be a text, got ${describeValue(value)}.`);
  }
  return own;
}
