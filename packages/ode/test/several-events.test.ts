import { METHODS, odeintEvents, odeintEventsAsync } from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import { describe, expect, it } from "vitest";
import reference from "./reference/events.json" with { type: "json" };

const GRAVITY = 9.81;
const fall = (_t: number, [, speed]: readonly [number, number]): readonly [number, number] => [speed, -GRAVITY];
type Ball = readonly [number, number];
const bounce = {
  event: (_t: number, [height]: Ball) => height,
  direction: -1,
  apply: (_t: number, [, v]: Ball) => [0, -0.8 * v] as const,
} as const;

/** Impacts of a ball dropped from a height that keeps 0.8 of its speed. */
function impacts(count: number): number[] {
  const first = Math.sqrt(20 / GRAVITY);
  const times = [first];
  for (let n = 1; n < count; n++) times.push(times[n - 1]! + 2 * first * 0.8 ** n);
  return times;
}

/** The same change; notes when. */
const noting =
  <S, R>(times: number[], apply: (t: number, y: S) => R) =>
  (t: number, y: S): R => {
    times.push(t);
    return apply(t, y);
  };

describe("several events at once, on numbers", () => {
  it("are those of SciPy's solve_ivp: directions, a counted end, an event that looks at the time", () => {
    const f = (t: number, [x, v]: readonly [number, number]) => [v, 2 * (1 - x * x) * v - x + 0.3 * Math.sin(t)] as const;
    const level = (_t: number, [x]: readonly [number, number]) => x - 0.5;
    for (const solveEvents of [odeintEvents, float64.odeintEvents as typeof odeintEvents]) {
      const { events, end, status, t } = solveEvents(f, [0.9, 0.1], [0, 10, 20, 40], {
        rtol: 1e-11,
        atol: 1e-12,
        events: {
          up: { event: level, direction: 1 },
          down: { event: level, direction: -1 },
          turn: { event: (_t, [, v]) => v, terminal: 7 },
          meeting: { event: (t, [x]) => x - Math.cos(t), eventChecks: 4 },
        },
      });
      for (const name of ["up", "down", "turn", "meeting"] as const) {
        const expected = reference[name];
        expect(events[name].t.length).toBe(expected.t.length);
        expected.t.forEach((time, i) => {
          expect(events[name].t[i]).toBeCloseTo(time, 8);
          for (const k of [0, 1] as const) expect(events[name].y[k][i]).toBeCloseTo(expected.y[i]![k]!, 7);
        });
      }
      expect([end.event, status.kind]).toEqual(["turn", "event"]);
      expect(end.t).toBeCloseTo(reference.end.t, 8);
      expect(t).toEqual(Float64Array.of(0, 10, 20));
    }
  });

  it("change the state, and the solve goes on: a bouncing ball, its outputs and its end", () => {
    const hits = impacts(6);
    const { t, y, events, end } = odeintEvents(fall, [10, 0], [0, 1, 2, 3, 4, 5], {
      events: { ground: bounce, top: { event: (_t, [, v]) => v, direction: -1 } },
    });
    expect(t).toEqual(Float64Array.of(0, 1, 2, 3, 4, 5));
    const before = hits.filter((hit) => hit < 5);
    expect([...events.ground.t]).toEqual(before.map((hit) => expect.closeTo(hit, 10)));
    expect([...events.ground.y[1]]).toEqual(before.map((_, n) => expect.closeTo(-GRAVITY * hits[0]! * 0.8 ** n, 9)));
    // Half way between impacts.
    expect([...events.top.t]).toEqual(
      hits
        .slice(0, -1)
        .map((hit, n) => (hit + hits[n + 1]!) / 2)
        .filter((top) => top < 5)
        .map((top) => expect.closeTo(top, 9)),
    );
    const at = (time: number) => {
      const n = hits.filter((hit) => hit < time).length;
      const [since, speed] = n === 0 ? [time, 0] : [time - hits[n - 1]!, GRAVITY * hits[0]! * 0.8 ** n];
      return (n === 0 ? 10 : 0) + speed * since - (GRAVITY / 2) * since ** 2;
    };
    expect([...y[0]]).toEqual([0, 1, 2, 3, 4, 5].map((time) => expect.closeTo(at(time), 9)));
    expect([end.t, end.event]).toEqual([5, undefined]);
    expect(end.y[0]).toBe(y[0][5]);
  });

  it.each(Object.keys(METHODS) as (keyof typeof METHODS)[])("with %s, which starts anew after each change", (method) => {
    const { order, estimatesError } = METHODS[method];
    const smooth = { ...(estimatesError ? { rtol: 1e-6, atol: 1e-7 } : { stepSize: 1 / 64 }) };
    const ends: number[] = [];
    const { events, y } = odeintEvents(fall, [10, 0], [0, 2, 2.5], {
      method: method as "dopri5",
      ...smooth,
      maxSteps: 100_000,
      events: { ground: { ...bounce, apply: noting(ends, bounce.apply) } },
    });
    const digits = order === 1 ? 1 : order === 2 ? 3 : 5;
    expect([...events.ground.t]).toEqual(impacts(1).map((hit) => expect.closeTo(hit, digits)));
    expect(ends).toEqual([...events.ground.t]);
    const since = 2.5 - impacts(1)[0]!;
    const expected = 0.8 * GRAVITY * impacts(1)[0]! * since - (GRAVITY / 2) * since ** 2;
    expect(Math.abs(y[0][2]! - expected)).toBeLessThan(order === 1 ? 0.2 : 1e-3);
  });

  it("end the solve when they have happened so often, after their change; outputs end there", async () => {
    const options = { events: { ground: { ...bounce, terminal: 3 } } } as const;
    const found = odeintEvents(fall, [10, 0], [0, 1, 100], options);
    expect(found.end).toEqual({ t: found.events.ground.t[2], y: [0, -0.8 * found.events.ground.y[1][2]!], event: "ground" });
    expect(found.end.t).toBeCloseTo(impacts(3)[2]!, 10);
    expect(found.t).toEqual(Float64Array.of(0, 1));
    expect(await odeintEventsAsync(fall, [10, 0], [0, 1, 100], options)).toEqual(found);
    expect(await float64.odeintEventsAsync(fall, [10, 0], [0, 1, 100], options)).toEqual(found);
  });

  it("at one time happen all, the first listed first", () => {
    const order: string[] = [];
    const hit = (name: string) => ({
      ...bounce,
      apply: (t: number, y: Ball) => {
        order.push(name);
        return name === "second" ? y : bounce.apply(t, y);
      },
    });
    const { events } = odeintEvents(fall, [10, 0], [0, 3], {
      events: { first: hit("first"), seen: { event: (_t, [h]) => 3 * h }, second: hit("second"), clock: { event: (t) => t - 1 } },
    });
    expect(order).toEqual(["first", "second"]);
    expect([events.first, events.seen, events.second].map(({ t }) => [...t])).toEqual(
      Array.from({ length: 3 }, () => [expect.closeTo(impacts(1)[0]!, 10)]),
    );
    expect([...events.clock.t]).toEqual([expect.closeTo(1, 12)]);
  });

  it("in decreasing time, with given steps and a grid", () => {
    const hits = impacts(2);
    for (const steps of [
      {},
      { stepSize: 0.25 },
      { grid: [0, -0.5, -1, -2, -3, -4] },
      { method: "rk4" as const, stepSize: 0.1 },
    ]) {
      const { events, y } = odeintEvents(
        (t, y) => fall(t, [y[0], -y[1]]).map((v, i) => (i === 0 ? v : -v)) as never,
        [10, 0] as Ball,
        [0, -2, -4],
        {
          ...steps,
          events: { ground: bounce },
        },
      );
      // y″ = −g in −t.
      expect([...events.ground.t]).toEqual(hits.map((hit) => expect.closeTo(-hit, 8)));
      expect(y[0].length).toBe(3);
    }
  });
});

