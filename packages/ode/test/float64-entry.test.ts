import * as everything from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import { describe, expect, it } from "vitest";
import { bundleOf } from "../../../tools/bundle-of.js";

const swing = (_t: number, { angle, speed }: { angle: number; speed: number }) => ({ angle: speed, speed: -Math.sin(angle) });
const start = { angle: 1, speed: 0 };

describe("@latentflow/ode/float64", () => {
  it("loads neither tfjs nor a backend, and odeint of it is below 15 KB gzipped", async () => {
    const { modules, gzipped } = await bundleOf('import { odeint } from "@latentflow/ode/float64"; console.log(odeint);');
    expect(modules).toContain("packages/ode/src/float64.ts");
    expect(modules.filter((file) => /tfjs|packages\/backend|tensor-space|kernels|gradients/.test(file))).toEqual([]);
    expect(gzipped).toBeLessThanOrEqual(15 * 1024);
  });

  it("gives what @latentflow/ode gives, to the bit", async () => {
    const t = [0, 0.3, 2];
    expect(float64.odeint(swing, start, t)).toEqual(everything.odeint(swing, start, t));
    const span = { t0: 0, t1: 3, method: float64.verner8 } as const;
    const [own, other] = [float64.solve(swing, start, span), everything.solve(swing, start, span)];
    expect([own.t, own.y, own.evaluate(1.234), own.stats]).toEqual([other.t, other.y, other.evaluate(1.234), other.stats]);
    expect((await float64.solveAsync(swing, start, span)).y).toEqual(own.y);
    const search = { event: (_t: number, { angle }: { angle: number }) => angle, maxTime: 5 };
    const found = float64.odeintEvent(swing, start, 0, search);
    expect(found).toEqual(everything.odeintEvent(swing, start, 0, search));
    expect(await float64.odeintEventAsync(swing, start, 0, search)).toEqual(found);
  });

  it("knows all explicit methods but those of order 8 by name; others are given themselves, also to @latentflow/ode", () => {
    const exported = new Map<string, float64.Method>(
      Object.values(float64).flatMap((value) => ("stepper" in value ? [[value.name, value as float64.Method]] : [])),
    );
    const float64Exports: Readonly<Record<string, unknown>> = { ...float64 };
    for (const name of Object.keys(everything.METHODS) as everything.MethodName[]) {
      const theirs = everything.odeint(swing, start, [0, 1], { method: name, stepSize: 0.1 });
      expect(everything.odeint(swing, start, [0, 1], { method: everything.METHODS[name], stepSize: 0.1 })).toEqual(theirs);
      const method = exported.get(name);
      if (method !== undefined) {
        const refused = () => float64.odeint(swing, start, [0, 1], { method: name as never });
        const { imported } = /import \{ (?<imported>\w+) \} from there/.exec(messageOf(refused))!.groups!;
        expect(float64Exports[imported!]).toBe(method);
        expect(float64.odeint(swing, start, [0, 1], { method, stepSize: 0.1 })).toEqual(theirs);
      } else expect(float64.odeint(swing, start, [0, 1], { method: name as "rk4", stepSize: 0.1 })).toEqual(theirs);
    }
    expect(() => float64.solve(swing, start, { t0: 0, t1: 1, method: float64.METHODS.rk4 })).toThrow("rk4 has no error estimate");
  });

  it("refuses tensors and their options by name", () => {
    const tensor = { dataId: {}, shape: [], dtype: "float32" };
    expect(() => float64.odeint((() => tensor) as never, tensor as never, [0, 1])).toThrow(
      'import odeint from "@latentflow/ode"',
    );
    expect(() => float64.odeint(swing, start, [0, 1], { gradient: "checkpointed" } as never)).toThrow("gradient does not apply");
  });

  it("tells the cost of a search for an event, too", () => {
    const costs: float64.Statistics[] = [];
    const onStatistics = (cost: float64.Statistics) => costs.push(cost);
    const { stats } = float64.odeintEvent(swing, start, 0, { event: (_t, { angle }) => angle, maxTime: 5, onStatistics });
    expect(costs).toEqual([stats]);
  });
});

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected an error");
}
