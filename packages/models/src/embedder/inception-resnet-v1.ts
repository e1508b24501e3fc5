import { type CheckpointSource, readSafetensors, readTorch, stateDict } from "@latentflow/checkpoints";
import { checkBackend, type Embedder } from "@latentflow/core";
import { GraphBuilder, type OnnxModel } from "@latentflow/onnx";
import { type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import { Convolution } from "../operations/convolution.js";
import { batchNormOf, batchNormShapes, checkNetwork, foldedConvolution, scaledRows } from "../operations/folded.js";
import { InGraph } from "../operations/in-graph.js";
import { Linear } from "../operations/linear.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { Operations } from "../operations/operations.js";
import { checkNamedTensors, floatsOf, type NamedTensors } from "../tensors-by-name.js";
import {
  allUnits,
  BLOCKS,
  type Branch,
  CHANNELS,
  EMBEDDING,
  isReduction,
  type Residual,
  STEM,
  type Unit,
} from "./inception-layers.js";

/** Of every batch normalisation of this network; PyTorch's own default is 1e-5. */
const EPSILON = 1e-3;
/** Side of the faces that it was trained with. */
const SIDE = 160;
/** Its files were trained on 8-bit values minus 127.5, over 128. */
const INPUT_SCALE = 127.5 / 128;

/**
 * InceptionResnetV1 as facenet-pytorch trains it for faces (VGGFace2, CASIA-WebFace): 512 numbers of length 1 that are near for pictures of one person.
 * Images are resized to 160 × 160 pixels first. Frozen, differentiable.
 */
export class InceptionResnetV1 implements Embedder {
  /** Numbers of an embedding. */
  readonly embeddingSize = EMBEDDING;
  private readonly units = new Map<string, Convolution>();
  private readonly joins = new Map<string, Convolution>();
  private readonly last: Linear;
  private disposed = false;

  /** @param tensors facenet-pytorch's state dict; its classifier `logits` may be there, too */
  constructor(tensors: NamedTensors) {
    checkNamedTensors("InceptionResnetV1", tensors);
    checkNetwork("InceptionResnetV1", tensors, shapes(), /^logits\./);
    checkBackend("InceptionResnetV1", ModelsError);
    const caller = "InceptionResnetV1";
    for (const { name, outputs, inputs, kernel, stride, padding } of allUnits()) {
      const names = { convolution: `${name}.conv`, batchNorm: `${name}.bn`, epsilon: EPSILON };
      this.units.set(name, foldedConvolution(caller, tensors, names, { shape: [outputs, inputs, ...kernel], stride, padding }));
    }
    for (const block of BLOCKS) {
      if (isReduction(block)) continue;
      const { name, joined, channels } = block;
      const [weight, bias] = ["weight", "bias"].map((part) => floatsOf(caller, tensors, `${name}.conv2d.${part}`));
      this.joins.set(name, new Convolution({ weight: weight!, bias: bias!, shape: [channels, joined, 1, 1] }));
    }
    const { scale, shift } = batchNormOf(caller, tensors, "last_bn", EPSILON);
    this.last = new Linear({ weight: scaledRows(floatsOf(caller, tensors, "last_linear.weight"), scale), bias: shift });
  }

  /**
   * A PyTorch file of facenet-pytorch (`20180402-114759-vggface2.pt`).
   *
   * @throws CheckpointError for a file that can't be read, ModelsError for one that holds another network
   */
  static async fromTorch(source: CheckpointSource): Promise<InceptionResnetV1> {
    return new InceptionResnetV1(stateDict(await readTorch(source), "state_dict"));
  }

  /** The same network's state dict as a safetensors file. */
  static async fromSafetensors(source: CheckpointSource): Promise<InceptionResnetV1> {
    return new InceptionResnetV1((await readSafetensors(source)).tensors);
  }

  embed(images: Tensor4D): Tensor2D {
    checkAlive("embed", "embedder", this.disposed);
    checkImages("embed", "images", images);
    return tidy(() => this.forward(new OnTensors(), images) as Tensor2D);
  }

  /** The network as an ONNX graph: "images" [n, 3, height, width] of any size, in [-1, 1] → "embedding" [n, 512]. */
  toOnnx(): OnnxModel {
    checkAlive("toOnnx", "embedder", this.disposed);
    const graph = new GraphBuilder({ name: "InceptionResnetV1" });
    const images = graph.input("images", ["n", 3, "height", "width"]);
    graph.output("embedding", this.forward(new InGraph(graph), images), ["n", EMBEDDING]);
    return graph.build();
  }

  dispose(): void {
    this.disposed = true;
    for (const layer of [...this.units.values(), ...this.joins.values(), this.last]) layer.dispose();
  }

  private forward<X>(on: Operations<X>, images: X): X {
    const scale = Array<number>(3).fill(INPUT_SCALE);
    let x = on.scaleChannels(on.resize(images, SIDE), scale, [0, 0, 0]);
    for (const layer of STEM) x = layer === "pool" ? on.maxPool(x, 3, 2) : this.unit(on, x, layer);
    for (const block of BLOCKS) {
      if (isReduction(block)) x = on.concat([...block.map((branch) => this.branch(on, x, branch)), on.maxPool(x, 3, 2)]);
      else x = this.residual(on, x, block);
    }
    return on.unitRows(on.linear(on.globalMean(x), this.last));
  }

  private residual<X>(on: Operations<X>, x: X, { name, branches, scale, relu }: Residual): X {
    const joined = on.concat(branches.map((branch) => this.branch(on, x, branch)));
    const sum = on.addScaled(x, on.convolution(joined, this.joins.get(name)!), scale);
    return relu ? on.relu(sum) : sum;
  }

  private branch<X>(on: Operations<X>, x: X, branch: Branch): X {
    return branch.reduce((y, unit) => this.unit(on, y, unit), x);
  }

  private unit<X>(on: Operations<X>, x: X, { name }: Unit): X {
    return on.relu(on.convolution(x, this.units.get(name)!));
  }
}

/** Every tensor that the network needs. */
export function shapes(): Map<string, readonly number[]> {
  const all = new Map<string, readonly number[]>();
  for (const { name, outputs, inputs, kernel } of allUnits()) {
    all.set(`${name}.conv.weight`, [outputs, inputs, ...kernel]);
    for (const [tensor, shape] of batchNormShapes(`${name}.bn`, outputs)) all.set(tensor, shape);
  }
  for (const block of BLOCKS) {
    if (isReduction(block)) continue;
    all
      .set(`${block.name}.conv2d.weight`, [block.channels, block.joined, 1, 1])
      .set(`${block.name}.conv2d.bias`, [block.channels]);
  }
  all.set("last_linear.weight", [EMBEDDING, CHANNELS]);
  for (const [tensor, shape] of batchNormShapes("last_bn", EMBEDDING)) all.set(tensor, shape);
  return all;
}