describe("where a root is", () => {
  const clock = (at: number, more: object = {}) => ({ tick: { event: (t: number) => t - at, ...more } });
  const still = () => 0;

  it("at the start is none; on a node, on an output, or an ulp beside one is one", () => {
    expect([...odeintEvents(still, 1, [0, 1], { events: clock(0) }).events.tick.t]).toEqual([]);
    for (const at of [0.25, 0.5, 0.5 + 2 ** -53, 0.5 - 2 ** -54, 1]) {
      const seen: number[] = [];
      const apply = noting(seen, (_t: number, y: number) => y + 1);
      const { events, t, y, end } = odeintEvents(still, 1, [0, 0.5, 1], { stepSize: 0.25, events: clock(at, { apply }) });
      const [found] = events.tick.t;
      expect(Math.abs(found! - at)).toBeLessThanOrEqual(Number.EPSILON / 2);
      expect([...seen, ...events.tick.t]).toEqual([found, found]);
      expect([...t]).toEqual([0, 0.5, 1]);
      // An output at the time of a change is from before it.
      expect([...y]).toEqual([1, found! < 0.5 ? 2 : 1, at < 1 ? 2 : 1]);
      expect(end).toEqual({ t: 1, y: 2, event: undefined });
      const ended = odeintEvents(still, 1, [0, 0.5, 1], { stepSize: 0.25, events: clock(at, { terminal: true }) });
      expect([ended.end.t, ended.end.event, ended.t.length]).toEqual([found, "tick", found! < 0.5 ? 1 : at < 1 ? 2 : 3]);
    }
  });

  it("on an output is at that time, whatever rounding leaves of it: the output is from before the change", () => {
    for (let i = 1; i <= 200; i++) {
      for (const [start, at, end] of [
        [0, 0.1 * i, 0.1 * i + 1],
        [0, -0.1 * i, -0.1 * i - 1],
      ] as const) {
        const apply = (_t: number, y: number) => y + 1;
        const { events, y } = odeintEvents(still, 1, [start, at, end], { firstStep: 0.3, events: clock(at, { apply }) });
        expect([...events.tick.t, ...y]).toEqual([at, 1, 1, 2]);
        const ended = odeintEvents(still, 1, [start, at, end], { firstStep: 0.3, events: clock(at, { terminal: true }) });
        expect([...ended.t, ended.end.t]).toEqual([start, at, at]);
      }
    }
  });

  it("is found soon after another event's change, however large other numbers of the state are", () => {
    for (const large of [1, 1e4, 1e8]) {
      for (const gap of [1e-2, 1e-4, 1e-6, 1e-9]) {
        const fallBoth = () => [-1, -1, 0] as const;
        const ground = (i: 0 | 1) => ({
          event: (_t: number, y: readonly [number, number, number]) => y[i],
          apply: (_t: number, y: readonly [number, number, number]) => [i === 0 ? 5 : y[0], i === 1 ? 5 : y[1], y[2]] as const,
        });
        const events = { first: ground(0), second: ground(1) };
        const { first, second } = odeintEvents(fallBoth, [1, 1 + gap, large], [0, 3], { events }).events;
        expect([first.t.length, second.t.length]).toEqual([1, 1]);
        expect(second.t[0]! - first.t[0]!).toBeCloseTo(gap, 12);
      }
    }
    // One ulp after a step that ends at another one.
    const events = {
      dose: { event: (t: number) => t - 0.3, apply: (_t: number, y: number) => y + 1 },
      other: { event: (t: number) => t - 0.1 * 3, apply: (_t: number, y: number) => y + 10 },
    };
    expect([...odeintEvents(still, 1, [0, 1], { stepTimes: [0.3], events }).y]).toEqual([1, 12]);
  });

  it("that touches 0 without crossing is found where a look falls on it, once, with the sign it comes from", () => {
    const touching = (direction: -1 | 0 | 1, at: number) =>
      odeintEvents(still, 1, [0, 1], { stepSize: 0.25, events: { touch: { event: (t) => (t - at) ** 2, direction } } }).events
        .touch.t;
    expect([...touching(0, 0.5)]).toEqual([0.5]);
    expect([...touching(-1, 0.5)]).toEqual([0.5]);
    expect([...touching(1, 0.5)]).toEqual([]);
    expect([...touching(0, 0.6)]).toEqual([]);
  });

  it("is found as often as the sign changes within a step, where looks are close enough", () => {
    const wave = { event: (t: number) => Math.sin(2 * Math.PI * t), eventChecks: 16 };
    const { t } = odeintEvents(still, 1, [0.1, 4.9], { stepSize: 4.8, events: { wave } }).events.wave;
    expect([...t]).toEqual(Array.from({ length: 9 }, (_, i) => expect.closeTo((i + 1) / 2, 12)));
  });

  it("is NaN somewhere: an event may have been missed", () => {
    const f = () =>
      odeintEvents(still, 1, [0, 1], {
        stepSize: 0.25,
        events: { odd: { event: (t) => (t < 0.4 ? 1 : t < 0.6 ? Number.NaN : 1) } },
      });
    expect(f).toThrow("expected event to be a number, got NaN at t = 0.5");
    // After the end nobody asks.
    const ended = odeintEvents(still, 1, [0, 1], {
      stepSize: 1,
      events: {
        odd: { event: (t) => (t < 0.6 ? 1 : Number.NaN), eventChecks: 4 },
        end: { event: (t) => t - 0.5, terminal: true },
      },
    });
    expect(ended.end.t).toBe(0.5);
  });
});

