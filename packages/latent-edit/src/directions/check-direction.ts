import { describeValue } from "@latentflow/core";
import { LatentEditError } from "../errors.js";
import { checkAlive } from "../input/checks.js";
import type { Direction } from "./direction.js";

/** An option that is a direction. */
export const DIRECTION = { check: checkDirection } as const;

/** Returns `direction` when it is one, with variables that have not been disposed. */
export function checkDirection(caller: string, direction: Direction): Direction {
  const { flow, flowEach, latentDim, variables } = (direction ?? {}) as Partial<Direction>;
  const isDirection = typeof flow === "function" && typeof flowEach === "function" && typeof latentDim === "number";
  if (!isDirection || !Array.isArray(variables)) {
    throw new LatentEditError(
      `${caller}: expected a direction, such as a LinearDirection or a NeuralOdeDirection, got ${describeValue(direction)}.`,
    );
  }
  checkAlive(caller, direction);
  return direction;
}
