import { adam, disposeAdamState } from "@latentflow/core/optim";
import type { FindContext, TrainedDirection, TrainMethod } from "@latentflow/experiments";
import { fitInterFaceGan, pullBack } from "@latentflow/latent-edit";
import * as tf from "@tensorflow/tfjs-core";
import { AffineDirection } from "./affine-direction.js";

const ITERATIONS = 12;

/** A method from outside, with a training of its own: from InterFaceGAN's line on, by the gradient of the attribute's loss alone, on one batch. */
export const affine: TrainMethod = {
  id: "affine",
  label: "Affine field",
  kind: "nonlinear",
  step: "train",
  settings: () => ({ iterations: ITERATIONS }),
  find,
};

async function find({ config, edit, codes: load, model, progress }: FindContext): Promise<TrainedDirection> {
  const codes = await load();
  const scores = codes.logitsOf(edit.index).data.filter((_, i) => i % edit.classes === edit.to);
  const line = await fitInterFaceGan(codes.codes, scores, { ratio: 0.2, seed: config.seed });
  const direction = new AffineDirection(codes.latentDim, Float32Array.from(line.direction));
  const { data, shape } = codes.select(codes.startingAt(edit.index, edit.from, 16));
  const w = tf.tensor(data, [...shape]);
  const { model: frozen } = await model();
  const originalLogits = await frozen.logits(w);
  const optimiser = adam({ learningRate: 0.05 });
  let state = optimiser.init(direction.variables);
  const losses: number[] = [];
  for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
    const end = direction.flow(w, config.train.maxTime);
    const request = { attributeIndex: edit.index, target: edit.to, originalLogits, temperature: 4, preservationWeight: 0 };
    const answer = await frozen.lossAndGradient(end, request);
    const gradients = pullBack(direction, w, config.train.maxTime, answer.gradient);
    const next = optimiser.update(direction.variables, gradients, state);
    for (const [i, variable] of direction.variables.entries()) variable.assign(next.parameters[i]!);
    disposeAdamState(state);
    tf.dispose([end, answer.gradient, ...answer.logits, ...gradients, ...next.parameters]);
    state = next.state;
    losses.push(answer.attributeLoss);
    progress(iteration / ITERATIONS);
  }
  disposeAdamState(state);
  tf.dispose([w, ...originalLogits]);
  const zeros = losses.map(() => 0);
  const curve = {
    iteration: losses.map((_, i) => i + 1),
    total: losses,
    attribute: losses,
    preservation: zeros,
    accuracy: zeros,
  };
  const parameters = direction.variables.reduce((sum, { size }) => sum + size, 0);
  return {
    direction,
    record: { iterations: ITERATIONS, parameters, curve, solverGap: null },
    settings: { iterations: ITERATIONS },
  };
}
