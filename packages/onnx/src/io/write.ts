import { type DeclaredOptions, type GivenOptions, readOptions } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { checkModel, isText } from "../graph/check.js";
import { bytesOf } from "../graph/data-types.js";
import type { OnnxModel } from "../graph/model.js";
import { GRAPH, MODEL, OPSET_IMPORT } from "./fields.js";
import { writeNode } from "./node-proto.js";
import { writeTensor } from "./tensor-proto.js";
import { writeValueInfo } from "./value-info.js";
import { MessageWriter } from "./wire-writer.js";

const WRITE = {
  /** Keep constants of 1 KB or more in a second file of this name, beside the model's. Needed beyond 2 GB. */
  externalData: {
    optional: true,
    is: (value: unknown): value is string => isText(value) && value !== "",
    expected: "a file's name",
  },
} as const satisfies DeclaredOptions;

/** Options of `writeOnnxFiles`. */
export interface WriteOnnxOptions extends GivenOptions<typeof WRITE> {}

/** What `writeOnnx` gives: the model's file and, with `externalData`, the file with its weights. */
export interface OnnxFiles {
  readonly model: Uint8Array;
  readonly externalData?: Uint8Array;
}

/** Weights start at multiples of this many bytes, so that a runtime can map them into memory. */
const ALIGNMENT = 64;
const EXTERNAL_FROM = 1024;
/** Protobuf's limit for one message, 2 GB. */
const LARGEST_MESSAGE = 2 ** 31 - 1;

/** IR versions by operator set, as the ONNX releases paired them. */
const irVersion = (opset: number) => (opset <= 14 ? 7 : opset <= 18 ? 8 : opset <= 20 ? 9 : opset <= 22 ? 10 : opset - 12);

/**
 * The bytes of an `.onnx` file.
 *
 * @throws OnnxError for weights of 2 GB or more, which need `writeOnnxFiles` with `externalData`
 */
export function writeOnnx(model: OnnxModel): Uint8Array {
  return writeOnnxFiles(model).model;
}

/**
 * The bytes of an `.onnx` file and of a file with its weights.
 *
 * @throws OnnxError for weights of 2 GB or more within the model's file
 */
export function writeOnnxFiles(model: OnnxModel, options: WriteOnnxOptions = {}): OnnxFiles {
  checkModel("writeOnnx", model);
  const { externalData: location } = readOptions("writeOnnx", WRITE, options, OnnxError);
  let offset = 0;
  let inside = 0;
  const outside: { offset: number; bytes: Uint8Array }[] = [];
  const places = new Map<string, { location: string; offset: number }>();
  for (const [name, { data }] of model.initializers) {
    const bytes = data.byteLength;
    if (location === undefined || bytes < EXTERNAL_FROM) {
      inside += bytes;
      continue;
    }
    places.set(name, { location, offset });
    outside.push({ offset, bytes: bytesOf(data) });
    offset = Math.ceil((offset + bytes) / ALIGNMENT) * ALIGNMENT;
  }
  checkLargest(inside);
  const file = encode(model, places);
  if (location === undefined) return { model: file };
  const externalData = new Uint8Array(offset);
  for (const part of outside) externalData.set(part.bytes, part.offset);
  return { model: file, externalData };
}

function checkLargest(weights: number): void {
  if (weights < LARGEST_MESSAGE) return;
  throw new OnnxError(
    `writeOnnx: expected weights below 2 GB in one file, got ${(weights / 1e9).toFixed(1)} GB; set externalData.`,
  );
}

/**
 * The bytes of an `.onnx` file in memory that `free` gives back at once: garbage collection does not run while a runtime works, and then memory is
 * needed most. The bytes are for Node's native modules; some functions of browsers refuse memory of this kind.
 */
export function writeFreeable(model: OnnxModel): { readonly bytes: Uint8Array; readonly free: () => void } {
  checkLargest([...model.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0));
  let memory: Resizable | undefined;
  const bytes = encode(model, new Map(), (size) => {
    memory = new (ArrayBuffer as unknown as ResizableConstructor)(size, { maxByteLength: size });
    return new Uint8Array(memory);
  });
  return { bytes, free: () => memory?.resize(0) };
}

/** ES2024. */
type Resizable = ArrayBuffer & { resize(size: number): void };
type ResizableConstructor = new (size: number, options: { readonly maxByteLength: number }) => Resizable;

function encode(
  model: OnnxModel,
  places: ReadonlyMap<string, { location: string; offset: number }>,
  allocate?: (size: number) => Uint8Array<ArrayBuffer>,
): Uint8Array {
  const message = new MessageWriter();
  message.int(MODEL.irVersion, irVersion(model.opset));
  message.text(MODEL.producerName, "latentflow");
  message.message(MODEL.graph, (graph) => {
    graph.text(GRAPH.name, model.name || "graph");
    for (const node of model.nodes) graph.message(GRAPH.node, (own) => writeNode(own, node));
    for (const [name, tensor] of model.initializers)
      graph.message(GRAPH.initializer, (own) => writeTensor(own, name, tensor, places.get(name)));
    for (const input of model.inputs) graph.message(GRAPH.input, (own) => writeValueInfo(own, input));
    for (const output of model.outputs) graph.message(GRAPH.output, (own) => writeValueInfo(own, output));
  });
  for (const [domain, version] of [["", model.opset] as const, ...Object.entries(model.domains)]) {
    message.message(MODEL.opsetImport, (opset) => {
      opset.text(OPSET_IMPORT.domain, domain);
      opset.int(OPSET_IMPORT.version, version);
    });
  }
  return message.finish(allocate);
}
