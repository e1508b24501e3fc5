import { OdeError } from "../errors.js";

/** The size of an error or a state, which a norm of the user's own may have given. */
export function checkNorm(caller: string, size: number): number {
  if (size < 0) throw new OdeError(`${caller}: expected norm to return a size ≥ 0, got ${size}; take its absolute value.`);
  return size;
}
