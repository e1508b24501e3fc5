import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { floats, GraphBuilder, type OnnxModel, OnnxSession, raiseOpset, readOnnx } from "@latentflow/onnx";
import { type Tensor2D, type Tensor4D, tensor2d, transpose } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import { InGraph } from "../operations/in-graph.js";

const EMBEDDER = {
  /** Order of the network's colours. Default "rgb"; networks trained with OpenCV's images want "bgr". */
  channels: { default: "rgb", choices: ["rgb", "bgr"] },
  /** What the network wants in place of images in [-1, 1]: x · scale + shift. Default 1 and 0, as ArcFace; for images in [0, 1] 0.5 and 0.5. */
  scale: { default: 1 },
  shift: { default: 0 },
} as const satisfies DeclaredOptions;

export interface OnnxEmbedderOptions extends GivenOptions<typeof EMBEDDER> {}

/** Rules of differentiation are written for this operator set. */
const OPSET = 18;

/**
 * Any network that is an `.onnx` file and maps square images to rows of numbers, ArcFace for one, as an embedder: images of any size are resized
 * (bilinear) to the network's, and rows get length 1. On ONNX Runtime, so `embed` answers later; for the identity loss of equation 9 give it to
 * `onnxModel` as `embedder`, whose graph then holds it and its gradient.
 */
export class OnnxEmbedder {
  private readonly graph: OnnxModel;
  private session: Promise<OnnxSession> | undefined;
  private disposed = false;

  /**
   * @param source a graph or the bytes of an `.onnx` file: one input [n, 3, side, side] (or channels last), first output [n, e]
   * @throws ModelsError for other inputs
   */
  constructor(source: OnnxModel | Uint8Array, options: OnnxEmbedderOptions = {}) {
    const { channels, scale, shift } = readOptions("OnnxEmbedder", EMBEDDER, options, ModelsError);
    const read = source instanceof Uint8Array ? readOnnx(source) : source;
    if (!Array.isArray(read?.inputs))
      throw new ModelsError(`OnnxEmbedder: expected a graph or the bytes of an .onnx file, got ${describeValue(source)}.`);
    const network = raiseOpset(read, Math.max(OPSET, read.opset));
    const { name, side, channelsFirst } = imageInput(network);
    const graph = new GraphBuilder({ opset: network.opset, name: "embedder" });
    const on = new InGraph(graph);
    const images = graph.input("images", ["n", 3, "height", "width"]);
    const scaled = on.scaleChannels(on.resize(images, side), Array(3).fill(scale), Array(3).fill(shift));
    const ordered = channels === "rgb" ? scaled : graph.op("Gather", [scaled, graph.ints([2, 1, 0])], { axis: { int: 1 } });
    const made = graph.inline(network, "embedder/", { [name]: channelsFirst ? ordered : graph.transpose(ordered, [0, 2, 3, 1]) });
    const [output] = network.outputs;
    const rows = graph.op("Flatten", [made[output!.name]!], { axis: { int: 1 } });
    const size = output!.dims?.[1];
    graph.output("embedding", on.unitRows(rows), ["n", typeof size === "number" ? size : "e"]);
    this.graph = graph.build();
  }

  /** images [n, height, width, 3] in [-1, 1] → [n, e], each row of length 1. The caller disposes it. */
  async embed(images: Tensor4D): Promise<Tensor2D> {
    checkAlive("embed", "embedder", this.disposed);
    checkImages("embed", "images", images);
    this.session ??= OnnxSession.create(this.graph);
    const planes = transpose(images, [0, 3, 1, 2]);
    const data = (await planes.data()) as Float32Array;
    const dims = planes.shape;
    planes.dispose();
    const { embedding } = await (await this.session).run({ images: floats(dims, data) });
    return tensor2d(embedding!.data as Float32Array, embedding!.dims as [number, number]);
  }

  /** The graph: "images" [n, 3, height, width] in [-1, 1] → "embedding" [n, e]. */
  toOnnx(): OnnxModel {
    return this.graph;
  }

  dispose(): void {
    this.disposed = true;
    this.session?.then((session) => session.dispose()).catch(() => undefined);
  }
}

function imageInput({ inputs }: OnnxModel): { name: string; side: number; channelsFirst: boolean } {
  const [input, ...more] = inputs;
  const [, a, b, c] = input?.dims ?? [];
  const channelsFirst = a === 3;
  const [height, width] = channelsFirst ? [b, c] : [a, b];
  const isImage = more.length === 0 && input?.dims?.length === 4 && (channelsFirst || c === 3);
  if (isImage && typeof height === "number" && height === width) return { name: input.name, side: height, channelsFirst };
  const got = inputs.map(({ name, dims }) => `${name} [${dims?.join(", ") ?? "?"}]`).join(", ");
  throw new ModelsError(`OnnxEmbedder: expected one input [n, 3, side, side] with a known side, got ${got || "none"}.`);
}
