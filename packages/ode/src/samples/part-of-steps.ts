import type { StepSettings } from "../stepping/problem.js";

/** The steps of a solve from one time of it to another, in the same direction or against it. */
export function partOfSteps(steps: StepSettings, from: number, to: number): StepSettings {
  const direction = to >= from ? 1 : -1;
  const inside = (times: ArrayLike<number>) =>
    Array.from(times)
      .filter((time) => (time - from) * direction > 0 && (to - time) * direction > 0)
      .sort((a, b) => (a - b) * direction);
  if (steps.kind === "grid") return { kind: "grid", nodes: [from, ...inside(steps.nodes), to] };
  if (steps.kind === "constant") return { ...steps, t0: from, stops: [...inside(steps.stops), to] };
  return { ...steps, stops: inside(steps.stops) };
}
