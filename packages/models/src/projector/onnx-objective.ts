import {
  type Dim,
  differentiate,
  GraphBuilder,
  gradientName,
  inferShapes,
  type OnnxExportable,
  type OnnxModel,
  OnnxSession,
  type OnnxSessionOptions,
  type OnnxTensor,
  raiseOpset,
  tuneConvolutions,
} from "@latentflow/onnx";
import { dispose, reshape, sum, type Tensor, type Tensor4D, tensor, tensor2d, tidy, tile } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { type ImageDistance, type ImageSize, squaredDistance } from "../perceptual/distance.js";
import type { StyleGan2Generator } from "../stylegan2/generator.js";
import { checkSize, type Evaluation, type Objective, shrinkFactor, squaredDistances } from "./objective.js";

/** A generator that can write itself as a graph. */
export interface GraphWriter extends OnnxExportable {
  readonly latentDim: number;
  readonly rowCount?: number;
}

export interface OnnxObjectiveOptions {
  readonly distance: ImageDistance;
  /** [n, height, width, 3] */
  readonly targets: Tensor4D;
  /** Whether noise maps are given with each code. */
  readonly withNoise: boolean;
  readonly session: OnnxSessionOptions;
}

const OPSET = 18;

/** Generator, distance and gradient as one graph on ONNX Runtime. What the targets are compared by is computed once. */
export class OnnxObjective implements Objective {
  readonly engine = "onnx";
  private scout: OnnxSession | undefined;

  private constructor(
    private readonly session: OnnxSession,
    private readonly forward: () => Promise<OnnxSession>,
    private readonly targets: OnnxTensor,
    /** Of the graph's input w, without the batch. */
    private readonly codeShape: readonly number[],
    private readonly noiseNames: readonly string[],
  ) {}

  static async create(generator: GraphWriter, options: OnnxObjectiveOptions): Promise<OnnxObjective> {
    const { distance, targets, withNoise, session: sessionOptions } = options;
    const size = { height: targets.shape[1], width: targets.shape[2] };
    const written = withNoise ? (generator as StyleGan2Generator).toOnnx({ noise: "inputs" }) : await generator.toOnnx();
    const network = raiseOpset(written, Math.max(OPSET, written.opset));
    const [w, ...noise] = network.inputs;
    const codeShape = (w?.dims ?? []).slice(1);
    if (!w || codeShape.length === 0 || codeShape.some((dim) => typeof dim !== "number"))
      throw new ModelsError("project: expected the generator's graph to take codes [n, d] or [n, rows, d], got another input.");
    const channelsFirst = hasChannelsFirst(network);
    checkSize([size.height, size.width], channelsFirst ? dimsOf(network).slice(2) : dimsOf(network).slice(1, 3));
    const values = await targetFeatures(distance, targets, size, sessionOptions);
    const graph = objectiveGraph(network, distance, size, values.dims[1]!);
    const noiseNames = noise.map(({ name }) => name);
    const wrt = [w.name, ...noiseNames];
    const create = (model: OnnxModel) => OnnxSession.create(tuneConvolutions(model, sessionOptions), sessionOptions);
    const gradients = differentiate(only(graph, "images", "distances"), { outputs: ["distances"], wrt, cotangents: "ones" });
    const forward = () => create(only(graph, "features"));
    return new OnnxObjective(await create(gradients), forward, values, codeShape as number[], noiseNames);
  }

  async evaluate(w: Tensor, noise: readonly Tensor[]): Promise<Evaluation> {
    await this.endScouting();
    const gradients = [this.codeName, ...this.noiseNames].map(gradientName);
    const outputs = await this.session.run(await this.feeds(w, noise), ["distances", ...gradients]);
    const [ofCode, ...ofNoise] = gradients.map((name) => outputs[name]!);
    const gradient = tidy(() => {
      const { dims, data } = ofCode!;
      const whole = tensor(data as Float32Array, [...dims]);
      return dims.length === w.rank ? whole : sum(whole, 1);
    });
    const noiseGradients = ofNoise.map(({ data }, i) => tensor(data as Float32Array, noise[i]!.shape));
    return { distances: outputs.distances!.data as Float32Array, gradient, noiseGradients };
  }

  async distancesToAll(w: Tensor, noise: readonly Tensor[]): Promise<Float32Array> {
    // Of its own, and only for the start: without the gradient it takes a third of the time.
    this.scout ??= await this.forward();
    const { features } = await this.scout.run(await this.feeds(w, noise), ["features"]);
    const [rows, others] = [features!, this.targets].map(({ data, dims }) =>
      tensor2d(data as Float32Array, dims as [number, number]),
    );
    const distances = await squaredDistances(rows!, others!);
    dispose([rows!, others!]);
    return distances;
  }

