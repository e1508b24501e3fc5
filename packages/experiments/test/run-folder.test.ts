import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ConfigError, ExperimentsError } from "../src/index.js";
import { checkOutput } from "../src/store/check-output.js";
import { hashOfJson } from "../src/store/hash.js";
import type { JobRecord } from "../src/store/job-record.js";
import { RunFolder } from "../src/store/run-folder.js";

// Names of machines may have dots.
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  hostname: () => "ip-10-0-0-1.east.internal",
}));

type Rename = typeof import("node:fs/promises").rename;
const atRename = vi.hoisted(() => vi.fn((rename: Rename, from: string, to: string) => rename(from, to)));
vi.mock("node:fs/promises", async (original) => {
  const files = await original<typeof import("node:fs/promises")>();
  return { ...files, rename: (from: string, to: string) => atRename(files.rename, from, to) };
});

const ABOUT = { config: {}, environment: {}, timing: { seconds: 1, images: 2 } } as unknown as JobRecord;

let path: string;
let folder: RunFolder;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "latentflow-run-"));
  folder = new RunFolder(path);
  onTestFinished(() => rm(path, { recursive: true, force: true }));
});

const make = (job: string, inputs: string, text: string) =>
  folder.make(job, inputs, async (own) => {
    await writeFile(join(own, "a.txt"), text);
    return ABOUT;
  });

const read = async (job: string) => Buffer.from(await folder.read(job, "a.txt")).toString();

