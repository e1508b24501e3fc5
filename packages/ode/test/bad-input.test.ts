import { OdeError, odeint, odeintAdjoint, odeintEvent, solve } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { start } from "./backends.js";
import { decayOnTensors, fall } from "./problems.js";

beforeAll(() => start("wasm"));

describe("bad input says what is wrong", () => {
  it.each([
    [() => odeint(fall, 1, []), "at least the time of y0"],
    [() => odeint(fall, 1, [0, 0]), "expected distinct times, got t[0] = t[1] = 0"],
    [() => odeint(fall, 1, [0, 1, 0.5]), "strictly increasing or strictly decreasing"],
    [() => odeint(fall, 1, [0, Number.NaN]), "expected finite times"],
    [() => odeint(fall, 1, 3 as never), "expected t to be an array"],
    [() => odeint(3 as never, 1, [0, 1]), "expected f to be a function"],
    [() => odeint(fall as never, "one" as never, [0, 1]), "expected y0 to be tensors only"],
    [() => odeint(fall as never, [] as number[], [0, 1]), "expected y0 to hold at least one"],
    [() => odeint(fall as never, [1, tf.scalar(1)], [0, 1]), "Convert it to one kind"],
    [() => odeint(decayOnTensors, tf.scalar(1, "int32"), [0, 1]), "cast it"],
    [() => odeint((() => "x") as never, 1, [0, 1]), "expected f to return a number"],
    [() => odeint((() => ({ x: 1 })) as never, { x: 1, v: 0 }, [0, 1]), "expected f to return a record of v, x"],
    [() => odeint(() => ({ x: 1, v: 0, w: 2 }), { x: 1, v: 0 }, [0, 1]), "got an object with keys [x, v, w]"],
    [() => odeint(() => [{ x: 1, v: 0 }], [{ x: 1 }], [0, 1]), "expected f to return a record of x"],
    [() => odeint((_t, y) => [...y, 1], Float64Array.of(1, 2), [0, 1]), "expected f to return 2 numbers"],
    [() => odeint(() => tf.zeros([3]), tf.zeros([2]), [0, 1]), "expected f to return float32 of shape [2]"],
    [() => odeint(fall, 1, [0, 1], null as never), "odeint: expected an options object, got null"],
    [
      () => odeintAdjoint(decayOnTensors, tf.scalar(1), [0, 1], null as never),
      "odeintAdjoint: expected an options object, got null",
    ],
    [() => solve(fall, 1, null as never), "solve: expected options with t0 and t1, got null"],
    [() => odeintEvent(fall, 1, 0, null as never), "odeintEvent: expected options with event and maxTime, got null"],
    [() => odeint(fall, 1, [0, 1], { rtoll: 1e-3 } as never), 'did you mean "rtol"?'],
    [() => odeint(fall, 1, [0, 1], { method: "dopri6" } as never), 'Did you mean "dopri5"?'],
    [() => odeint(fall, 1, [0, 1], { method: "rk4", rtol: 1e-3 } as never), "rtol does not apply to rk4"],
    [() => odeint(fall, 1, [0, 1], { stepSize: 0.1, atol: 1e-3, rtol: 1e-3 } as never), "rtol, atol do not apply with stepSize"],
    [() => odeint(fall, 1, [0, 1], { rtol: -1 }), "expected rtol"],
    [() => odeint(fall, 1, [0, 1], { rtol: 0, atol: 0 }), "rtol or atol above 0"],
    [() => odeint(fall, 1, [0, 1], { stepSize: 0 }), "expected stepSize"],
    [() => odeint(fall, 1, [0, 1], { grid: null } as never), "expected grid to be an array of nodes, got null"],
    [() => odeintEvent(fall, 1, 0, { event: fall, maxTime: 1, grid: null } as never), "expected grid to be an array of nodes"],
    [() => odeint(fall, 1, [0, 1], { grid: [0, 0.5] }), "to reach 1"],
    [() => odeint(fall, 1, [0, 1], { grid: [0, 0.7, 0.5, 1] }), "strictly monotonic"],
    [() => odeint(fall, 1, [0, 1], { controller: { safety: 2 } }), "0 < safety < 1"],
    [() => odeint(fall, 1, [0, 1], { gradient: "checkpointed" }), "does not apply to a state of numbers"],
    [() => odeintAdjoint(fall, 1, [0, 1]), "use odeint for numbers"],
    [() => odeintAdjoint(decayOnTensors, tf.scalar(1), [0, 1], { adjoint: { tolerance: 1 } as never }), "unknown option"],
    [() => solve(fall, 1, { t0: 0, t1: Number.POSITIVE_INFINITY }), "expected t1 to be a finite number, got Infinity"],
    [() => solve(fall, 1, { t0: 0, t1: 1, direction: 1 }), "direction does not apply without event"],
    [() => solve(fall, 1, { t0: 0, t1: 1, event: fall, endpoint: "overshoot" }), "endpoint does not apply"],
    [
      () => odeint(fall, 1, [0, 1], { rtol: [1e-3, 1] as never }),
      "nested as y0 with one for each part or number in it, got an array of length 2",
    ],
    [() => odeint(fall, 1, [0, 1], { rtol: "tight" as never }), "expected rtol to be a finite number ≥ 0"],
    [() => odeint((_t, [x, v]) => [v, x], [1, 2], [0, 1], { atol: [1e-3] as never }), "or nested as y0"],
    [
      () => odeint((_t, [x, v]) => [v, x], [1, 2], [0, 1], { atol: [1e-3, -1] }),
      "expected atol to be a finite number ≥ 0, or nested as y0 with one for each part or number in it, got -1",
    ],
    [() => odeint((_t, [x, v]) => [v, x], [1, 2], [0, 1], { atol: [0, 1], rtol: [0, 1] }), "above 0 for each number of y0"],
    [() => odeint((_t, { x }) => ({ x }), { x: 1 }, [0, 1], { rtol: { y: 1 } as never }), "got an object with keys [y]"],
    [() => odeint(fall, 1, [0, 1], { norm: "max" as never }), "expected norm to be a function"],
    [() => odeint(fall, 1, [0, 1], { norm: () => "1" as never }), "expected norm to return a number"],
    [() => odeint(fall, 1, [0, 1], { norm: () => 1, stepSize: 0.1 } as never), "norm does not apply with stepSize"],
    [
      () => odeint(decayOnTensors, tf.scalar(1), [0, 1], { norm: () => 1 as never }),
      "expected norm to return a float32 scalar tensor",
    ],
    [() => solve(fall, 1, { t0: 0, t1: 1, method: "rk4" } as never), "give stepSize or grid"],
    [() => solve(fall, 1, { t0: 0, t1: 1, dense: false }).evaluate(0.5), "leave out dense: false"],
    [() => solve(fall, 1, { t0: 0, t1: 1 }).evaluate(2), "expected t between 0 and 1"],
    [() => odeintEvent(fall, 1, 0, { maxTime: 1 } as never), "expected an options object with event, got no event"],
  ] as const)("%#", (run, message) => {
    expect(run as () => unknown).toThrow(message);
    expect(run as () => unknown).toThrow(OdeError);
  });

  it("options are typed per method", () => {
    const typed = () => {
      // @ts-expect-error a method without error estimate takes no tolerance
      odeint(fall, 1, [0, 1], { method: "rk4", rtol: 1e-3 });
      // @ts-expect-error unknown option
      odeint(fall, 1, [0, 1], { tolerance: 1e-3 });
      // @ts-expect-error a constant step takes no tolerance
      odeint(fall, 1, [0, 1], { method: "dopri5", stepSize: 0.1, rtol: 1e-3 });
      // @ts-expect-error unknown method
      odeint(fall, 1, [0, 1], { method: "dopri6" });
      // @ts-expect-error nothing to choose steps by
      solve(fall, 1, { t0: 0, t1: 1, method: "euler" });
      // @ts-expect-error gradients of numbers
      odeintAdjoint(decayOnTensors, tf.scalar(1), [0, 1], { adjoint: { norm: "max" } });
    };
    expect(typed).toBeTypeOf("function");
  });
});
