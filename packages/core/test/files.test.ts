import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreError } from "@latentflow/core";
import { liesWithin, writeFileAtomic, writeJsonAtomic } from "@latentflow/core/files";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe("writeFileAtomic", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "latentflow-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("writes text, bytes and streams, makes folders, replaces, and leaves nothing beside", async () => {
    const path = join(folder, "a", "b.txt");
    await writeFileAtomic(path, "old");
    await writeFileAtomic(path, new Uint8Array([104, 105]));
    expect(await readFile(path, "utf8")).toBe("hi");
    await writeFileAtomic(
      path,
      (async function* () {
        yield new TextEncoder().encode("one ");
        yield new TextEncoder().encode("two");
      })(),
    );
    expect(await readFile(path, "utf8")).toBe("one two");
    expect(await readdir(join(folder, "a"))).toEqual(["b.txt"]);
  });

  it("keeps the old file and cleans up when the writing breaks off in the middle", async () => {
    const path = join(folder, "state.bin");
    await writeFileAtomic(path, "precious");
    const broken = (async function* () {
      yield new Uint8Array(1000);
      throw new Error("the source broke");
    })();
    await expect(writeFileAtomic(path, broken)).rejects.toThrow(
      /state\.bin: the source broke\. What stood there before is unchanged/,
    );
    expect(await readFile(path, "utf8")).toBe("precious");
    expect(await readdir(folder)).toEqual(["state.bin"]);
  });

  it("names what is in the way", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(writeFileAtomic(join(folder, "file", "x"), "")).rejects.toThrow(CoreError);
    await mkdir(join(folder, "taken"));
    await writeFile(join(folder, "taken", "inside"), "");
    await expect(writeFileAtomic(join(folder, "taken"), "x")).rejects.toThrow(/taken/);
    expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
  });

  it.skipIf(process.getuid?.() === 0)(
    "says so when a folder can't be written (not checked as root, who can write anywhere)",
    async () => {
      await chmod(folder, 0o500);
      await expect(writeFileAtomic(join(folder, "x"), "")).rejects.toThrow("no permission to write there");
      await chmod(folder, 0o700);
    },
  );

  it("keeps the permissions of the old file, and a link a link", async () => {
    const [secret, link] = [join(folder, "secret"), join(folder, "link")];
    await writeFile(secret, "old", { mode: 0o600 });
    await symlink(secret, link);
    await writeFileAtomic(link, "new");
    expect(await readFile(secret, "utf8")).toBe("new");
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it("within a folder, follows no link out of it: neither of the file nor of a folder on the way, also where it points to nothing", async () => {
    const [run, outside] = [join(folder, "run"), join(folder, "outside")];
    await mkdir(run);
    await mkdir(outside);
    await writeFile(join(outside, "notes"), "old");
    await symlink(join(outside, "notes"), join(run, "file"));
    await symlink(join(outside, "new"), join(run, "dangling"));
    await symlink(outside, join(run, "csv"));
    for (const name of ["file", "dangling", "csv/new", "../outside/new"]) {
      await expect(writeFileAtomic(join(run, name), "x", { within: run })).rejects.toThrow(/expected .* to lie in .*run/);
    }
    expect(await readdir(outside)).toEqual(["notes"]);
    expect(await readFile(join(outside, "notes"), "utf8")).toBe("old");
    await writeFileAtomic(join(run, "deep/er/file"), "x", { within: run });
    await symlink(run, join(folder, "name"));
    await writeJsonAtomic(join(folder, "name", "x.json"), 1, { within: join(folder, "name") });
    expect(await readFile(join(run, "x.json"), "utf8")).toBe("1\n");
  });

  it("follows a link to itself nowhere", async () => {
    await symlink(join(folder, "b"), join(folder, "a"));
    await symlink(join(folder, "a"), join(folder, "b"));
    await expect(liesWithin(join(folder, "a"), folder)).rejects.toThrow("expected at most 40 links in a row");
    await expect(writeFileAtomic(join(folder, "a", "file"), "x", { within: folder })).rejects.toThrow(CoreError);
  });

  it("takes names as long as the file system does, and refuses what is no path", async () => {
    await writeFileAtomic(join(folder, "n".repeat(255)), "x");
    await expect(writeFileAtomic(undefined as never, "x")).rejects.toThrow("expected a path, got undefined");
  });

  it("survives many writers of one file: the last one wins, whole", async () => {
    const path = join(folder, "shared");
    await Promise.all(Array.from({ length: 20 }, (_, i) => writeFileAtomic(path, `${i}`.repeat(10_000))));
    const text = await readFile(path, "utf8");
    expect(text).toBe(text.slice(0, text.length / 10_000).repeat(10_000));
    expect(await readdir(folder)).toEqual(["shared"]);
  });
});

describe("writeJsonAtomic", () => {
  it("refuses numbers that JSON would turn into null", async () => {
    await expect(writeJsonAtomic(join(tmpdir(), "never.json"), { loss: Number.NaN })).rejects.toThrow('got NaN at key "loss"');
    const circle: { self?: unknown } = {};
    circle.self = circle;
    await expect(writeJsonAtomic(join(tmpdir(), "never.json"), circle)).rejects.toThrow("without circles");
    await expect(writeJsonAtomic(join(tmpdir(), "never.json"), { n: 1n })).rejects.toThrow('a BigInt at key "n"');
    await expect(writeJsonAtomic(join(tmpdir(), "never.json"), { a: Float64Array.of(1, Number.NaN) })).rejects.toThrow("got NaN");
    await expect(writeJsonAtomic(join(tmpdir(), "never.json"), undefined)).rejects.toThrow("a value that JSON can hold");
  });
});
