import { odeintEvents, odeintEventsAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";

/** Height, restitution and gravity of a bouncing ball. */
const BALL = [10, 0.8, 9.81] as const;
type State = readonly [tf.Scalar, tf.Scalar];

const GRADIENTS = ["steps", "checkpointed", "adjoint"] as const;

/** A ball that is dropped, with what happens to it until t = 4.4, after two impacts. */
function drop(
  [height, kept, gravity]: readonly tf.Tensor[],
  options: {
    gradient?: (typeof GRADIENTS)[number];
    method?: "dopri5" | "kvaerno5" | "rodas5p" | "radau5";
    terminal?: number;
  } = {},
  times: readonly number[] | tf.Tensor1D = [0, 2, 4.4],
) {
  const { terminal = false, ...others } = options;
  return odeintEvents(
    (_t, [, v]: State, { gravity }) => [v, tf.neg(gravity)] as never,
    [height as tf.Scalar, tf.scalar(0)] as State,
    times as number[],
    {
      rtol: 1e-6,
      atol: 1e-6,
      args: { gravity: gravity! },
      ...others,
      events: {
        ground: {
          event: (_t, [x]) => x,
          direction: -1,
          terminal,
          apply: (_t, [, v]) => [tf.scalar(0), tf.neg(tf.mul(kept!, v))],
        },
        top: { event: (_t, [, v]) => v, direction: -1 },
      },
    },
  );
}

/** By hand: t₁ = √(2h/g), tₙ = t₁ (1 + 2 Σ kᵐ), and speeds v₁ kⁿ after the n-th impact, v₁ = √(2gh). */
const [h, k, g] = BALL;
const first = Math.sqrt((2 * h) / g);
const speed = Math.sqrt(2 * g * h);
const second = first * (1 + 2 * k);
/** Height at t after the second impact, and its derivatives by h, k, g. */
function heightAt(t: number) {
  const since = t - second;
  const rate = k * k * speed - g * since;
  return {
    value: k * k * speed * since - (g / 2) * since ** 2,
    by: [
      (k * k * speed * since) / (2 * h) - (rate * second) / (2 * h),
      2 * k * speed * since - rate * 2 * first,
      (k * k * speed * since) / (2 * g) + (rate * second) / (2 * g) - since ** 2 / 2,
    ],
    byTime: rate,
  };
}

const inputs = () => BALL.map((value) => tf.scalar(value));
const last = (tensor: tf.Tensor) => tf.squeeze(tf.slice(tensor, tensor.shape[0]! - 1, 1)) as tf.Scalar;

function gradients(of: (inputs: readonly tf.Tensor[]) => tf.Tensor): number[] {
  const at = inputs();
  const result = tf
    .grads((...given: tf.Tensor[]) => of(given))(at)
    .map((gradient) => values(gradient)[0]!);
  tf.dispose(at);
  return result;
}

const close = (found: readonly number[], expected: readonly number[], relative: number) => {
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i]! - value)).toBeLessThan(relative * Math.max(1, Math.abs(value)));
};

