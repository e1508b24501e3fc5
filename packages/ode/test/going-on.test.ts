import { odeintEvent } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

const GRAVITY = 9.81;
const fall = (_t: number, [, speed]: readonly [number, number]): readonly [number, number] => [speed, -GRAVITY];
const ground = (_t: number, [height]: readonly [number, number]) => height;

/** Time of the n-th impact of a ball dropped from a height that keeps a share of its speed. */
function impact(n: number, height: number, kept: number): number {
  const first = Math.sqrt((2 * height) / GRAVITY);
  let t = first;
  for (let bounce = 1; bounce < n; bounce++) t += 2 * first * kept ** bounce;
  return t;
}

/** Impacts found one after the other, each search starting where the last one ended; time from 0 again at each when `restart`. */
function impacts(count: number, height: number, kept: number, options: object = {}, restart = false): number[] {
  let [t, y] = [0, [height, 0] as [number, number]];
  return Array.from({ length: count }, () => {
    const t0 = restart ? 0 : t;
    const hit = odeintEvent(fall, y, t0, { event: ground, maxTime: t0 + 1000, ...options });
    t += hit.t - t0;
    y = [hit.y[0], -kept * hit.y[1]];
    return t;
  });
}

describe("a search that goes on from an event", () => {
  it("does not find it again: forty bounces from 10 m", () => {
    for (const options of [{}, { direction: -1 }, { method: "tsit5" }, { maxTime: Number.POSITIVE_INFINITY }]) {
      const found = impacts(40, 10, 0.9, options);
      expect(found.slice(0, 3)).toEqual([
        expect.closeTo(1.4278431229, 9),
        expect.closeTo(3.9979607441, 9),
        expect.closeTo(6.3110666, 6),
      ]);
      expect(Math.abs(found[39]! / 26.706923694439894 - 1)).toBeLessThan(1e-12);
    }
  });

  it("whatever the height, the restitution, the method, the clock", () => {
    const heights = Array.from({ length: 10 }, (_, i) => 10 ** (((i * 7) % 10) / 2 - 2) * (1 + i / 77));
    for (const kept of [0.99, 0.9, 0.5, 0.1]) {
      for (const [options, restart] of [
        [{}, false],
        [{}, true],
        [{ direction: -1 }, false],
        [{ method: "dopri8" }, false],
        [{ rtol: 1e-3, atol: 1e-3 }, true],
      ] as const) {
        for (const height of heights) {
          const found = impacts(5, height, kept, options, restart);
          for (const [i, t] of found.entries()) expect(Math.abs(t / impact(i + 1, height, kept) - 1)).toBeLessThan(1e-11);
        }
      }
    }
  });

  it("passes through it: zeros of the sine are π apart, upward ones 2 π", () => {
    for (const [direction, apart] of [
      [0, Math.PI],
      [1, 2 * Math.PI],
    ] as const) {
      for (const restart of [false, true]) {
        let [t, y] = [direction === 1 ? Math.PI : 0, { x: 0, v: direction === 1 ? -1 : 1 }];
        for (let i = 0; i < 6; i++) {
          const event = (_t: number, { x }: { x: number }) => x;
          const t0 = restart ? 0 : t;
          const turn = (_t: number, { x, v }: { x: number; v: number }) => ({ x: v, v: -x });
          const next = odeintEvent(turn, y, t0, { event, direction, maxTime: t0 + 10, rtol: 1e-11, atol: 1e-12 });
          const expected = direction === 1 && i === 0 ? Math.PI : apart;
          expect(next.t - t0).toBeCloseTo(expected, 9);
          ({ t, y } = next);
        }
      }
    }
  });

  it("however steep the event function is at its root", () => {
    const turn = (_t: number, [x, v]: readonly [number, number]): readonly [number, number] => [v, -x];
    for (const steep of [Math.cbrt, (x: number) => Math.sign(x) * Math.sqrt(Math.abs(x)), Math.sign]) {
      let [t, y] = [0, [0, 1] as [number, number]];
      for (let i = 1; i <= 4; i++) {
        const next = odeintEvent(turn, y, t, { event: (_t, [x]) => steep(x), maxTime: t + 10, rtol: 1e-11, atol: 1e-12 });
        expect(next.t).toBeCloseTo(i * Math.PI, 9);
        [t, y] = [next.t, [next.y[0]!, next.y[1]!]];
      }
    }
  });

  it("in time that decreases", () => {
    const found = odeintEvent(fall, [1e-16, -5], 10, { event: ground, maxTime: 0 });
    expect(found.t).toBeCloseTo(10 - 10 / GRAVITY, 12);
  });

  it.each(["cpu", "wasm"] as const)("on tensors, with times as numbers or tensors: %s", async (backend) => {
    await start(backend);
    const gravity = tf.scalar(-GRAVITY);
    const left = leaked(() => {
      for (const [height, kept] of [
        [10, 0.9],
        [963, 0.9],
        [0.3, 0.5],
      ] as const) {
        for (const timeIsTensor of [false, true]) {
          let [t, y] = [0, [height, 0]];
          for (let n = 1; n <= 5; n++) {
            tf.tidy(() => {
              const t0 = timeIsTensor ? tf.scalar(t) : t;
              const start = [tf.scalar(y[0]!), tf.scalar(y[1]!)] as [tf.Scalar, tf.Scalar];
              const hit = odeintEvent((_t, [, v]) => [v, gravity], start, t0, { event: (_t, [x]) => x, maxTime: t + 100 });
              t = values(hit.t)[0]!;
              y = [values(hit.y[0])[0]!, -kept * values(hit.y[1])[0]!];
            });
            expect(Math.abs(t / impact(n, height, kept) - 1)).toBeLessThan(1e-5);
          }
        }
      }
    });
    expect(left).toBe(0);
    gravity.dispose();
  });
});

