import { type ConstantStepOptions, type Dynamics, odeint, odeintEvent, type Stacked, type State, solve } from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import type { AdaptiveStepOptions, DoesNotApplyToGivenSteps, ExcludesTheOtherStepOptions } from "../src/input/options.js";
import type { StateOf, StatesHoldTensorsOrNumbersAndFloat64Arrays } from "../src/types.js";
import { start, values } from "./backends.js";

interface Pendulum {
  angle: number;
  speed: number;
}

class Body {
  angle: number;
  speed: number;

  constructor(angle: number, speed: number) {
    this.angle = angle;
    this.speed = speed;
  }
}

const swing = (_t: number, { angle, speed }: Pendulum): Pendulum => ({ angle: speed, speed: -Math.sin(angle) });
const plain = odeint((_t, { angle, speed }) => ({ angle: speed, speed: -Math.sin(angle) }), { angle: 1, speed: 0 }, [0, 1]);

beforeAll(() => start("cpu"));

describe("a state typed by an interface", () => {
  const y0: Pendulum = { angle: 1, speed: 0 };

  it("compiles, and gives what a record does", () => {
    const y = odeint(swing, y0, [0, 1]);
    expectTypeOf(y).toEqualTypeOf<{ angle: Float64Array; speed: Float64Array }>();
    expect(y).toEqual(plain);
    expect(float64.odeint(swing, y0, [0, 1])).toEqual(plain);
    expectTypeOf(solve(swing, y0, { t0: 0, t1: 1 }).evaluate(0.5)).toEqualTypeOf<{ angle: number; speed: number }>();
    const { t } = odeintEvent(swing, y0, 0, { event: (_t, { angle }) => angle, maxTime: 5 });
    expectTypeOf(t).toEqualTypeOf<number>();
  });

  it("of tensors, with interfaces inside arrays inside interfaces", () => {
    interface Particle {
      readonly x: tf.Tensor1D;
      readonly v: tf.Tensor1D;
    }
    interface World {
      readonly particles: readonly Particle[];
      readonly clock: tf.Scalar;
    }
    const [x, v, clock] = [tf.tensor1d([1]), tf.tensor1d([0]), tf.scalar(0)];
    const world: World = { particles: [{ x, v }], clock };
    const f = (_t: number, { particles }: World): World => ({
      particles: particles.map(({ x, v }) => ({ x: v, v: tf.neg(x) })),
      clock: tf.scalar(1),
    });
    const y = odeint(f, world, [0, 1], { rtol: 1e-6 });
    expectTypeOf(y.clock).toEqualTypeOf<tf.Tensor<tf.Rank.R1>>();
    expect(values(y.particles[0]!.x)[1]).toBeCloseTo(Math.cos(1), 5);
    tf.dispose([y.clock, y.particles[0]!.v, x, v, clock]);
  });
});

describe("a state typed by a class", () => {
  it("compiles; f receives plain records, and may return instances", () => {
    const f = (_t: number, { angle, speed }: Body) => new Body(speed, -Math.sin(angle));
    const y = odeint(f, new Body(1, 0), [0, 1]);
    expectTypeOf(y).toEqualTypeOf<{ angle: Float64Array; speed: Float64Array }>();
    expect(y).toEqual(plain);
  });

  it("of tensors, too", () => {
    class Decay {
      y: tf.Scalar;
      constructor(y: tf.Scalar) {
        this.y = y;
      }
    }
    const one = tf.scalar(1);
    const result = odeint((_t, { y }: Decay) => new Decay(tf.neg(y)), new Decay(one), [0, 1]);
    expect(values(result.y)[1]).toBeCloseTo(Math.exp(-1), 4);
    one.dispose();
  });
});

describe("what is no state", () => {
  it("is told by name", () => {
    expectTypeOf<StateOf<{ x: number; label: string }>["label"]>().toEqualTypeOf<StatesHoldTensorsOrNumbersAndFloat64Arrays>();
    // @ts-expect-error: a string is no state
    expect(() => odeint((_t, y) => y, "one", [0, 1])).toThrow("expected y0 to be tensors only");
    // @ts-expect-error: nor may a record hold one
    expect(() => odeint(() => ({ x: 1, label: "a" }), { x: 1, label: "a" }, [0, 1])).toThrow("expected y0 to be tensors only");
    // @ts-expect-error: the float64 entry takes no tensors
    expect(() => float64.odeint((_t, y) => y, tf.scalar(1), [0, 1])).toThrow("got tensors");
  });
});

describe("generic code", () => {
  it("over any state still compiles", () => {
    function run<S extends State>(f: Dynamics<S>, y0: S): Stacked<S> {
      return odeint(f, y0, [0, 1]);
    }
    expect(run((_t, y: number) => -y, 1)).toHaveLength(2);
  });
});

describe("options that exclude each other", () => {
  it("say why by the name of the type that the compiler prints", () => {
    expectTypeOf<NonNullable<ConstantStepOptions["rtol"]>>().toEqualTypeOf<DoesNotApplyToGivenSteps>();
    expectTypeOf<NonNullable<ConstantStepOptions["grid"]>>().toEqualTypeOf<ExcludesTheOtherStepOptions>();
    expectTypeOf<NonNullable<AdaptiveStepOptions["stepSize"]>>().toEqualTypeOf<ExcludesTheOtherStepOptions>();
    const fall = (_t: number, y: number) => -y;
    // @ts-expect-error: rtol does not apply to given steps
    expect(() => odeint(fall, 1, [0, 1], { stepSize: 0.1, rtol: 1e-3 })).toThrow("rtol does not apply");
    // @ts-expect-error: nor to a method without error estimate
    expect(() => odeint(fall, 1, [0, 1], { method: "rk4", rtol: 1e-3 })).toThrow("rtol does not apply");
    // @ts-expect-error: stepSize or grid
    expect(() => odeint(fall, 1, [0, 1], { stepSize: 0.1, grid: [0, 1] })).toThrow("give one");
    // @ts-expect-error: no such option
    expect(() => odeint(fall, 1, [0, 1], { rtoll: 1e-3 })).toThrow("did you mean");
  });
});
