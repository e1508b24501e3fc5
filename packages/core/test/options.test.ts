import "@tensorflow/tfjs-backend-cpu";
import {
  AbortError,
  CoreError,
  checkChoice,
  checkNumber,
  checkOptions,
  checkRequired,
  checkTensor,
  describeValue,
  LatentflowError,
  throwIfAborted,
} from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

class OwnError extends LatentflowError {}

describe("checkOptions", () => {
  it("accepts known keys and no options at all", () => {
    expect(() => checkOptions("f", { rtol: 1 }, ["rtol", "atol"])).not.toThrow();
    expect(() => checkOptions("f", undefined, ["rtol"])).not.toThrow();
  });
  it("names the unknown key, the nearest known one, and all known ones", () => {
    expect(() => checkOptions("odeint", { rtoll: 1 }, ["rtol", "atol"])).toThrow(
      'odeint: unknown option "rtoll" (did you mean "rtol"?); known options: rtol, atol.',
    );
    expect(() => checkOptions("odeint", { banana: 1 }, ["rtol"])).toThrow('unknown option "banana"; known options: rtol.');
    expect(() => checkOptions("odeint", { x: 1 }, [])).toThrow("it takes none");
  });
  it("throws the caller's own error class", () => {
    expect(() => checkOptions("f", { x: 1 }, [], OwnError)).toThrow(OwnError);
    expect(() => checkOptions("f", { x: 1 }, [])).toThrow(CoreError);
  });
  it("refuses what is no options object", () => {
    expect(() => checkOptions("f", [1] as object, [])).toThrow("expected an options object, got an array of length 1");
    expect(() => checkOptions("f", "x" as unknown as object, [])).toThrow('got "x"');
  });
});

describe("checkRequired", () => {
  it("accepts an object that holds all of them", () => {
    expect(() => checkRequired("f", { a: 0, b: null, c: 1 }, ["a", "b"])).not.toThrow();
  });
  it.each([
    [undefined, "f: expected an options object with a, b and c, got undefined."],
    [null, "got null"],
    [[1], "got an array of length 1"],
    [5, "got 5"],
    [{ b: 1 }, "got no a, no c."],
  ])("refuses %o by name", (options, message) => {
    expect(() => checkRequired("f", options, ["a", "b", "c"], OwnError)).toThrow(message);
    expect(() => checkRequired("f", options, ["a", "b", "c"], OwnError)).toThrow(OwnError);
  });
});

it("checkRequired asks for an object where nothing in it is required", () => {
  expect(() => checkRequired("f", {}, [])).not.toThrow();
  expect(() => checkRequired("f", undefined, [])).toThrow("f: expected an options object, got undefined.");
});

describe("checkTensor", () => {
  it("accepts a tensor, and says of another value or of a disposed tensor what it is", async () => {
    await tf.setBackend("cpu");
    const x = tf.zeros([2, 3]);
    expect(() => checkTensor("f", "x", x)).not.toThrow();
    x.dispose();
    expect(() => checkTensor("f", "x", x)).toThrow(
      "f: expected x to be a tensor, got a disposed tensor of shape [2, 3]. Dispose it after its last use",
    );
    expect(() => checkTensor("f", "w", [1], "codes [n, 8]", OwnError)).toThrow(
      new OwnError("f: expected w to be codes [n, 8], got an array of length 1."),
    );
    for (const value of [undefined, null, "x", { shape: [1] }]) expect(() => checkTensor("f", "x", value)).toThrow(CoreError);
  });
});

describe("checkNumber", () => {
  it("returns what fits", () => expect(checkNumber("f", "steps", 3, { min: 1, integer: true })).toBe(3));
  it.each([
    [Number.NaN, {}, "steps to be a finite number, got NaN"],
    [0, { above: 0 }, "a finite number > 0, got 0"],
    [1.5, { integer: true, min: 1 }, "an integer ≥ 1, got 1.5"],
    ["3", {}, 'got "3"'],
    [9, { min: 0, max: 1 }, "≥ 0 and ≤ 1, got 9"],
  ])("refuses %s under %o", (value, limits, message) => expect(() => checkNumber("f", "steps", value, limits)).toThrow(message));
});

describe("checkChoice", () => {
  it("returns a known word and refuses another, with the nearest", () => {
    expect(checkChoice("f", "method", "rk4", ["rk4", "euler"])).toBe("rk4");
    expect(() => checkChoice("f", "method", "RK4x", ["rk4", "euler"])).toThrow(
      'one of rk4, euler, got "RK4x". Did you mean "rk4"?',
    );
  });
});

describe("describeValue", () => {
  it("is short and says what a value is", () => {
    expect(describeValue(() => 1)).toMatch(/^a function/);
    expect(describeValue({ a: 1, b: 2 })).toBe("an object with keys [a, b]");
    expect(describeValue({ shape: [2, 3] })).toBe("a tensor of shape [2, 3]");
    expect(describeValue({ data: [1, 2], shape: [1, 2] })).toBe("{ data, shape: [1, 2] }");
    expect(describeValue(new Float32Array(3))).toBe("a Float32Array of 12 bytes");
    expect(describeValue("x".repeat(200)).length).toBeLessThan(90);
    expect(describeValue(null)).toBe("null");
  });
});

describe("throwIfAborted", () => {
  it("passes what has not fired, throws what has, and refuses what is no signal", () => {
    const controller = new AbortController();
    for (const signal of [undefined, null, controller.signal])
      expect(() => throwIfAborted("f", signal as AbortSignal)).not.toThrow();
    controller.abort("enough");
    expect(() => throwIfAborted("f", controller.signal)).toThrow(AbortError);
    for (const other of [controller, 5, "stop", {}, () => true]) {
      expect(() => throwIfAborted("f", other as never)).toThrow(CoreError);
      expect(() => throwIfAborted("f", other as never)).toThrow(
        /f: expected signal to be an AbortSignal, got .*; give controller.signal/,
      );
    }
  });
});
