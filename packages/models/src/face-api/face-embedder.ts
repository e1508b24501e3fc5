import { checkBackend, type Embedder, readOptions } from "@latentflow/core";
import { GraphBuilder, type OnnxModel } from "@latentflow/onnx";
import { type Tensor, type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import type { Convolution } from "../operations/convolution.js";
import { InGraph } from "../operations/in-graph.js";
import type { Linear } from "../operations/linear.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { Operations } from "../operations/operations.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { FACE_API, type FaceApiOptions, loadWeights } from "./files.js";
import { FaceApiLayers, prepared } from "./layers.js";

const SIDE = 150;
const SIZE = 128;

/** Blocks of two convolutions: name, channels it adds by zeros, whether it halves the side. */
const BLOCKS: readonly { readonly name: string; readonly added: number; readonly halves: boolean; readonly pad?: true }[] = [
  ...["conv32_1", "conv32_2", "conv32_3"].map((name) => ({ name, added: 0, halves: false })),
  { name: "conv64_down", added: 32, halves: true },
  ...["conv64_1", "conv64_2", "conv64_3"].map((name) => ({ name, added: 0, halves: false })),
  { name: "conv128_down", added: 64, halves: true },
  ...["conv128_1", "conv128_2"].map((name) => ({ name, added: 0, halves: false })),
  // Its convolution gives 3 × 3 places where the pooled input has 4 × 4.
  { name: "conv256_down", added: 128, halves: true, pad: true },
  ...["conv256_1", "conv256_2"].map((name) => ({ name, added: 0, halves: false })),
  { name: "conv256_down_out", added: 0, halves: true, pad: true },
];

interface Block {
  readonly first: Convolution;
  readonly second: Convolution;
}

/**
 * face-api's descriptor of faces: dlib's network of 29 convolutions, images [n, side, side, 3] of a face each (square) to 128 numbers. Real weights come with
 * the package `@vladmandic/face-api`; the computing is ours, so it is differentiable and runs on ONNX Runtime, too.
 */
export class FaceApiEmbedder implements Embedder {
  readonly embeddingSize = SIZE;
  private readonly layers: FaceApiLayers;
  private readonly stem: Convolution;
  private readonly blocks: readonly Block[];
  private readonly last: Linear;
  private disposed = false;

  /** Use `FaceApiEmbedder.load`. @param tensors of face-api's `face_recognition_model` */
  constructor(tensors: NamedTensors) {
    checkBackend("FaceApiEmbedder", ModelsError);
    this.layers = new FaceApiLayers("FaceApiEmbedder", tensors);
    const convolution = (name: string, down: boolean) =>
      this.layers.convolution(`${name}/conv`, down ? { stride: 2 } : { padding: [1, 1] }, `${name}/scale`);
    this.stem = convolution("conv32_down", true);
    this.blocks = BLOCKS.map(({ name, halves }) => ({
      first: convolution(`${name}/conv1`, halves),
      second: convolution(`${name}/conv2`, false),
    }));
    this.last = this.layers.linear("fc");
  }

  /**
   * The network of the installed package.
   *
   * @throws ModelsError where `@vladmandic/face-api` is not installed, or the folder holds no such files
   */
  static async load(options: FaceApiOptions = {}): Promise<FaceApiEmbedder> {
    const files = readOptions("FaceApiEmbedder.load", FACE_API, options, ModelsError);
    return new FaceApiEmbedder(await loadWeights("FaceApiEmbedder.load", "face_recognition_model", files));
  }

  /** Face-api's descriptors, [n, 128], which its own functions give: of any length. Two below 0.6 apart are mostly one person's. */
  descriptors(images: Tensor4D): Tensor2D {
    this.check("descriptors", images);
    return tidy(() => this.forward<Tensor>(new OnTensors(), images) as Tensor2D);
  }

  /** Descriptors of length 1, [n, 128]. */
  embed(images: Tensor4D): Tensor2D {
    this.check("embed", images);
    return tidy(() => {
      const on = new OnTensors();
      return on.unitRows(this.forward<Tensor>(on, images)) as Tensor2D;
    });
  }

  /** The network as an ONNX graph: "images" [n, 3, side, side] → "embedding" [n, 128], of length 1. */
  toOnnx(): OnnxModel {
    checkAlive("toOnnx", "embedder", this.disposed);
    const graph = new GraphBuilder({ name: "face-api's descriptor" });
    const on = new InGraph(graph);
    const images = graph.input("images", ["n", 3, "height", "width"]);
    graph.output("embedding", on.unitRows(this.forward(on, images)), ["n", SIZE]);
    return graph.build();
  }

  dispose(): void {
    this.disposed = true;
    this.layers.dispose();
  }

  private check(caller: string, images: Tensor4D): void {
    checkAlive(caller, "embedder", this.disposed);
    checkImages(caller, "images", images);
  }

  private forward<X>(on: Operations<X>, images: X): X {
    let x = on.maxPool(on.relu(on.convolution(prepared(on, images, SIDE), this.stem)), 3, 2);
    BLOCKS.forEach(({ added, halves, pad }, i) => {
      const { first, second } = this.blocks[i]!;
      const made = on.convolution(on.relu(on.convolution(x, first)), second);
      const kept = halves ? on.padEnd(on.averagePool(x, 2), 0, added) : x;
      x = on.relu(on.addScaled(kept, pad ? on.padEnd(made, 1, 0) : made, 1));
    });
    return on.linear(on.globalMean(x), this.last);
  }
}
