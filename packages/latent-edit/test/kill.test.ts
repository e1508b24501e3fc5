import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./process/bundle.js";

let program: string;
let folder: string;

beforeAll(async () => {
  program = fileURLToPath(new URL("train.js", await bundle("kill", ["train"])));
  folder = await mkdtemp(join(tmpdir(), "latentflow-kill-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the training; with `killAfter`, sends SIGKILL that many milliseconds after the named iteration. Gives the result line or null. */
function run(
  checkpoint: string,
  kill?: { iteration: number; delay: number },
): Promise<{ result: string | null; iterations: number[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, checkpoint], { stdio: ["ignore", "pipe", "pipe"] });
    const iterations: number[] = [];
    let result: string | null = null;
    let text = "";
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("result ")) result = line.slice("result ".length);
        if (!line.startsWith("iteration ")) continue;
        iterations.push(Number(line.slice("iteration ".length)));
        if (kill && iterations.at(-1) === kill.iteration) setTimeout(() => child.kill("SIGKILL"), kill.delay);
      }
    });
    child.on("close", (code, signal) => {
      if (code === 0 || signal === "SIGKILL") resolve({ result, iterations });
      else reject(new Error(`training left with ${code}: ${errors}`));
    });
  });
}

describe("killed with SIGKILL and started again", () => {
  it("ends with the numbers of an undisturbed run, wherever it was killed", async () => {
    const undisturbed = await run(join(folder, "whole.safetensors"));
    const checkpoint = join(folder, "killed.safetensors");
    const kills = [
      { iteration: 1, delay: 0 },
      { iteration: 7, delay: 3 },
      { iteration: 19, delay: 11 },
    ];
    const seen: number[][] = [];
    for (const kill of kills) {
      const { result, iterations } = await run(checkpoint, kill);
      expect(result).toBeNull();
      seen.push(iterations);
    }
    const last = await run(checkpoint);
    // It went on, rather than begin anew: each start continues after what the last one had finished.
    expect(last.iterations[0]!).toBeGreaterThan(19);
    expect(seen[1]![0]!).toBeGreaterThan(1);
    expect(last.result).toBe(undisturbed.result);
  });
});
