import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { cp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./process/bundle.js";
import { command, numbersOf, signalAt } from "./process/command.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-command-"));
const config = join(root, "tiny.json");
let folder: URL;

beforeAll(async () => {
  folder = await bundle("command");
  const model = fileURLToPath(new URL("tiny-model.js", folder));
  const options = tinyExperiment(model, { attributes: ["size"], methods: ["interfacegan", "constant", "ode-1"] });
  await writeFile(config, JSON.stringify(options));
  await command(folder, ["run", "--config", config, "--out", join(root, "whole"), "--json", "--workers", "1"]);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** On one worker, jobs come in their order. */
const run = (out: string, ...more: string[]) => ["run", "--config", config, "--workers", "1", "--out", join(root, out), ...more];

describe("the command line", () => {
  it("explains itself", async () => {
    const { code, stdout } = await command(folder, ["--help"]);
    expect(code).toBe(0);
    for (const word of [
      "demo",
      "sample",
      "fit",
      "train",
      "evaluate",
      "analyze",
      "edit",
      "movie",
      "report",
      "run",
      "doctor",
      "Exit codes",
    ])
      expect(stdout).toContain(word);
  });

  it.each([
    [["trian"], "Did you mean train"],
    [["run", "--iterations", "5"], "unknown option '--iterations'"],
    [["demo", "--workers", "none"], "Expected an integer from 1"],
    [["demo", "--seed", "x"], "Expected an integer from 0 to 4294967295"],
    [["edit", "--seed", "1.5"], "Expected an integer from 0 to 4294967295"],
    [["demo", "--engine", "cuda"], "Allowed choices are auto, onnx, tfjs"],
    [["run", "--set", "train.iterations=0"], "train.iterations"],
    [["run", "--config", "none.json"], "there is none"],
    [["report", "--out", "none"], "expected a run in none"],
    [["doctor", "none"], "expected a run in none"],
    [["edit", "--file", `${"x".repeat(300)}.png`], "--file: could not write xxx"],
  ])("refuses %j with exit code 2 and a reason", async (args, reason) => {
    const { code, stderr } = await command(folder, args);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it("tells programs in JSON, one object a line, errors too", async () => {
    const { code, stdout } = await command(folder, run("whole", "--json"));
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ type: "begin", jobs: [] });
    expect(lines.at(-1)).toMatchObject({ type: "done", missing: [], report: join(root, "whole/report.html") });
    const wrong = await command(folder, run("whole", "--json", "--set", "seed=-1"));
    expect(JSON.parse(wrong.stdout)).toMatchObject({ type: "error", name: "ConfigError", exitCode: 2 });
    const unknown = await command(folder, run("whole", "--json", "--iterations", "5"));
    expect(JSON.parse(unknown.stdout)).toMatchObject({ type: "error", exitCode: 2 });
    expect(JSON.parse(unknown.stdout).message).toContain("unknown option '--iterations'");
  });

  it("goes on with a folder's own settings where none are given", async () => {
    const before = await readFile(join(root, "whole/run.json"), "utf8");
    const { code, stdout } = await command(folder, ["evaluate", "--out", join(root, "whole"), "--json", "--workers", "1"]);
    expect(JSON.parse(stdout.split("\n")[0]!)).toMatchObject({ type: "begin", jobs: [] });
    expect(code).toBe(0);
    expect(await readFile(join(root, "whole/run.json"), "utf8")).toBe(before);
  });

  it("replaces no results of other settings unless it is told to", async () => {
    const before = await readFile(join(root, "whole/run.json"), "utf8");
    const { code, stderr } = await command(folder, run("whole", "--set", "train.iterations=25"));
    expect(stderr).toMatch(
      /got others: train\.iterations 24 → 25\. \d+ finished jobs \(.*\) are of those.*or --replace to do so/,
    );
    expect(code).toBe(2);
    expect(await readFile(join(root, "whole/run.json"), "utf8")).toBe(before);
    await cp(join(root, "whole"), join(root, "replaced"), { recursive: true });
    const replaced = await command(folder, run("replaced", "--set", "train.iterations=25", "--replace"));
    expect(replaced.stderr).toMatch(/Made again, in place of other settings' results: \d+ \(train\.iterations 24 → 25\)/);
    expect(replaced.code).toBe(0);
    expect(JSON.parse(await readFile(join(root, "replaced/run.json"), "utf8")).rerun).not.toContain("--replace");
  });

  it("ends quietly when nobody reads its output any more", async () => {
    const { code, stderr } = await command(folder, run("unread", "--json"), (_line, child) => child.stdout!.destroy());
    expect(stderr).toBe("");
    expect(code).toBe(1);
  });

  it.runIf(existsSync("/dev/full"))("says when the device that takes its output is full", async () => {
    const full = await open("/dev/full", "w");
    const { code, stderr } = await command(folder, ["report", "--out", join(root, "whole")], undefined, { stdout: full.fd });
    await full.close();
    expect(stderr).toContain("\nlatentflow: could not write its output: the device is full. What was done is kept.\n");
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(code).toBe(1);
  });

  it.runIf(existsSync("/bin/sh"))("says when too few files may be open, at the start and later", async () => {
    const ends: string[] = [];
    for (const files of [26, 30]) {
      const { code, stderr } = await command(folder, run("few-files", "--workers", "2"), undefined, { files });
      // How many Node needs for itself depends on its version: where it can't even read the command, it has its own words.
      if (code === 0 || stderr.includes("executeUserEntryPoint")) continue;
      expect(stderr).not.toMatch(/\n {4}at /);
      ends.push(`${code}: ${stderr}`);
    }
    expect(ends.length).toBeGreaterThan(0);
    for (const end of ends) expect(end).toMatch(/^1: .*too many files are open[;:] raise the limit \(ulimit -n 1024\)/is);
  });

  it("remembers the command that makes the whole run, whichever part was asked for", async () => {
    const args = ["--config", config, "--out", join(root, "part"), "--workers", "1"];
    await command(folder, ["sample", ...args, "--shard", "1/2", "--json"]);
    const { rerun } = JSON.parse(await readFile(join(root, "part/run.json"), "utf8"));
    expect(rerun).toBe(`latentflow run ${args.join(" ")} --json`);
    const { code, stdout } = await command(folder, ["report", "--out", join(root, "part"), "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split("\n").at(-1)!).missing.length).toBeGreaterThan(0);
  });

  it("writes pictures only under names that say what they are", async () => {
    const args = (verb: string, file: string) => [
      verb,
      "--out",
      join(root, "whole"),
      "--file",
      join(root, file),
      "--frames",
      "2",
    ];
    expect((await command(folder, args("edit", "a.jpg"))).stderr).toContain("--file: expected a name in .png");
    expect((await command(folder, args("movie", "a.avi"))).stderr).toContain("--file: expected a name in .mp4 or .gif");
    const { code, stdout } = await command(folder, [...args("edit", "a.png"), "--save", join(root, "codes.npy")]);
    expect(code).toBe(0);
    expect(stdout.trim().split("\n").at(-1)).toBe(join(root, "a.png"));
    const again = await command(folder, [...args("edit", "b.png"), "--codes", join(root, "codes.npy"), "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ type: "done", file: join(root, "b.png"), times: [0, 3] });
  });

  it("prints the report's path last", async () => {
    const { stdout } = await command(folder, run("whole"));
    expect(stdout.trim().split("\n").at(-1)).toBe(`Report: ${join(root, "whole/report.html")}`);
  });
});

describe("a run", () => {
  it("on two workers gives the same numbers", async () => {
    expect((await command(folder, run("workers", "--json", "--workers", "2"))).code).toBe(0);
    expect(await numbersOf(join(root, "workers"))).toEqual(await numbersOf(join(root, "whole")));
  });

  it("on two workers takes directions from files, each worker for itself", async () => {
    const released = fileURLToPath(new URL("../../latent-edit/test/fixtures/released", import.meta.url));
    const methods = `methods=interfacegan,file:${released}/ckpt_{index}.pt`;
    const args = ["fit", "--config", config, "--set", methods, "--set", "attributes=size,colour", "--out", join(root, "files")];
    expect((await command(folder, [...args, "--workers", "2"])).code).toBe(0);
    for (const [attribute, file] of Object.entries({ size: "ckpt_0.pt", colour: "ckpt_2.pt" })) {
      const fit = JSON.parse(await readFile(join(root, `files/fit/${attribute}/file-released-ckpt-index/fit.json`), "utf8"));
      expect(fit.note).toContain(`${released}/${file}: neural ODE`);
    }
  });

  it("killed with SIGKILL inside and between steps ends with the numbers of an undisturbed one", async () => {
    const kills = [
      signalAt("SIGKILL", ({ type }) => type === "begin"),
      signalAt("SIGKILL", (event) => event.type === "end" && event.job === "sample/labels-0001"),
      signalAt("SIGKILL", (event) => event.type === "progress" && event.job === "train/size/constant" && event.done > 0.3),
      signalAt("SIGKILL", (event) => event.type === "progress" && event.job === "train/size/ode-1" && event.done > 0.6),
      signalAt("SIGKILL", (event) => event.type === "end" && event.job === "evaluate/size/constant"),
    ];
    for (const kill of kills) expect((await command(folder, run("killed", "--json"), kill)).signal).toBe("SIGKILL");
    expect((await command(folder, run("killed", "--json"))).code).toBe(0);
    expect(await numbersOf(join(root, "killed"))).toEqual(await numbersOf(join(root, "whole")));
    const left = await readdir(join(root, "killed"), { recursive: true });
    expect(left.filter((name) => name.includes(".tmp") || name.includes(".state"))).toEqual([]);
  });

  it("stopped by Ctrl-C says how to go on, and does", async () => {
    const args = run("stopped", "--json");
    const stopped = await command(
      folder,
      args,
      signalAt("SIGINT", (event) => event.type === "progress" && event.job === "train/size/ode-1"),
    );
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain(`go on with:\n  latentflow ${args.join(" ")}`);
    expect((await command(folder, args)).code).toBe(0);
    expect(await numbersOf(join(root, "stopped"))).toEqual(await numbersOf(join(root, "whole")));
  });

  it("on a full disk says so, loses nothing, and goes on when there is room", async ({ skip }) => {
    const disk = join(root, "disk");
    mkdirSync(disk);
    const mounted = mount(["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
    if (!mounted) return skip("a small disk can't be mounted here (needs root on Linux)");
    try {
      const full = await command(folder, run("disk/run"));
      expect(full.stderr).toContain("the disk is full; free some space");
      expect(full.code).toBe(1);
      const kept = await readdir(join(disk, "run/sample"));
      expect(kept).toContain("codes");
      mount(["-o", "remount,size=8m", disk]);
      const { code, stderr } = await command(folder, run("disk/run"));
      expect(code).toBe(0);
      expect(stderr).not.toContain("  sample/codes");
      expect(await numbersOf(join(disk, "run"))).toEqual(await numbersOf(join(root, "whole")));
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

describe("a finished run", () => {
  it("is compared with its hashes by report --verify and doctor RUN", async () => {
    const run = join(root, "verified");
    await cp(join(root, "whole"), run, { recursive: true });
    const good = await command(folder, ["report", "--out", run, "--verify"]);
    expect(good.stdout).toMatch(/^\d+ files of \d+ jobs are as they were written\.\n/);
    expect(good.code).toBe(0);
    const file = join(run, "train/size/ode-1/direction.safetensors");
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 4;
    await writeFile(file, bytes);
    const bad = await command(folder, ["report", "--out", run, "--verify", "--json"]);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/got 1 damaged of \d+:\n {2}train\/size\/ode-1\/direction\.safetensors holds other contents/);
    expect(JSON.parse(bad.stdout.split("\n")[0]!)).toMatchObject({ type: "verified", damages: [{ fault: expect.any(String) }] });
    const looked = await command(folder, ["doctor", run]);
    expect(looked.stdout).toContain("✗ damaged           train/size/ode-1/direction.safetensors");
    expect(looked.code).toBe(1);
  });

  it("on a disk that can't be written is reported all the same, and its report goes elsewhere on request", async ({ skip }) => {
    const run = join(root, "read-only");
    await cp(join(root, "whole"), run, { recursive: true });
    if (!mount(["--bind", run, run])) return skip("no folder can be made read-only here (needs root on Linux)");
    const to = join(root, "elsewhere/report");
    try {
      mount(["-o", "remount,ro,bind", run]);
      const same = await command(folder, ["report", "--out", run]);
      expect(same.stderr).not.toContain("could not write");
      expect(same.stdout).toContain(`Report: ${join(run, "report.html")}`);
      expect(same.code).toBe(0);
      mount(["-o", "remount,rw,bind", run]);
      await rm(join(run, "summary.md"));
      mount(["-o", "remount,ro,bind", run]);
      const refused = await command(folder, ["report", "--out", run]);
      expect(refused.stderr).toContain(
        `report: could not write into ${run}: the disk is read-only; choose another folder. Another`,
      );
      expect(refused.code).toBe(1);
      expect((await command(folder, ["report", "--out", run, "--to", to])).code).toBe(0);
    } finally {
      execFileSync("umount", [run]);
    }
    for (const file of ["report.html", "results.json", "csv/curves.csv"])
      expect(await readFile(join(to, file), "utf8")).toBe(await readFile(join(run, file), "utf8"));
  });
});

function mount(args: readonly string[]): boolean {
  try {
    execFileSync("mount", args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