describe.each(["cpu", "wasm"] as const)("several events on tensors: %s", (backend) => {
  beforeAll(() => start(backend));

  it("values: times, states, outputs, the end; nothing is left behind", async () => {
    const at = inputs();
    const left = leaked(() => {
      const { t, y, events, end } = tf.tidy(() => drop(at) as never) as ReturnType<typeof drop>;
      expect(t).toEqual(Float64Array.of(0, 2, 4.4));
      close(values(events.ground.t), [first, second], 1e-5);
      close(values(events.ground.y[1]), [-speed, -k * speed], 1e-5);
      close(
        values(events.top.t),
        [(first + second) / 2, second + (k * k * speed) / g].filter((t) => t < 4.4),
        1e-5,
      );
      close(values(y[0]).slice(2), [heightAt(4.4).value], 1e-4);
      close([...values(end.t), ...values(end.y[0])], [4.4, heightAt(4.4).value], 1e-4);
      tf.dispose([y[1], events.ground.y[0], ...events.top.y, end.y[1]]);
      expect(end.event).toBeUndefined();
    });
    expect(left).toBe(0);
    const before = tf.memory().numTensors;
    const options = {
      args: at[2]!,
      events: {
        ground: {
          event: (_t: number, [x]: State) => x,
          terminal: 2,
          apply: (_t: tf.Scalar, [x, v]: State) => [x, tf.mul(v, -k)] as const,
        },
        never: { event: (_t: number, [x]: State) => tf.add(x, 10) as tf.Scalar },
      },
    } as const;
    const y0 = [tf.scalar(10), tf.scalar(0)] as State;
    const found = await odeintEventsAsync((_t, [, v], g: tf.Tensor) => [v, tf.neg(g)] as never, y0, [0, 1, 100], options);
    expect([found.end.event, ...found.t, found.events.never.t.shape[0], ...found.events.never.y[0].shape]).toEqual([
      "ground",
      0,
      1,
      0,
      0,
    ]);
    close([...values(found.end.t), ...values(found.end.y[1])], [second, k * k * speed], 1e-4);
    tf.dispose([found.y, found.events, found.end, y0] as never);
    expect(tf.memory().numTensors).toBe(before);
    const y1 = [tf.scalar(10), tf.scalar(0)] as State;
    const odd = { odd: { event: (t: number) => tf.scalar(t > 0.5 ? Number.NaN : 1) } };
    await expect(odeintEventsAsync((_t, [, v]) => [v, tf.zerosLike(v)] as never, y1, [0, 1], { events: odd })).rejects.toThrow(
      "got NaN",
    );
    tf.dispose([...y1]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(at);
  });
});

describe("gradients through events", () => {
  beforeAll(() => start("cpu"));

  it.each(GRADIENTS)("gradients of times, states before and after changes, and the end: %s", (gradient) => {
    const left = leaked(() => {
      close(
        gradients((given) => last(drop(given, { gradient }).events.ground.t)),
        [second / (2 * h), 2 * first, -second / (2 * g)],
        2e-4,
      );
      close(
        gradients((given) => last(drop(given, { gradient }).events.ground.y[1])),
        [(-k * speed) / (2 * h), -speed, (-k * speed) / (2 * g)],
        2e-4,
      );
      close(
        gradients((given) => last(drop(given, { gradient }).y[0])),
        heightAt(4.4).by,
        1e-3,
      );
      close(
        gradients((given) => drop(given, { gradient, terminal: 2 }).end.y[1]),
        [(k * k * speed) / (2 * h), 2 * k * speed, (k * k * speed) / (2 * g)],
        2e-4,
      );
      close(
        gradients((given) => drop(given, { gradient, terminal: 2 }).end.t),
        [second / (2 * h), 2 * first, -second / (2 * g)],
        2e-4,
      );
    });
    expect(left).toBe(0);
  });

  it.each(["kvaerno5", "radau5", "rodas5p"] as const)("with implicit steps: %s", (method) => {
    for (const gradient of method === "kvaerno5" ? GRADIENTS : (["steps"] as const))
      close(
        gradients((given) => last(drop(given, { gradient, method }).y[0])),
        heightAt(4.4).by,
        2e-3,
      );
  });

  it.each(GRADIENTS)("with respect to output times and the start: %s", (gradient) => {
    const times = tf.tensor1d([0.25, 2, 4.65]);
    const at = inputs();
    // What starts later by 1/4 is the same later by 1/4.
    const { byTime } = heightAt(4.4);
    const [by] = [values(tf.grad((t) => last(drop(at, { gradient }, t as tf.Tensor1D).y[0]))(times))];
    close(by, [-byTime, 0, byTime], 1e-3);
    close(values(tf.grad((t) => last(drop(at, { gradient }, t as tf.Tensor1D).events.ground.t))(times)), [1, 0, 0], 1e-4);
    tf.dispose([times, ...at]);
  });

  it("of a change that depends on the time, and of an f that does", () => {
    // y′ = t from a; at y = 1, t₁ = √(2 − 2a), y becomes t₁² + b; so y(2) = 2 − t₁²/2 + t₁² + b = 2 + (1 − a) + b.
    const a = tf.scalar(0.5);
    const b = tf.scalar(3);
    for (const gradient of GRADIENTS) {
      const end = (a: tf.Tensor, b: tf.Tensor) =>
        odeintEvents((t, y) => tf.mul(tf.onesLike(y), t), a as tf.Scalar, [0, 2], {
          gradient,
          rtol: 1e-6,
          events: {
            level: {
              event: (_t, y) => tf.sub(y, 1) as tf.Scalar,
              terminal: false,
              direction: 1,
              apply: (t) => tf.add(tf.square(t), b) as tf.Scalar,
            },
          },
        }).end.y;
      expect(values(end(a, b))[0]).toBeCloseTo(5.5, 5);
      const [da, db] = tf.grads(end)([a, b]);
      close([...values(da!), ...values(db!)], [-1, 1], 1e-4);
    }
    tf.dispose([a, b]);
  });

  it("of where the solve ends with respect to its last time", () => {
    const times = tf.tensor1d([0, 0.5, 2]);
    const level = { event: (_t: tf.Scalar, y: tf.Scalar) => tf.sub(y, 1) as tf.Scalar };
    for (const gradient of GRADIENTS) {
      const end = (t: tf.Tensor) =>
        odeintEvents((_t, y) => tf.onesLike(y), tf.scalar(0), t as tf.Tensor1D, { gradient, events: { level } }).end.t;
      const slope = tf.grad(end)(times);
      expect(values(slope)).toEqual([0, 0, 1]);
      slope.dispose();
    }
    times.dispose();
  });

  it("are of first order: a second derivative throws", () => {
    const at = inputs();
    const slope = tf.grad((h) => last(drop([h, at[1]!, at[2]!]).events.ground.t));
    expect(() => tf.grad((h) => slope(h))(at[0]!)).toThrow("can't be differentiated again");
    tf.dispose(at);
  });
});
