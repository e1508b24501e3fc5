import { expect, it } from "vitest";
import { Float64Space } from "../src/state/float64-space.js";
import { StageList } from "../src/state/stage-list.js";
import { EXPLICIT_METHODS, methods } from "./methods.js";

/** A space of float64 states that keeps slopes as any space does. */
class Plain extends Float64Space {
  override stages() {
    return new StageList<Float64Array>(this);
  }
}

it.each(methods)(
  "%s: the float64 path's own step gives the numbers of the general one, bit by bit, for states of 1 to 9",
  (name) => {
    const method = EXPLICIT_METHODS[name];
    for (let size = 1; size <= 9; size++) {
      const y0 = Float64Array.from({ length: size }, (_, i) => Math.sin(1 + i));
      const [own, general] = [Float64Space, Plain].map((Space) => {
        const space = new Space("test", { kind: "leaf" }, [y0]);
        const f = space.dynamics((t, y) => Array.from(y as Float64Array, (value, i) => Math.cos(t + i) - value * value));
        const stepper = method.stepper(space, f);
        const { y1, ratio } = stepper.attempt({
          span: { t0: 0.3, t1: 0.5, h: 0.2 },
          endTime: 0.5,
          y0,
          f0: f(0.3, y0),
          tolerances: method.errorWeights === undefined ? undefined : { rtol: 1e-3, atol: 1e-6 },
          after: "start",
        }) as { y1: Float64Array; ratio: number };
        return { y1, ratio, slopes: stepper.slopes(), end: stepper.endSlope() };
      });
      expect(own!.y1).toEqual(general!.y1);
      expect(own!.ratio).toBe(general!.ratio);
      expect(own!.slopes).toEqual(general!.slopes);
      expect(own!.end).toEqual(general!.end);
    }
  },
);