  /** Frees what only `distancesToAll` needs. */
  private async endScouting(): Promise<void> {
    await this.scout?.dispose();
    this.scout = undefined;
  }

  async synthesize(w: Tensor, noise: readonly Tensor[]): Promise<Tensor4D> {
    const { images } = await this.session.run(await this.feeds(w, noise), ["images"]);
    return tensor(images!.data as Float32Array, [...images!.dims] as [number, number, number, number]);
  }

  async dispose(): Promise<void> {
    await this.endScouting();
    await this.session.dispose();
  }

  private get codeName(): string {
    return this.session.inputs.find((name) => name !== "targets" && !this.noiseNames.includes(name))!;
  }

  private async feeds(w: Tensor, noise: readonly Tensor[]): Promise<Record<string, OnnxTensor>> {
    const [n] = w.shape as [number];
    const isRepeated = w.rank === 2 && this.codeShape.length === 2;
    const [rows, d] = this.codeShape as [number, number];
    const codes = isRepeated ? tidy(() => tile(reshape(w, [n, 1, d]), [1, rows, 1])) : w;
    const feeds: Record<string, OnnxTensor> = { [this.codeName]: await constant(codes, [n, ...this.codeShape]) };
    if (isRepeated) codes.dispose();
    for (const [i, name] of this.noiseNames.entries()) {
      const [, side] = noise[i]!.shape as [number, number];
      feeds[name] = await constant(noise[i]!, [n, 1, side, side]);
    }
    return { ...feeds, targets: this.targets };
  }
}

/** A graph with some of its outputs; only distances need the targets. */
function only(model: OnnxModel, ...names: string[]): OnnxModel {
  const outputs = model.outputs.filter(({ name }) => names.includes(name));
  const inputs = model.inputs.filter(({ name }) => name !== "targets" || names.includes("distances"));
  return GraphBuilder.from(model, { inputs, outputs }).build();
}

/** Shape of the images that a generator's graph makes, as far as it is known. */
function dimsOf(network: OnnxModel): readonly Dim[] {
  const [output] = network.outputs;
  return (output && inferShapes(network).get(output.name)?.dims) ?? output?.dims ?? [];
}

/** [n, 3, height, width], not [n, height, width, 3] */
const hasChannelsFirst = (network: OnnxModel) => dimsOf(network)[3] !== 3;

async function constant(values: Tensor, dims: readonly number[]): Promise<OnnxTensor> {
  return { type: "float32", dims, data: (await values.data()) as Float32Array };
}

/** Codes and targets to "images" [n, height, width, 3] and "distances" [n]. */
function objectiveGraph(network: OnnxModel, distance: ImageDistance, size: ImageSize, features: number): OnnxModel {
  const graph = new GraphBuilder({ opset: network.opset, name: "projection" });
  const inputs = Object.fromEntries(network.inputs.map(({ name, dims }) => [name, graph.input(name, dims ?? [])]));
  const targets = graph.input("targets", ["n", features]);
  const [output] = network.outputs;
  const made = graph.inline(network, "generator/", inputs)[output!.name]!;
  const channelsFirst = hasChannelsFirst(network);
  const planes = channelsFirst ? made : graph.transpose(made, [0, 3, 1, 2]);
  graph.output("images", channelsFirst ? graph.transpose(made, [0, 2, 3, 1]) : made, ["n", size.height, size.width, 3]);
  const compared = featuresOf(graph, distance, planes, size);
  graph.output("features", compared, ["n", features]);
  graph.output("distances", squaredDistance(graph, compared, targets), ["n"]);
  return graph.build();
}

function featuresOf(graph: GraphBuilder, distance: ImageDistance, images: string, { height, width }: ImageSize): string {
  const factor = shrinkFactor(height, width);
  if (factor === 1) return distance.toGraph!(graph, images, { height, width });
  const pool = { kernel_shape: { ints: [factor, factor] }, strides: { ints: [factor, factor] } };
  const shrunk = { height: Math.floor(height / factor), width: Math.floor(width / factor) };
  return distance.toGraph!(graph, graph.op("AveragePool", [images], pool), shrunk);
}

/** What the targets are compared by, [n, f]. */
async function targetFeatures(
  distance: ImageDistance,
  targets: Tensor4D,
  size: ImageSize,
  options: OnnxSessionOptions,
): Promise<OnnxTensor> {
  const graph = new GraphBuilder({ name: "targets" });
  const images = graph.input("images", ["n", size.height, size.width, 3]);
  graph.output("features", featuresOf(graph, distance, graph.transpose(images, [0, 3, 1, 2]), size));
  const session = await OnnxSession.create(tuneConvolutions(graph.build(), options), options);
  const { features } = await session.run({ images: await constant(targets, targets.shape) });
  await session.dispose();
  return features!;
}
