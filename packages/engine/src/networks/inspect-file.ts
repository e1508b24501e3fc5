import {
  type CheckpointSource,
  isTensorData,
  PickledObject,
  type PickleValue,
  readNpy,
  readNvlabsPickle,
  readSafetensors,
  readTorch,
  stateDict,
  type TensorData,
} from "@latentflow/checkpoints";
import { describeValue, readOptions } from "@latentflow/core";
import { describeNetwork, describeNvlabsNetwork, type NetworkDescription } from "@latentflow/models";
import { type OnnxModel, openOnnx } from "@latentflow/onnx";
import { EngineError } from "../errors.js";
import { describeGraph } from "./describe-graph.js";
import { type FileType, fileType } from "./file-type.js";

/** A tensor of a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly count: number;
}

/** Tensors that stand together in a file: a state dict, a network, the constants of a graph. */
export interface TensorGroup {
  /** Key in the file; "" for the file itself. */
  readonly key: string;
  readonly tensors: readonly TensorEntry[];
  /** What it would be loaded as; null where it is no network that is known here. */
  readonly network: NetworkDescription | null;
}

/** What a file holds. */
export interface FileContents {
  /** "PyTorch", "NVlabs pickle", "safetensors", "ONNX" or "NumPy". */
  readonly format: string;
  readonly groups: readonly TensorGroup[];
  /** What is there beside tensors, for people. */
  readonly others: readonly (readonly [key: string, text: string])[];
}

/** How each type of file is looked into; one is one line. */
const READERS: Record<FileType, (source: CheckpointSource) => Promise<FileContents>> = {
  torch: async (source) => ofDict("PyTorch", await readTorch(source)),
  pickle: async (source) => ofNvlabs(await readNvlabsPickle(source)),
  safetensors: async (source) => {
    const { tensors, metadata } = await readSafetensors(source);
    return {
      format: "safetensors",
      groups: [groupOf("", tensors, metadata)],
      others: [...metadata].map(([k, v]) => [k, shortened(v)]),
    };
  },
  onnx: async (source) => ofGraph(await openOnnx(source)),
  npy: async (source) => {
    const array = await readNpy(source);
    const codes =
      array.shape.length === 2
        ? `codes w: ${array.shape[0]} of ${array.shape[1]} numbers`
        : array.shape.length === 3
          ? `W+ codes: ${array.shape[0]} of ${array.shape[1]} rows`
          : null;
    return {
      format: "NumPy",
      groups: [{ key: "", tensors: [entryOf("", array)], network: null }],
      others: codes === null ? [] : [["may be", codes]],
    };
  },
};

/**
 * What a file holds, tensor by tensor, and what it would be loaded as: `.pt`, `.pth`, `.pkl`, `.safetensors`, `.onnx`, `.npy`, told by its name's ending or its
 * first bytes. Nothing in it is run, and no backend is needed.
 *
 * @param source in Node a path, everywhere bytes, a File, a Response
 * @throws EngineError for a file of another kind, or one that can't be read; the message says why
 */
export async function inspectFile(source: CheckpointSource, options: Record<string, never> = {}): Promise<FileContents> {
  readOptions("inspectFile", {}, options, EngineError);
  const type = await fileType(source);
  if (type === undefined)
    throw new EngineError(
      `inspectFile: expected a file of PyTorch (.pt, .pth), NVlabs (.pkl), safetensors, ONNX or NumPy (.npy), got ${typeof source === "string" ? `${source}, whose ending and first bytes say nothing` : describeValue(source)}.`,
    );
  try {
    return await READERS[type](source);
  } catch (cause) {
    // A pickle may be PyTorch's, whatever its name says.
    if (type === "pickle") return READERS.torch(source).catch(() => fail(source, cause));
    return fail(source, cause);
  }
}

function fail(source: CheckpointSource, cause: unknown): never {
  const name = typeof source === "string" ? source : "the file";
  throw new EngineError(`inspectFile: could not read ${name}: ${cause instanceof Error ? cause.message : describeValue(cause)}`, {
    cause,
  });
}

const entryOf = (name: string, { dtype, shape }: TensorData): TensorEntry => ({
  name,
  dtype,
  shape,
  count: shape.reduce((a, b) => a * b, 1),
});

function groupOf(key: string, tensors: ReadonlyMap<string, TensorData>, metadata?: ReadonlyMap<string, string>): TensorGroup {
  return {
    key,
    tensors: [...tensors].map(([name, tensor]) => entryOf(name, tensor)),
    network: describeNetwork(tensors, metadata),
  };
}

function ofNvlabs(networks: ReadonlyMap<string, Parameters<typeof describeNvlabsNetwork>[0]>): FileContents {
  const groups = [...networks].map(([key, network]) => ({
    key,
    tensors: [...network.tensors].map(([name, tensor]) => entryOf(name, tensor)),
    network: describeNvlabsNetwork(network),
  }));
  return { format: "NVlabs pickle", groups, others: [] };
}

/** Tensors by the key of the dict that holds them, also in lists and one dict inside another. */
function ofDict(format: string, file: PickleValue): FileContents {
  const groups: TensorGroup[] = [];
  const others: (readonly [string, string])[] = [];
  const visit = (key: string, value: PickleValue, depth: number) => {
    if (isTensorData(value)) return void groups.push({ key, tensors: [entryOf("", value)], network: null });
    if (!(value instanceof Map) || depth > 3) return void others.push([key, describeEntry(value)]);
    const tensors = [...value].filter(([, entry]) => isTensorData(entry as PickleValue));
    if (tensors.length > 0) groups.push(groupOf(key, stateDict(value)));
    for (const [name, entry] of value)
      if (!isTensorData(entry as PickleValue))
        visit(key === "" ? String(name) : `${key}.${String(name)}`, entry as PickleValue, depth + 1);
  };
  visit("", file, 0);
  return { format, groups, others: others.slice(0, MOST_OTHERS) };
}

const MOST_OTHERS = 40;

function describeEntry(value: PickleValue): string {
  if (value instanceof PickledObject) return `an object of the Python class ${value.className}, which is not run`;
  if (value instanceof Map) return `a dict of ${value.size} entries`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return shortened(typeof value === "string" ? value : describeValue(value));
}

function ofGraph(graph: OnnxModel): FileContents {
  const tensors = [...graph.initializers].map(([name, { type, dims, data }]) => ({
    name,
    dtype: type,
    shape: dims,
    count: data.length,
  }));
  const { network, facts } = describeGraph(graph);
  return { format: "ONNX", groups: [{ key: "", tensors, network }], others: facts };
}

const shortened = (text: string) => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
