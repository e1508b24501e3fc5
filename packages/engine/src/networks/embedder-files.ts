import type { CheckpointSource } from "@latentflow/checkpoints";
import { InceptionResnetV1 } from "@latentflow/models";
import {
  GraphBuilder,
  type ImageSize,
  inferShapes,
  type OnnxModel,
  openOnnx,
  type Resize,
  sideLengths,
  withResize,
} from "@latentflow/onnx";
import { EngineError } from "../errors.js";
import type { NetworkParts } from "../parts.js";
import { type FileType, openFile, shortName } from "./file-type.js";

/** How an embedder is read. */
export interface EmbedderChoice {
  readonly file: CheckpointSource;
  readonly resize?: Resize | undefined;
  /** Of the generator's images, where it is known. */
  readonly size?: ImageSize;
}

/** An embedder of a file. */
export interface LoadedEmbedder {
  readonly network: NonNullable<NetworkParts["embedder"]>;
  dispose?(): void;
}

/** Readers by the file's type; one is one line. */
const EMBEDDERS: Partial<Record<FileType, (source: CheckpointSource, choice: EmbedderChoice) => Promise<LoadedEmbedder>>> = {
  torch: async (source, choice) => inceptionResnet(await InceptionResnetV1.fromTorch(source), choice),
  onnx: async (source, choice) => graphEmbedder(await openOnnx(source), choice),
};

/** @throws EngineError that names the file, for one that holds no embedder of the generator's images */
export function readEmbedder(choice: EmbedderChoice): Promise<LoadedEmbedder> {
  return openFile("embedder", choice.file, EMBEDDERS, (read, source) => read(source, choice));
}

function inceptionResnet(network: InceptionResnetV1, { resize }: EmbedderChoice): LoadedEmbedder {
  const dispose = () => network.dispose();
  if (resize === undefined) return { network, dispose };
  dispose();
  throw new EngineError("expected no resize beside an embedder of a .pt file, which takes images of any size.");
}

/** A graph of the generator's images, with rows of length 1: published ones, such as ArcFace's, leave them as they are. */
function graphEmbedder(graph: OnnxModel, { file, resize, size }: EmbedderChoice): LoadedEmbedder {
  const [input, ...more] = graph.inputs;
  const { dims } = input ?? {};
  if (!input || more.length > 0 || dims?.length !== 4 || (dims[1] !== 3 && dims[3] !== 3))
    throw new EngineError(
      `expected an embedder with one input of images [n, 3, height, width], got ${listed(graph.inputs) || "none"}; make the rest constants when exporting.`,
    );
  const own = sideLengths(dims);
  const isOther = own && size && (own.height !== size.height || own.width !== size.width);
  if (isOther && resize === undefined)
    throw new EngineError(
      `expected an embedder of images of ${size.width} × ${size.height} px, as the generator makes them, got one of ${own.width} × ${own.height} px. Name a resize, { file: "${shortName(file, "embedder.onnx")}", resize: "area" | "bilinear" | "nearest" }.`,
    );
  const unit = withUnitRows(graph);
  const fitting = isOther && resize !== undefined ? withResize(unit, size, resize) : unit;
  return { network: { toOnnx: () => fitting } };
}

/** The graph, its first output [n, e] as rows of length 1. */
function withUnitRows(network: OnnxModel): OnnxModel {
  const [input, output] = [network.inputs[0]!, network.outputs[0]];
  const dims = output && (inferShapes(network).get(output.name)?.dims ?? output.dims);
  const [, width, ...rest] = dims ?? [];
  if (!output || typeof width !== "number" || width < 2 || rest.some((dim) => dim !== 1))
    throw new EngineError(
      `expected an embedder with an output of rows [n, e], got ${listed(network.outputs.map((one) => (one === output ? { ...one, dims } : one)))}.`,
    );
  const graph = new GraphBuilder({ opset: network.opset, name: "embedder" });
  const images = graph.input(input.name, input.dims ?? [], input.type);
  const rows = graph.op("Flatten", [graph.inline(network, "network/", { [input.name]: images })[output.name]!], {
    axis: { int: 1 },
  });
  const square = graph.reduceSum(graph.op("Mul", [rows, rows]), [1], true);
  // Rows of zeros stay zeros.
  const length = graph.op("Sqrt", [graph.op("Add", [square, graph.float(1e-24)])]);
  graph.output("embedding", graph.op("Div", [rows, length]), [input.dims?.[0] ?? "n", width]);
  return graph.build();
}

function listed(values: OnnxModel["inputs"]): string {
  return values.map(({ name, dims }) => `${name} [${dims?.join(", ") ?? "of any shape"}]`).join(", ");
}
