import { mkdtempSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortError } from "@latentflow/core";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EXIT, explainError } from "../src/cli/exit.js";
import { runCommand } from "../src/cli/run-command.js";
import { ConfigError, ExperimentsError } from "../src/index.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-command-line-"));
afterAll(() => rm(root, { recursive: true, force: true }));

let said: string;
beforeEach(() => {
  said = "";
  const say = (text: unknown) => {
    said += `${text instanceof Error ? text.stack : text}\n`;
    return true;
  };
  vi.spyOn(console, "error").mockImplementation(say);
  vi.spyOn(process.stderr, "write").mockImplementation(say);
  return () => vi.restoreAllMocks();
});

/** Refused as a wrong command line: by a sentence that names what is wrong, and at once, so that nothing is written. */
async function refused(args: readonly string[], named: RegExp | string): Promise<void> {
  expect([args.join(" "), await runCommand(args)]).toEqual([args.join(" "), EXIT.usage]);
  expect(said).toMatch(named);
  expect(said).not.toMatch(/\n {4}at /);
  said = "";
}

const GARBAGE = ["", " ", "-1", "1.5", "1e3", "0x10", "NaN", "Infinity", "99999999999999999999", "null", "[]", "1 2", "１"];

describe("an option", () => {
  const numbers: [string, string[]][] = [
    ["run", ["--workers"]],
    ["demo", ["--workers", "--seed"]],
    ["edit", ["--count", "--seed", "--frames"]],
    ["movie", ["--count", "--seed", "--frames"]],
  ];
  it.each(numbers)("of %s that is no whole number, or absurd, is refused by name", async (command, options) => {
    for (const option of options) {
      for (const text of GARBAGE) {
        if (option === "--seed" && text === "-1") await refused([command, option, text], option);
        else await refused([command, option, text], new RegExp(`${option}.*Expected an integer from [01] to \\d+`, "s"));
      }
    }
    await refused([command, "--workers", "257"], /--workers/);
  });

  it("that is no edit length is refused by name", async () => {
    for (const text of ["", " ", "0x10", "NaN", "Infinity", "1e300", "null", "1,5", "2e"])
      await refused(["edit", "--t", text], /--t <length>.*Expected a number from -1000000 to 1000000/s);
  });

  it("that is no slice is refused by name", async () => {
    const huge = "9".repeat(400);
    for (const text of [
      "",
      "1",
      "0/4",
      "5/4",
      "1/0",
      "1/99999999999999999999",
      `1/${huge}`,
      "-1/4",
      "1/4/2",
      "1e0/4",
      " 1/4",
      "1/2000000",
    ])
      await refused(["run", "--shard", text], /--shard <i\/n>.*Expected a number and a count/s);
  });

  it("that is an empty path is refused: it would be the current folder", async () => {
    for (const command of ["run", "demo", "sample", "report", "edit", "movie", "doctor"])
      await refused([command, "--out", ""], /--out <folder>.*Expected a path/s);
    await refused(["run", "--config", ""], /--config <file>.*Expected a path/s);
    await refused(["report", "--to", ""], /--to <folder>.*Expected a path/s);
    for (const option of ["--file", "--codes"]) await refused(["edit", option, ""], /Expected a path/);
  });

  it.each([
    ["", "--set: expected field=value"],
    ["=5", "--set: expected field=value"],
    ["seed", "--set: expected field=value"],
    ["seed=", "config: expected seed to be an integer"],
    ["seed=1e400", "config: expected seed to be an integer"],
    ["train=5", "config.train: expected an options object, got 5"],
    ["train.=5", 'config.train: unknown option ""'],
    ["..=5", 'config: unknown option ""'],
    ["__proto__.x=1", 'config: unknown option "__proto__"'],
    ["train.__proto__=1", 'config.train: unknown option "__proto__"'],
    ["constructor.prototype.x=1", 'config: unknown option "constructor"'],
    ["train.iterations=1e300", "config: expected train.iterations to be at most 100000000, got 1e+300"],
    ["evaluate.times=1e15", "config: expected evaluate.times to be at most 10000, got 1000000000000000"],
    ["sample.codes=9007199254740991", "config: expected sample.codes to be at most 10000000, got 9007199254740991"],
    ["model=faces", "config: expected model to be"],
    ["preset=constructor", "config: expected preset to be one of paper, demo, quick"],
    ["methods=constructor", "config: expected methods[0] to be one of"],
    ["methods=", "config: expected methods[0] to be a text"],
    [`attributes=${"x".repeat(300)}`, "config: expected names in attributes[0] of at most 240 bytes"],
  ])("--set %s is refused by name", async (change, named) => {
    const out = join(root, "set");
    expect(await runCommand(["run", "--set", change, "--out", out])).toBe(EXIT.usage);
    expect(said).toContain(named);
    expect(await readdir(root)).not.toContain("set");
  });
});

