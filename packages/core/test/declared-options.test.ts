import { describe, expect, expectTypeOf, it } from "vitest";
import { type DeclaredOptions, type GivenOptions, LatentflowError, type OptionValues, readOptions } from "../src/index.js";

const DECLARED = {
  factor: { min: 1, max: 64, integer: true },
  rate: { default: 0.5, above: 0 },
  look: { default: "smooth", choices: ["smooth", "nearest"] },
  loop: { default: true },
} as const satisfies DeclaredOptions;

class FilmError extends LatentflowError {}

const read = (options?: unknown) => readOptions("film", DECLARED, options as object, FilmError, ["signal"]);

describe("declared options", () => {
  it("have their defaults where they are left out or undefined", () => {
    expect(read({ factor: 2 })).toEqual({ factor: 2, rate: 0.5, look: "smooth", loop: true });
    expect(read({ factor: 2, rate: undefined, loop: false, look: "nearest" })).toEqual({
      factor: 2,
      rate: 0.5,
      look: "nearest",
      loop: false,
    });
    expect(readOptions("film", { rate: DECLARED.rate }, undefined)).toEqual({ rate: 0.5 });
  });

  it("may be left to the function to choose, and lie below a bound", () => {
    const declared = { share: { default: 0.5, above: 0, below: 1 }, threads: { optional: true, min: 1, integer: true } } as const;
    const some = (options?: unknown) => readOptions("film", declared, options as object);
    expectTypeOf(some()).toEqualTypeOf<{ readonly share: number; readonly threads: number | undefined }>();
    expectTypeOf<{ share: 0.2 }>().toExtend<GivenOptions<typeof declared>>();
    expect(some()).toEqual({ share: 0.5, threads: undefined });
    expect(some({ threads: 2, share: 0.1 })).toEqual({ share: 0.1, threads: 2 });
    expect(() => some({ threads: 0 })).toThrow("film: expected threads to be an integer ≥ 1, got 0.");
    expect(() => some({ threads: null })).toThrow("film: expected threads to be an integer ≥ 1, got null.");
    expect(() => some({ share: 1 })).toThrow("film: expected share to be a finite number > 0 and < 1, got 1.");
  });

  it("leave the caller's other options to it", () => {
    expect(read({ factor: 2, signal: 5 })).not.toHaveProperty("signal");
  });

  it.each<[unknown, string]>([
    [undefined, "film: expected an options object with factor, got undefined."],
    [{}, "film: expected an options object with factor, got no factor."],
    [{ factor: 0 }, "film: expected factor to be an integer ≥ 1 and ≤ 64, got 0."],
    [{ factor: 1.5 }, "film: expected factor to be an integer ≥ 1 and ≤ 64, got 1.5."],
    [{ factor: 1, rate: 0 }, "film: expected rate to be a finite number > 0, got 0."],
    [{ factor: 1, rate: null }, "film: expected rate to be a finite number > 0, got null."],
    [{ factor: 1, rate: "1" }, 'film: expected rate to be a finite number > 0, got "1".'],
    [{ factor: 1, look: "smoth" }, 'film: expected look to be one of smooth, nearest, got "smoth". Did you mean "smooth"?'],
    [{ factor: 1, loop: 1 }, "film: expected loop to be true or false, got 1."],
    [
      { factor: 1, lop: true },
      'film: unknown option "lop" (did you mean "loop"?); known options: factor, rate, look, loop, signal.',
    ],
  ])("are refused by name: %j", (options, message) => {
    expect(() => read(options)).toThrow(FilmError);
    expect(() => read(options)).toThrow(message);
  });

  it("have the types that follow from their declaration", () => {
    expectTypeOf<OptionValues<typeof DECLARED>>().toEqualTypeOf<{
      readonly factor: number;
      readonly rate: number;
      readonly look: "smooth" | "nearest";
      readonly loop: boolean;
    }>();
    interface FilmOptions extends GivenOptions<typeof DECLARED> {}
    expectTypeOf<{ factor: 3 }>().toExtend<FilmOptions>();
    expectTypeOf<{ factor: 3; look: "nearest"; loop: false; rate: 2 }>().toExtend<FilmOptions>();
    expectTypeOf<{ rate: 3 }>().not.toExtend<FilmOptions>();
    expectTypeOf<{ factor: 3; look: "sharp" }>().not.toExtend<FilmOptions>();
  });
});
