import { checkOptions, describeValue } from "@latentflow/core";
import onnxProto from "onnx-proto";
import { OnnxError } from "../errors.js";
import { typeOfCode } from "../graph/data-types.js";
import { type AttributeValue, describeNode, type OnnxModel, type OnnxNode, OPSETS, type ValueInfo } from "../graph/model.js";
import { sortNodes } from "../graph/sort.js";
import { toInteger } from "./integers.js";
import { type ExternalData, fromTensorProto } from "./tensor-proto.js";

const { onnx } = onnxProto;

/** Options of `readOnnx`. */
export interface ReadOnnxOptions {
  /** Gives the bytes of a file with external weights. Not needed for models that hold their weights. */
  readonly external?: ExternalData;
}

/**
 * Reads a model: bytes of an `.onnx` file of operator set 13 to 25. Weights are views of these bytes where they are aligned.
 *
 * @throws OnnxError for bytes that are no model, or a model with control flow, local functions, sparse or quantised constants
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): OnnxModel {
  checkOptions("readOnnx", options, ["external"], OnnxError);
  if (!(bytes instanceof Uint8Array))
    throw new OnnxError(`readOnnx: expected the bytes of an .onnx file, got ${describeValue(bytes)}.`);
  const proto = decode(bytes);
  const graph = proto.graph;
  if (!graph) throw new OnnxError("readOnnx: expected a graph in the file, got none; is it an .onnx file?");
  if (proto.functions.length > 0) {
    throw new OnnxError(
      "readOnnx: expected a model without local functions; in Python, run onnx.inliner.inline_local_functions(model) and save again.",
    );
  }
  if (graph.sparseInitializer?.length) throw new OnnxError("readOnnx: expected dense constants, got sparse ones.");
  const domains = Object.fromEntries(
    (proto.opsetImport ?? []).map(({ domain, version }) => [
      domain === "ai.onnx" ? "" : (domain ?? ""),
      toInteger(version ?? 0, "opset_import"),
    ]),
  );
  const { "": opset = 0, ...others } = domains;
  checkOpset(opset);
  const initializers = new Map(
    (graph.initializer ?? []).map((tensor) => {
      const name = tensor.name ?? "";
      return [name, fromTensorProto(tensor, `constant "${name}"`, options.external)];
    }),
  );
  // Before IR version 4 every constant was listed among the inputs, too.
  const inputs = (graph.input ?? []).filter(({ name }) => !initializers.has(name ?? "")).map(valueInfo);
  const nodes = (graph.node ?? []).map((node) => readNode(node, options.external));
  const known = [...inputs.map(({ name }) => name), ...initializers.keys()];
  const sorted = sortNodes(nodes, known);
  const outputs = (graph.output ?? []).map(valueInfo);
  const made = new Set([...known, ...nodes.flatMap((node) => node.outputs)]);
  for (const { name } of outputs) {
    if (!made.has(name)) throw new OnnxError(`readOnnx: expected output "${name}" to be made by a node; the file is damaged.`);
  }
  return { opset, domains: others, name: graph.name ?? "", inputs, outputs, nodes: sorted, initializers };
}

function checkOpset(opset: number): void {
  if (opset >= OPSETS.min && opset <= OPSETS.max) return;
  const convert = opset > 0 && opset < OPSETS.min ? ", or in Python run onnx.version_converter.convert_version(model, 17)" : "";
  throw new OnnxError(
    `readOnnx: expected operator set ${OPSETS.min} to ${OPSETS.max}, got ${opset === 0 ? "none" : opset}; export again with opset_version=17${convert}.`,
  );
}

function decode(bytes: Uint8Array): onnxProto.onnx.ModelProto {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OnnxError(
      `readOnnx: expected an .onnx file (a protobuf message), got ${bytes.length} bytes that are none: ${reason}.`,
      {
        cause,
      },
    );
  }
}

function valueInfo(proto: onnxProto.onnx.IValueInfoProto): ValueInfo {
  const name = proto.name ?? "";
  const tensor = proto.type?.tensorType;
  if (!tensor)
    throw new OnnxError(`readOnnx: expected "${name}" to be a tensor; sequences, maps and optional values are not read.`);
  const dims = tensor.shape?.dim?.map((dim, i) => {
    if (dim.dimParam) return dim.dimParam;
    const value =
      dim.dimValue === null || dim.dimValue === undefined ? 0 : toInteger(dim.dimValue, `dimension ${i} of "${name}"`);
    return value > 0 ? value : `${name}_${i}`;
  });
  return { name, type: typeOfCode(tensor.elemType ?? 0, `"${name}"`), dims };
}

function readNode(proto: onnxProto.onnx.INodeProto, external: ExternalData | undefined): OnnxNode {
  const node = {
    op: proto.opType ?? "",
    domain: proto.domain === "ai.onnx" ? "" : (proto.domain ?? ""),
    name: proto.name ?? "",
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
  };
  const where = describeNode(node);
  const attributes = Object.fromEntries(
    (proto.attribute ?? []).map((attribute) => [attribute.name ?? "", readAttribute(attribute, where, external)]),
  );
  return { ...node, attributes };
}

function readAttribute(proto: onnxProto.onnx.IAttributeProto, where: string, external: ExternalData | undefined): AttributeValue {
  const Type = onnx.AttributeProto.AttributeType;
  const decoder = new TextDecoder();
  const place = `attribute ${proto.name} of ${where}`;
  switch (proto.type) {
    case Type.INT:
      return { int: toInteger(proto.i ?? 0, place) };
    case Type.FLOAT:
      return { float: proto.f ?? 0 };
    case Type.STRING:
      return { string: decoder.decode(proto.s ?? new Uint8Array()) };
    case Type.INTS:
      return { ints: (proto.ints ?? []).map((value) => toInteger(value, place)) };
    case Type.FLOATS:
      return { floats: proto.floats ?? [] };
    case Type.STRINGS:
      return { strings: (proto.strings ?? []).map((value) => decoder.decode(value)) };
    case Type.TENSOR:
      return { tensor: fromTensorProto(proto.t ?? {}, place, external) };
    case Type.GRAPH:
    case Type.GRAPHS:
      throw new OnnxError(
        `readOnnx: expected no control flow, got ${where}; make the choice when exporting (a Python if on constants, not on tensors).`,
      );
    default:
      throw new OnnxError(`readOnnx: ${place} is of a kind that is not read (${proto.type}).`);
  }
}
