import { type CheckpointSource, readNpy, readSafetensors, readTorch, stateDict, type TensorData } from "@latentflow/checkpoints";
import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { LatentEditError } from "../errors.js";
import { MODEL } from "../input/checks.js";
import type { Direction } from "./direction.js";
import { LinearDirection } from "./linear-direction.js";
import { type DirectionInfo, isDirectionFile, loadDirection } from "./save.js";
import { type FlowSolver, SOLVER } from "./solver.js";
import { importSeedFlow } from "./state-dict.js";

const IMPORT = {
  /** How a flow of others is integrated (default: one step of the 3/8 rule, as the paper trains). Files of `saveDirection` say it themselves. */
  solver: { ...SOLVER, optional: true },
  /** As for `loadDirection`: a file that says of which generator it is must be of this one's. */
  model: { ...MODEL, optional: true },
} as const satisfies DeclaredOptions;

export interface ImportOptions extends GivenOptions<typeof IMPORT> {}

type FileKind = "safetensors" | "torch" | "numpy";

const ENDINGS: Readonly<Record<string, FileKind>> = {
  ".safetensors": "safetensors",
  ".pt": "torch",
  ".pth": "torch",
  ".npy": "numpy",
};

/** Keys of the paper's flows, with whatever in front. */
const FLOW_KEY = /(^|\.)model\.(const|\d+\.(weight|bias))$/;

/**
 * A direction of any file: of `saveDirection`; a flow under the paper's keys, as its released `ckpt_{i}.pt` has it; or one vector [d] or [1, d], such as
 * an InterFaceGAN boundary, as NumPy, PyTorch or safetensors file. No code in a file is run.
 *
 * @param source bytes, a Blob or a Response, told by their first bytes; in Node a path, told by its ending
 * @returns the direction, and what the file says of it (nothing, of files that are not `saveDirection`'s)
 * @throws LatentEditError for files that hold something else, or another generator's direction; CheckpointError for damaged ones
 */
export async function importDirection(
  source: CheckpointSource,
  options: ImportOptions = {},
): Promise<{ direction: Direction; info: DirectionInfo }> {
  const { solver, model } = readOptions("importDirection", IMPORT, options, LatentEditError);
  const isPath = typeof source === "string" || source instanceof URL;
  const file = isPath ? source : await bytesOf(source);
  const kind = isPath ? kindOfName(String(source)) : kindOfBytes(file as Uint8Array);
  if (kind === "numpy") return { direction: fromVector([["the array", await readNpy(file)]]), info: {} };
  if (kind === "torch") return { direction: fromTensors(tensorsOf(await readTorch(file)), solver), info: {} };
  const { tensors, metadata } = await readSafetensors(file);
  if (isDirectionFile(metadata)) return loadDirection(file, { model });
  return { direction: fromTensors(tensors, solver), info: {} };
}

async function bytesOf(source: Exclude<CheckpointSource, string | URL>): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  const isReadable = source instanceof Blob || (source instanceof Response && source.ok);
  if (isReadable) return new Uint8Array(await source.arrayBuffer());
  const got = source instanceof Response ? `HTTP status ${source.status}` : describeValue(source);
  throw new LatentEditError(`importDirection: expected the bytes of a file, a Blob, a Response or a path, got ${got}.`);
}

function kindOfName(name: string): FileKind {
  const ending = /\.[a-z]+$/i.exec(name)?.[0].toLowerCase() ?? "";
  const kind = ENDINGS[ending];
  if (kind !== undefined) return kind;
  throw new LatentEditError(
    `importDirection: expected a file in ${Object.keys(ENDINGS).join(", ")}, got ${describeValue(name)}; of others give the bytes.`,
  );
}

function kindOfBytes(bytes: Uint8Array): FileKind {
  const starts = (...head: number[]) => head.every((byte, i) => bytes[i] === byte);
  if (starts(0x93, 0x4e, 0x55, 0x4d)) return "numpy";
  // A zip archive, or PyTorch's old stream of pickles.
  if (starts(0x50, 0x4b) || starts(0x80)) return "torch";
  if (bytes[8] === 0x7b) return "safetensors";
  throw new LatentEditError(
    `importDirection: expected a direction's file, of safetensors, PyTorch or NumPy, got ${bytes.length} bytes of another kind.`,
  );
}

/** What `torch.save` was given: one tensor, or a state dict, which may lie within another dict. */
function tensorsOf(value: Awaited<ReturnType<typeof readTorch>>): ReadonlyMap<string, TensorData> {
  const dict = value instanceof Map ? value : new Map([["the tensor", value]]);
  return stateDict(dict, "model_state_dict", "state_dict", "odeblock");
}

function fromTensors(tensors: ReadonlyMap<string, TensorData>, solver: FlowSolver | undefined): Direction {
  const isFlow = [...tensors.keys()].some((key) => FLOW_KEY.test(key));
  return isFlow ? importSeedFlow(tensors, { solver }) : fromVector([...tensors]);
}

function fromVector(tensors: readonly (readonly [name: string, tensor: TensorData])[]): LinearDirection {
  const [entry, another] = tensors;
  const [name, tensor] = entry ?? [];
  const isVector = tensor !== undefined && tensor.shape.length <= 2 && tensor.shape.at(-1) === tensor.data.length;
  if (isVector && another === undefined) return new LinearDirection(tensor.data);
  const shown = tensors.slice(0, 6).map(([key, { shape }]) => `${key} [${shape.join(", ")}]`);
  const got = name === undefined ? "no tensor" : `${shown.join(", ")}${tensors.length > shown.length ? ", …" : ""}`;
  throw new LatentEditError(
    `importDirection: expected a file of saveDirection, a flow under the paper's keys (odefunc.model.0.weight, …), or one vector [d] or [1, d], got ${got}.`,
  );
}
