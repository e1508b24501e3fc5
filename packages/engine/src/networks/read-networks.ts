import type { CheckpointSource } from "@latentflow/checkpoints";
import { type DeclaredOptions, type GivenOptions, isGiven, readOptions } from "@latentflow/core";
import { type HeadSpec, type ImageSize, RESIZES } from "@latentflow/onnx";
import { EngineError } from "../errors.js";
import type { NetworkParts } from "../parts.js";
import { codesOfFile } from "./codes.js";
import { readEmbedder } from "./embedder-files.js";
import { isBytes } from "./file-type.js";
import { type LoadedGenerator, readGenerator } from "./generator-files.js";
import { readRegressor } from "./regressor-files.js";

const FILE = { is: isGiven<CheckpointSource>, expected: "a file" } as const;
const NAME = {
  optional: true,
  is: (value: unknown): value is string => typeof value === "string" && value !== "",
  expected: "a text",
} as const;

const GENERATOR_FILE = {
  file: FILE,
  /** Of a PyTorch file: the key of its state dict, such as "g" or "nets.g". Default: "g_ema", or the file is the dict. */
  key: NAME,
  /** Of a graph that maps z to w inside: the name of w. Default: found by its structure. */
  latent: NAME,
} as const satisfies DeclaredOptions;

const REGRESSOR_FILE = {
  file: FILE,
  /** Of a PyTorch file: the key of its state dict. Default: "model_state_dict" or "state_dict", or the file is the dict. */
  key: NAME,
  /** How the generator's images come to the size that it takes. Default: they must have it. */
  resize: { optional: true, choices: RESIZES },
} as const satisfies DeclaredOptions;

const EMBEDDER_FILE = {
  file: FILE,
  /** As of a regressor. */
  resize: { optional: true, choices: RESIZES },
} as const satisfies DeclaredOptions;

/** A generator's file, and where in it the network is. */
export interface GeneratorFile extends GivenOptions<typeof GENERATOR_FILE> {}

/** A regressor's file, and how images come to it. */
export interface RegressorFile extends GivenOptions<typeof REGRESSOR_FILE> {}

/** An embedder's file: images to rows of length 1. */
export interface EmbedderFile extends GivenOptions<typeof EMBEDDER_FILE> {}

const NETWORKS = {
  /** StyleGAN2: NVlabs' `.pkl`, rosinality's `.pt` or `.pth`, ours as `.safetensors`; any as `.onnx`. */
  generator: { is: isGiven<CheckpointSource | GeneratorFile>, expected: "a file" },
  /** z → w as `.onnx`, beside a generator as `.onnx`. Default: the generator's own, else codes are N(0, 1). */
  mapping: { ...FILE, optional: true },
  /** The paper's CNN regressor: `.pt`, `.pth` or `.safetensors`; any as `.onnx`. */
  regressor: { is: isGiven<CheckpointSource | RegressorFile>, expected: "a file" },
  /** A second regressor, trained from another seed: judges edited pictures, and nothing else. A graph needs an output "features" [n, f]. */
  judge: { optional: true, is: isGiven<CheckpointSource | RegressorFile>, expected: "a file" },
  /** For losses that keep an identity: any as `.onnx`, facenet-pytorch's InceptionResnetV1 as `.pt`. */
  embedder: { optional: true, is: isGiven<CheckpointSource | EmbedderFile>, expected: "a file" },
  /**
   * Codes w [n, d], or of W+ [n, rows, d]: `.npy`, or `.pt` or `.safetensors` with "ws" and perhaps "labels". Default: the generator's mapping.
   */
  codes: { ...FILE, optional: true },
  /** "binary": every number of a graph's answer is the logit of an attribute of two classes. Default: by widths and names. */
  heads: { optional: true, choices: ["classes", "binary"] },
  /**
   * The regressor's attributes, in its order: names, or for graphs `{ name, classes }` and `{ name, thresholds }`. Default: the names of a graph's outputs,
   * else "attribute 0", "attribute 1", …
   */
  attributes: { optional: true, is: isGiven<readonly HeadSpec[]>, expected: "names" },
} as const satisfies DeclaredOptions;

/** Files of a generator and of a regressor: in Node paths, everywhere addresses to fetch, Files, Responses or bytes. */
export interface NetworkFiles extends GivenOptions<typeof NETWORKS> {}

/**
 * Reads a generator and a regressor, in any mix of files, onto the current tfjs backend, graphs aside, which ONNX Runtime runs. What a file holds is
 * told by its name's ending, or by its first bytes where it has no name.
 *
 * @throws EngineError that names the network and its file, and what was expected and found
 */
export async function readNetworks(files: NetworkFiles): Promise<NetworkParts> {
  const { mapping, codes, heads, attributes } = readOptions("readNetworks", NETWORKS, files, EngineError);
  const freed: (() => void)[] = [];
  const owned = <T extends { dispose?(): void }>(part: T): T => {
    if (part.dispose) freed.push(() => part.dispose!());
    return part;
  };
  const dispose = () => {
    for (const free of freed) free();
  };
  try {
    const own = fileOf("generator", GENERATOR_FILE, files.generator);
    const made = owned(await readGenerator({ ...own, ...(mapping !== undefined && { mapping }) }));
    const { size } = made;
    const seen = fileOf("regressor", REGRESSOR_FILE, files.regressor);
    const read = { ...seen, ...(attributes && { attributes }), ...(heads && { heads }), ...(size && { size }) };
    const { regressor, notes } = owned(await readRegressor("regressor", read));
    const judge = files.judge === undefined ? undefined : owned(await readJudge(files.judge, size));
    const embedder =
      files.embedder === undefined
        ? undefined
        : owned(await readEmbedder({ ...fileOf("embedder", EMBEDDER_FILE, files.embedder), ...(size && { size }) }));
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
  return readRegressor("judge", { ...fileOf("judge", REGRESSOR_FILE, given), ...(size && { size }) });
}

/** A file, alone or with more said of it. */
function fileOf<D extends { readonly file: typeof FILE } & DeclaredOptions>(
  part: string,
  declared: D,
  given: CheckpointSource | object,
): GivenOptions<D> {
  const isPlain = typeof given === "object" && given !== null && !isBytes(given) && !(given instanceof URL);
  const said = isPlain ? given : { file: given };
  readOptions(`loadModel: the ${part}`, declared, said, EngineError);
  return said as GivenOptions<D>;
}
