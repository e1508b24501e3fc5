import { checkNumber, describeValue, type Numbers } from "@latentflow/core";
import { eye, neg, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { checkAlive } from "../input/checks.js";
import { toNumbers } from "../input/matrix.js";
import { unit } from "../linear-algebra/rows.js";
import { NeuralOdeDirection } from "./neural-ode-direction.js";

/**
 * Gives a flow the weights of a straight line, in place, so that its training begins there: the constant is the line's vector; of a network, the
 * last layer has W = −I, whose residual x + Wx + b is b, the vector, whatever the layers before it make of a code.
 *
 * @param vector the line's direction, [d], of whatever length, such as InterFaceGAN's
 * @param speed length that the field gets before it is normalised (default √d, about what a constant has at first): the larger, the slower a training
 * bends the line
 * @returns the direction
 * @throws LatentEditError for other directions, another length, zeros, or numbers that are not finite
 */
export function startAlong(
  direction: NeuralOdeDirection,
  vector: Numbers,
  speed = Math.sqrt(direction?.latentDim),
): NeuralOdeDirection {
  if (!(direction instanceof NeuralOdeDirection)) {
    throw new LatentEditError(`startAlong: expected a NeuralOdeDirection, got ${describeValue(direction)}.`);
  }
  checkAlive("startAlong", direction);
  const { latentDim: d, depth, variables } = direction;
  const numbers = toNumbers("startAlong", "the vector", vector);
  if (numbers.length !== d || !numbers.every(Number.isFinite) || numbers.every((x) => x === 0)) {
    throw new LatentEditError(
      `startAlong: expected ${d} finite numbers, not all 0, got ${numbers.length}: ${Array.from(numbers.slice(0, 4)).join(", ")}, ….`,
    );
  }
  const length = checkNumber("startAlong", "speed", speed, { above: 0 }, LatentEditError);
  const along = Float32Array.from(unit(numbers), (x) => x * length);
  tidy(() => {
    variables.at(-1)!.assign(tensor2d(along, [1, d]));
    if (depth > 0) variables.at(-2)!.assign(neg(eye(d)));
  });
  return direction;
}