describe("an event close to the start", () => {
  const still = (_t: number, y: number) => -y;
  const step = { method: "rk4", stepSize: 1, maxTime: 1 } as const;

  it("that is 0 there and crosses within the first thousandth of a step", () => {
    expect(odeintEvent(() => 0, 1, 0, { event: (t) => t * (t - 5e-4), ...step }).t).toBeCloseTo(5e-4, 14);
    for (const after of [1e-4, 1e-6, 1e-9]) {
      const { t } = odeintEvent(still, 1, 0, { event: (t) => t * (t - after), maxTime: 1 });
      expect(Math.abs(t / after - 1)).toBeLessThan(1e-6);
    }
  });

  it("is no root of the start's", () => {
    for (const after of [1e-3, 1e-6, 1e-9, 1e-11]) {
      expect(odeintEvent(still, 1, 0, { event: (t) => t - after, maxTime: 1 }).t / after).toBeCloseTo(1, 6);
      expect(odeintEvent(still, 1, 0, { event: (_t, y) => y - (1 - after), maxTime: 1 }).t / after).toBeCloseTo(1, 2);
      expect(odeintEvent(still, 1, 0, { event: (t) => t - after, ...step }).t / after).toBeCloseTo(1, 3);
    }
  });

  it("stays unseen while the function stays 0, and is seen when it leaves 0 the other way later", () => {
    const event = (t: number) => (t < 0.25 ? 0 : t < 0.5 ? -1 : 1);
    const steps = { maxTime: 1, method: "rk4", stepSize: 0.125 } as const;
    expect(odeintEvent(still, 1, 0, { event, ...steps }).t).toBeCloseTo(0.5, 12);
    expect(odeintEvent(still, 1, 0, { event: () => 0, ...steps }).occurred).toBe(false);
  });
});

describe("direction", () => {
  const turn = (_t: number, [x, v]: readonly [number, number]): readonly [number, number] => [v, -x];
  const search = (direction: -1 | 0 | 1, level: number, t1 = 20) =>
    odeintEvent(turn, [0, 1], 0, { event: (_t, [x]) => x - level, direction, maxTime: t1, rtol: 1e-10, atol: 1e-12 });

  it("chooses which change of sign counts, along the way of integration", () => {
    const up = Math.asin(0.5);
    expect(search(0, 0.5).t).toBeCloseTo(up, 9);
    expect(search(1, 0.5).t).toBeCloseTo(up, 9);
    expect(search(-1, 0.5).t).toBeCloseTo(Math.PI - up, 9);
    // Backward from sin 0, the function falls to −0.5 first and rises from there.
    expect(search(-1, -0.5, -20).t).toBeCloseTo(-up, 9);
    expect(search(1, -0.5, -20).t).toBeCloseTo(up - Math.PI, 9);
  });

  it("a value of exactly 0 that does not count leaves the next change of sign to be found", () => {
    // Steps of 0.125: the function touches 0 exactly at 0.25, downward, and rises through 0.75.
    const event = (t: number) => (t - 0.25) * (t - 0.75);
    const found = odeintEvent((_t, y) => -y, 1, 0, { event, direction: 1, maxTime: 1, method: "rk4", stepSize: 0.125 });
    expect(found.t).toBe(0.75);
  });

  it("anything else is refused", () => {
    expect(() => search(2 as never, 0.5)).toThrow("odeintEvent: expected direction to be −1, 0 or 1, got 2");
    expect(() => search("up" as never, 0.5)).toThrow('got "up"');
  });
});

