import { constant } from "./constant.js";
import { ganSpace } from "./ganspace.js";
import { interFaceGan } from "./interfacegan.js";
import type { Method } from "./method.js";
import { neuralOde } from "./neural-ode.js";
import { projected } from "./projected.js";
import { seFa } from "./sefa.js";

/** The methods that come along: a new one is a file and a line here. Those from outside join them (`Extensions`). */
export const METHODS: readonly Method[] = [
  interFaceGan,
  projected,
  ganSpace,
  seFa,
  constant,
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(neuralOde),
];

/** Straight ones before curved ones; within a kind their order stays. */
export function straightFirst<T extends Pick<Method, "kind">>(methods: readonly T[]): T[] {
  return [...methods].sort((a, b) => Number(a.kind === "nonlinear") - Number(b.kind === "nonlinear"));
}