describe("odeintEvents refuses", () => {
  const solve = (options: object) => () => odeintEvents((_t, y) => y, 1, [0, 1], options as never);

  it("what is no record of events, by name", () => {
    const event = (_t: number, y: number) => y;
    expect(solve({})).toThrow("odeintEvents: expected events to be a record of at least one { event: (t, y) => scalar }");
    expect(solve({ events: [{ event }] })).toThrow("expected events to be a record");
    expect(solve({ events: { a: event } })).toThrow(
      "odeintEvents: events.a: expected { event: (t, y) => scalar }, got a function",
    );
    expect(solve({ events: { a: { event, terminal: 0 } } })).toThrow("odeintEvents: events.a: expected terminal");
    expect(solve({ events: { a: { event, direction: 2 } } })).toThrow("events.a: expected direction to be −1, 0 or 1");
    expect(solve({ events: { a: { event, aply: event } } })).toThrow("aply");
    expect(solve({ events: { a: { event } }, endpoint: "overshoot" })).toThrow("endpoint does not apply");
    expect(solve({ events: { a: { event } }, gradient: "adjoint" })).toThrow("gradient does not apply to a state of numbers");
    expect(solve({ events: { a: { event: (t: number) => t - 0.5, apply: () => [1] } } })).toThrow(
      "odeintEvents: expected apply to return a number, shaped as y0",
    );
    expect(solve({ events: { a: { event: () => "x" } } })).toThrow("expected event to return a number");
  });
});
