import { describe, expect, expectTypeOf, it } from "vitest";
import {
  type DeclaredOptions,
  type GivenOptions,
  isFunction,
  isList,
  LatentflowError,
  type OptionValues,
  readOptions,
  SIGNAL,
} from "../src/index.js";

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

describe("options that are neither numbers nor words", () => {
  const declared = {
    names: { optional: true, is: isList<string>, expected: "an array of names" },
    onProgress: { optional: true, is: isFunction<(done: number) => void>, expected: "a function (done) => …" },
    fit: { optional: true, choices: ["cover", "contain"] },
    size: { optional: true, options: { side: { min: 1, integer: true }, unit: { default: "px", choices: ["px", "mm"] } } },
    source: { check: (caller, value: URL | string) => (URL.canParse(value) ? new URL(value) : refuse(`${caller}: no address.`)) },
    maxBytes: { default: Number.POSITIVE_INFINITY, min: 0, infinite: true },
    maxFiles: { optional: true, min: 1, integer: true, infinite: true },
    signal: SIGNAL,
  } as const satisfies DeclaredOptions;
  const refuse = (message: string): never => {
    throw new FilmError(message);
  };
  const source = new URL("https://example.org");
  const some = (options?: unknown) => readOptions("film", declared, options as object, FilmError);

  it("are undefined or their default where they are left out", () => {
    const { fit, maxBytes, signal, ...others } = some({ source });
    expect(others).toEqual({ source });
    expect([fit, maxBytes, signal]).toEqual([undefined, Number.POSITIVE_INFINITY, undefined]);
  });

  it("come through as they are, options within options with their defaults", () => {
    const { signal } = new AbortController();
    const given = { source, signal, names: ["a"], onProgress: () => undefined, fit: "cover", maxBytes: 5, maxFiles: 3 } as const;
    expect(some({ ...given, size: { side: 4 } })).toEqual({ ...given, size: { side: 4, unit: "px" } });
    expect(some({ source: "https://example.org" })).toMatchObject({ source });
    expect(some({ source, maxFiles: Number.POSITIVE_INFINITY })).toMatchObject({ maxFiles: Number.POSITIVE_INFINITY });
  });

  it.each<[object, string]>([
    [{}, "film: no address."],
    [{ source: 1 }, "film: no address."],
    [{ source, names: "a" }, 'film: expected names to be an array of names, got "a".'],
    [{ source, onProgress: 3 }, "film: expected onProgress to be a function (done) => …, got 3."],
    [{ source, fit: "covr" }, 'film: expected fit to be one of cover, contain, got "covr". Did you mean "cover"?'],
    [{ source, size: {} }, "film: expected size.side to be an integer ≥ 1, got undefined."],
    [{ source, size: 3 }, "film: size: expected an options object, got 3."],
    [{ source, size: { side: 0 } }, "film: expected size.side to be an integer ≥ 1, got 0."],
    [{ source, size: { side: 1, units: "mm" } }, 'film: size: unknown option "units" (did you mean "unit"?)'],
    [{ source, maxBytes: -1 }, "film: expected maxBytes to be a number ≥ 0, got -1."],
    [{ source, maxBytes: Number.NaN }, "film: expected maxBytes to be a number ≥ 0, got NaN."],
    [{ source, maxFiles: 1.5 }, "film: expected maxFiles to be an integer ≥ 1 or Infinity, got 1.5."],
    [{ source, signal: new AbortController() }, "film: expected signal to be an AbortSignal (controller.signal), got an object"],
    [{ source, signal: null }, "film: expected signal to be an AbortSignal (controller.signal), got null."],
  ])("are refused by name: %o", (options, message) => {
    expect(() => some(options)).toThrow(FilmError);
    expect(() => some(options)).toThrow(message);
  });

  it("have the types that follow from their declaration", () => {
    expectTypeOf(some({ source })).toEqualTypeOf<{
      readonly names: readonly string[] | undefined;
      readonly onProgress: ((done: number) => void) | undefined;
      readonly fit: "cover" | "contain" | undefined;
      readonly size: { readonly side: number; readonly unit: "px" | "mm" } | undefined;
      readonly source: URL;
      readonly maxBytes: number;
      readonly maxFiles: number | undefined;
      readonly signal: AbortSignal | undefined;
    }>();
    interface FilmOptions extends GivenOptions<typeof declared> {}
    expectTypeOf<{ source: string; size: { side: 3 }; onProgress: (done: number) => void }>().toExtend<FilmOptions>();
    expectTypeOf<{ source: URL; size: { unit: "mm" } }>().not.toExtend<FilmOptions>();
    expectTypeOf<{ source: URL; signal: number }>().not.toExtend<FilmOptions>();
    expectTypeOf<{ size: { side: 3 } }>().not.toExtend<FilmOptions>();
  });
});
