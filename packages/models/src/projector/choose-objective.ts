import type { AttributeModel, Generator } from "@latentflow/core";
import { hasNativeRuntime } from "@latentflow/onnx";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import type { ImageDistance } from "../perceptual/distance.js";
import type { StyleGan2Generator } from "../stylegan2/generator.js";
import type { Objective } from "./objective.js";
import { type GraphWriter, OnnxObjective } from "./onnx-objective.js";
import { ModelObjective, TfjsObjective } from "./tfjs-objective.js";

/** A generator that is a graph, such as an `.onnx` file's. */
export type GraphGenerator = GraphWriter;

type Projected = Generator | GraphGenerator | AttributeModel;

export interface ObjectiveOptions {
  readonly engine: "auto" | "onnx" | "tfjs";
  readonly distance: ImageDistance;
  readonly targets: Tensor4D;
  readonly withNoise: boolean;
  readonly threads: number | undefined;
}

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** The generator with its distance, on what runs it fastest here or was asked for. */
export async function chooseObjective(generator: Projected, options: ObjectiveOptions): Promise<Objective> {
  const { distance, targets } = options;
  if (isModel(generator)) {
    if (options.engine !== "auto")
      throw new ModelsError(
        `project: expected engine "auto" for a model, which runs where it was made, got "${options.engine}"; give its generator to choose.`,
      );
    if (options.withNoise)
      throw new ModelsError('project: expected noise "fixed" for a model, which takes codes alone, got "optimized".');
    return new ModelObjective(generator, distance, targets);
  }
  const obstacle = await onnxObstacle(generator, options);
  if (obstacle === null) {
    const { threads, withNoise } = options;
    return OnnxObjective.create(generator as GraphWriter, { distance, targets, withNoise, session: { threads } });
  }
  if (options.engine === "onnx") throw new ModelsError(`project: ${obstacle}, so the engine can't be "onnx".`);
  if (typeof (generator as Partial<Generator>).synthesize !== "function")
    throw new ModelsError(`project: expected ONNX Runtime for a generator that is a graph, but ${obstacle}.`);
  return new TfjsObjective(generator as Generator, distance, targets);
}

/** Sides of the noise maps of a generator whose noise can be chosen. */
export function noiseSidesOf(generator: Projected): readonly number[] {
  const { noiseSides } = generator as Partial<StyleGan2Generator>;
  if (noiseSides !== undefined) return noiseSides;
  throw new ModelsError('project: expected noise "fixed" for a generator without noiseSides, got "optimized".');
}

function isModel(generator: Projected): generator is AttributeModel {
  return typeof (generator as Partial<AttributeModel>).lossAndGradient === "function";
}

/** Why ONNX Runtime can't do it here, or shouldn't; null when it can. */
async function onnxObstacle(generator: Projected, { engine, distance }: ObjectiveOptions): Promise<string | null> {
  if (engine === "tfjs") return "tfjs was asked for";
  if (typeof (generator as Partial<GraphWriter>).toOnnx !== "function")
    return "the generator can't be written as a graph (it has no toOnnx())";
  if (distance.toGraph === undefined) return `the distance "${distance.name}" can't be written as a graph (it has no toGraph)`;
  const isGraphAlone = typeof (generator as Partial<Generator>).synthesize !== "function";
  if (!inNode) return engine === "onnx" || isGraphAlone ? null : "in a browser tfjs is faster than onnxruntime-web on one thread";
  return (await hasNativeRuntime()) ? null : "onnxruntime-node is not installed";
}