describe("an end at Infinity", () => {
  it("is never reached: the search goes on until the event, or what limits it", () => {
    const forever = Number.POSITIVE_INFINITY;
    expect(odeintEvent((_t, y) => -y, 1, 0, { event: (_t, y) => y - 1e-3, maxTime: forever }).t).toBeCloseTo(Math.log(1000), 4);
    expect(odeintEvent((_t, y) => y, 1, 0, { event: (_t, y) => y - 1e-3, maxTime: -forever }).t).toBeCloseTo(-Math.log(1000), 4);
    const steps = { method: "rk4", stepSize: 0.1, maxTime: forever } as const;
    expect(odeintEvent((_t, y) => -y, 1, 0, { event: (_t, y) => y - 1e-3, ...steps }).t).toBeCloseTo(Math.log(1000), 4);
    const never = { event: (_t: number, y: number) => y + 1, maxTime: forever };
    expect(() => odeintEvent((t, y) => Math.cos(t) - y, 1, 0, { ...never, maxSteps: 50 })).toThrow("maxSteps");
    expect(odeintEvent(() => 0, 1, 0, never)).toMatchObject({ occurred: false, y: 1 });
  });

  it("and dt*/dt0 = 1 with t0 as a tensor", async () => {
    await start("cpu");
    const t0 = tf.scalar(0.25);
    const time = (t: tf.Tensor) => {
      const event = (_t: tf.Scalar, y: tf.Tensor) => tf.sub(y, 0.5) as tf.Scalar;
      return odeintEvent((_t, y) => tf.neg(y), tf.scalar(1), t as tf.Scalar, { event, maxTime: Number.POSITIVE_INFINITY }).t;
    };
    expect(values(tf.tidy(() => time(t0)))[0]).toBeCloseTo(0.25 + Math.LN2, 3);
    expect(values(tf.grad(time)(t0))[0]).toBeCloseTo(1, 5);
    t0.dispose();
  });
});

describe("an event function that is NaN", () => {
  const still = (_t: number, y: number) => -y;
  const search = (event: (t: number) => number) => odeintEvent(still, 1, 0, { event, maxTime: 1, maxStep: 0.1 });

  it("is no number in which no event was found", () => {
    for (const event of [
      () => Number.NaN,
      (t: number) => Math.sqrt(0.5 - t) + 1,
      (t: number) => (t > 0.3 && t < 0.6 ? Number.NaN : 1),
    ]) {
      expect(() => search(event)).toThrow(expect.objectContaining({ status: expect.objectContaining({ kind: "notFinite" }) }));
      expect(() => search(event)).toThrow(/expected event to be a number, got NaN at t = 0/);
    }
  });

  it("between looks of different signs hides an event", () => {
    const hidden = (t: number) => (t > 0.3 && t < 0.6 ? Number.NaN : t - 0.5);
    expect(() => search(hidden)).toThrow(/where its sign changes, between t = 0.[23]\d* and 0.6/);
    expect(() => search(hidden)).toThrow(expect.objectContaining({ status: expect.objectContaining({ kind: "notFinite" }) }));
  });
});

describe("a solve of no length", () => {
  it("is the start, found nothing, and asks f nothing", () => {
    let calls = 0;
    const f = (_t: number, y: number) => y * ++calls;
    expect(odeintEvent(f, 2, 1, { event: (_t, y) => y, maxTime: 1 })).toMatchObject({ t: 1, y: 2, occurred: false });
    expect(calls).toBe(0);
  });
});