describe("a run's folder", () => {
  it.runIf(existsSync("/proc/self"))("is refused at once where the system has no place for folders", async () => {
    await expect(new RunFolder("/proc/latentflow/run").open()).rejects.toThrow("could not write into /proc/latentflow/run");
  });

  it("is made with the folders above it", async () => {
    const deep = new RunFolder(join(path, "a/b/c"));
    await deep.open();
    await deep.open();
    expect(await readdir(join(path, "a/b"))).toEqual(["c"]);
  });

  it("keeps a job while its inputs are the same, and makes it again when they change", async () => {
    await make("step/job", "1", "first");
    await make("step/job", "1", "not made");
    expect(await read("step/job")).toBe("first");
    await make("step/job", "2", "second");
    expect(await read("step/job")).toBe("second");
    expect(await folder.record("step/job", "1")).toBeNull();
    expect(await readdir(join(path, "step"))).toEqual(["job"]);
  });

  it("leaves the old result and nothing half-made when a job fails", async () => {
    await make("step/job", "1", "old");
    const failing = folder.make("step/job", "2", async (own) => {
      await writeFile(join(own, "a.txt"), "half");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await read("step/job")).toBe("old");
    expect(await readdir(join(path, "step"))).toEqual(["job"]);
  });

  it("says on a full disk which job stopped, what to do, and that the rest is kept", async () => {
    await make("step/before", "1", "kept");
    const full = folder.make("step/job", "1", async () => {
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    });
    await expect(full).rejects.toThrow(/^step\/job: could not be written: the disk is full.* again.* kept\.$/);
    expect(await read("step/before")).toBe("kept");
    expect(await readdir(join(path, "step"))).toEqual(["before"]);
  });

  it("finds truncated, changed and missing files before anything is made of them", async () => {
    await make("step/job", "1", "whole");
    const file = join(path, "step/job/a.txt");
    await truncate(file, 3);
    await expect(read("step/job")).rejects.toThrow("expected step/job/a.txt to hold 5 bytes, got 3: the file is truncated");
    await appendFile(file, "xx");
    await expect(read("step/job")).rejects.toThrow("got other contents");
    await rm(file);
    await expect(read("step/job")).rejects.toThrow("Delete the folder step/job and run again");
    await expect(folder.read("step/none", "a.txt")).rejects.toThrow(ExperimentsError);
  });

  it("is read while another process puts a new result in a file's place", async () => {
    await make("step/job", "1", "whole");
    const [target, aside] = [join(path, "step/job"), join(path, "step/.aside")];
    await rename(target, aside);
    setTimeout(() => rename(aside, target), 20);
    expect(await read("step/job")).toBe("whole");
  });

  it("lets the faster of two processes win, and both go on", async () => {
    const slow = folder.make("step/job", "1", async (own) => {
      await make("step/job", "1", "fast");
      await writeFile(join(own, "a.txt"), "slow");
      return ABOUT;
    });
    await slow;
    expect(await read("step/job")).toBe("fast");
    expect(await readdir(join(path, "step"))).toEqual(["job"]);
  });

  it("counts a job as done whose work failed because another process finished it meanwhile", async () => {
    const slow = folder.make("step/job", "1", async () => {
      await make("step/job", "1", "fast");
      throw new Error("the state that both went on from is gone");
    });
    expect((await slow).inputs).toBe("1");
    expect(await read("step/job")).toBe("fast");
    expect(await readdir(join(path, "step"))).toEqual(["job"]);
  });

  it("is not overwritten by a run with other settings that began before: neither while the job was made, nor at the last moment", async () => {
    const theirs = (own: string) => make("step/job", "2", "theirs").then(() => writeFile(join(own, "a.txt"), "mine"));
    const during = folder.make("step/job", "1", async (own) => {
      await theirs(own);
      return ABOUT;
    });
    const advice =
      /^step\/job: expected step\/job to stay .* a run with other settings writes into .*\. Run one after the other, or give each its own --out\.$/;
    await expect(during).rejects.toThrow(advice);
    expect(await read("step/job")).toBe("theirs");
    await make("step/last", "0", "older");
    // What stood there was moved away, and the other's folder takes the name.
    atRename.mockImplementationOnce(async (rename, from, to) => {
      await rename(from, to);
      await make("step/last", "2", "theirs");
    });
    await expect(make("step/last", "1", "mine")).rejects.toThrow(/^step\/last: .* a run with other settings writes into/);
    expect(await read("step/last")).toBe("theirs");
    expect((await readdir(join(path, "step"))).sort()).toEqual(["job", "last"]);
  });

  it("does a job again whose record is another file", async () => {
    for (const foreign of ["{}", "null", "[1]", '{"inputs":"1"}', '{"inp']) {
      await mkdir(join(path, "step/job"), { recursive: true });
      await writeFile(join(path, "step/job/job.json"), foreign);
      await expect(folder.read("step/job", "a.txt")).rejects.toThrow("expected step/job/a.txt");
      await make("step/job", "1", "made");
      expect(await read("step/job")).toBe("made");
    }
  });

  it("is cleaned of what killed processes left, not of what living ones write", async () => {
    const left = (pid: number) => join(path, "step", `.job.${hostname()}-${pid}-0123ab.tmp`);
    await mkdir(left(2 ** 22 + 1), { recursive: true });
    await mkdir(left(process.pid), { recursive: true });
    await folder.open();
    expect(await readdir(join(path, "step"))).toEqual([`.job.${hostname()}-${process.pid}-0123ab.tmp`]);
  });

  it("is cleaned of what was being written when the power went, and of the state of jobs that are done", async () => {
    await make("step/job", "1".repeat(64), "done");
    const state = (inputs: string) => join(path, "step", `.job.${inputs.repeat(12)}.state`);
    for (const inputs of ["1", "2"]) await mkdir(state(inputs));
    const [old, fresh] = [join(path, "csv", ".00112233aabb.tmp"), join(path, ".ccddeeff0011.tmp")];
    await mkdir(join(path, "csv"));
    for (const file of [old, fresh]) await writeFile(file, "half");
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
    await utimes(old, yesterday, yesterday);
    await folder.open();
    expect(await readdir(join(path, "csv"))).toEqual([]);
    expect((await readdir(path)).sort()).toEqual([".ccddeeff0011.tmp", "csv", "step"]);
    expect((await readdir(join(path, "step"))).sort()).toEqual([`.job.${"2".repeat(12)}.state`, "job"]);
  });

  it("opens while others finish jobs in it", async () => {
    let done = false;
    const others = Promise.all(
      ["a", "b", "c"].map(async (job) => {
        for (let i = 0; !done; i++) await make(`step/${job}`, String(i), "x");
      }),
    );
    try {
      for (let i = 0; i < 100; i++) await folder.open();
    } finally {
      done = true;
      await others;
    }
  });

  it("that can't be written is an error with the path and the reason", async () => {
    await writeFile(join(path, "file"), "");
    await expect(new RunFolder(join(path, "file")).open()).rejects.toThrow(/could not write into .*file: a file stands where/);
    await expect(new RunFolder(join(path, "file", "below")).open()).rejects.toThrow("a file stands where a folder is needed");
  });
});

describe("a file to be written after long work", () => {
  it("is looked at before: its name, its folder, what stands there", async () => {
    const file = join(path, "new/folder/a.png");
    await checkOutput("--file", file);
    expect(await readdir(join(path, "new/folder"))).toEqual([]);
    await writeFile(file, "old");
    await checkOutput("--file", file);
    const refused = (wrong: string) => expect(checkOutput("--file", wrong)).rejects;
    await refused(join(path, `${"y".repeat(300)}.gif`)).toThrow(
      /^--file: could not write .*: the name is too long; choose a shorter/,
    );
    await refused(join(file, "b.png")).toThrow("a file stands where a folder is needed");
    await refused(join(path, "new")).toThrow("a folder stands there; choose another name");
    await refused("").toThrow(ConfigError);
  });
});

it("hashes JSON whatever the order of its keys", () => {
  expect(hashOfJson({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashOfJson({ b: { d: null, c: [1, 2] }, a: 1 }));
  expect(hashOfJson([1, 2])).not.toBe(hashOfJson([2, 1]));
});