describe("a configuration module", () => {
  const modules: [string, string, string][] = [
    ["throws null", "throw null;", "something that is no error was thrown: null"],
    ["throws a symbol", "throw Symbol('x');", "something that is no error was thrown: Symbol(x)"],
    ["throws what has no text", "throw Object.create(null);", "something that is no error was thrown: an object"],
    ["has a throwing getter", "export default { get seed() { throw new Error('no seed today'); } };", "no seed today"],
    ["has one deep inside", "export default { train: { get iterations() { throw null; } } };", "was thrown: null"],
    ["is a trap", "export default new Proxy({}, { ownKeys() { throw new Error('trapped'); } });", "trapped"],
    [
      "is a circle",
      "const a = { train: {} }; a.train.train = a; export default a;",
      "expected settings within at most 20 others",
    ],
    ["exports a list", "export default [];", "to hold an object, got an array of length 0"],
    ["exports a map", "export default new Map();", "expected plain objects of settings, got a Map"],
    ["exports a function", "export default function settings() {}", "to hold an object, got a function (settings)"],
    ["exports a broken promise", "export default Promise.reject(new Error('later'));", "later"],
    ["exports a promise of wrong settings", "export default Promise.resolve({ sed: 1 });", 'unknown option "sed"'],
  ];
  it.each(modules)("that %s is a wrong configuration, not a failure of ours", async (what, code, named) => {
    const file = join(root, `${what.replaceAll(" ", "-")}.mjs`);
    await writeFile(file, code);
    await refused(["run", "--config", file, "--out", join(root, "module")], named);
  });
});

describe("an error", () => {
  const codeOf = (error: unknown) => explainError(error, []);

  it("has the exit code of its kind, whatever is thrown", () => {
    const errors = [new ConfigError("c"), new ExperimentsError("e"), new AbortError("a"), new TypeError("t"), null, Symbol("s")];
    expect(errors.map(codeOf)).toEqual([EXIT.usage, EXIT.failed, EXIT.interrupted, EXIT.failed, EXIT.failed, EXIT.failed]);
    expect(codeOf(Object.create(null))).toBe(EXIT.failed);
  });

  it.each([
    [Object.assign(new Error("EMFILE: too many open files, open 'x'"), { code: "EMFILE" }), "Too many files are open"],
    [new ExperimentsError("x: its worker died", { cause: new Error("Worker initialization failure: EMFILE") }), "Too many files"],
    [new RangeError("Array buffer allocation failed"), "There is too little memory"],
    [new RangeError("WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory"), "There is too little memory"],
    [Object.assign(new Error("Worker terminated"), { code: "ERR_WORKER_OUT_OF_MEMORY" }), "There is too little memory"],
    [new ExperimentsError("run: failed", { cause: new Error("std::bad_alloc") }), "There is too little memory"],
  ])("that comes of a shortage says so in a sentence, without a stack: %s", (error, sentence) => {
    expect(codeOf(error)).toBe(EXIT.failed);
    expect(said).toContain(sentence);
    expect(said).toContain("What was done is kept");
    expect(said).not.toMatch(/\n {4}at /);
  });

  it("of any other kind shows its place: it is a defect", () => {
    codeOf(new TypeError("x is undefined"));
    expect(said).toMatch(/\n {4}at /);
  });
});
