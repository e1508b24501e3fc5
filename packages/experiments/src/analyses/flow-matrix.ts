import { type Direction, NeuralOdeDirection } from "@latentflow/latent-edit";

/** The one matrix of a flow of depth 1, [d, d] row by row; null for other directions, which have no one matrix. */
export async function flowMatrix(direction: Direction) {
  if (!(direction instanceof NeuralOdeDirection) || direction.depth !== 1) return null;
  const data = await direction.variables[0]!.data<"float32">();
  return { data, shape: [direction.latentDim, direction.latentDim] as const };
}
