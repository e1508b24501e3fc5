import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpy, readSafetensors, writeNpy } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { floats, GraphBuilder, writeOnnx } from "@latentflow/onnx";
import { decode } from "fast-png";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EXIT } from "../src/cli/exit.js";
import { runCommand } from "../src/cli/run-command.js";
import { encodePng } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "latentflow-project-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

let out: string[];
let said: string;
beforeEach(() => {
  [out, said] = [[], ""];
  const say = (text: unknown) => {
    said += `${text}\n`;
    return true;
  };
  vi.spyOn(console, "log").mockImplementation((text) => void out.push(String(text)));
  vi.spyOn(console, "error").mockImplementation(say);
  vi.spyOn(process.stderr, "write").mockImplementation(say);
  return () => vi.restoreAllMocks();
});

/** Pictures of a ball of some colour on a grey table, as files. */
async function photosOf(...hues: number[]): Promise<string[]> {
  return Promise.all(
    hues.map(async (hue) => {
      const file = join(folder, `ball-${hue}.png`);
      const data = new Uint8Array(64 * 64 * 3);
      for (let i = 0; i < 64 * 64; i++) {
        const isBall = Math.hypot((i % 64) - 20 - hue, Math.floor(i / 64) - 40) < 9;
        data.set(isBall ? [200, 40 * hue, 30] : Math.floor(i / 64) < 28 ? [60, 120, 100] : [140, 140, 135], i * 3);
      }
      await writeFile(file, encodePng({ width: 64, height: 64, data }));
      return file;
    }),
  );
}

describe("latentflow project", () => {
  it("writes codes, each photo beside what was found, and distances", async () => {
    const photos = await photosOf(1, 5);
    const run = join(folder, "run");
    const args = ["project", ...photos, "--out", run, "--steps", "12", "--space", "w", "--json"];
    expect([await runCommand(args), said]).toEqual([EXIT.done, ""]);
    const done = JSON.parse(out.at(-1)!);
    expect(done).toMatchObject({ type: "done", distance: "L2 pyramid", photos: photos.map((photo) => ({ photo })) });
    const { shape, data } = await readNpy(join(run, "codes.npy"));
    expect(shape).toEqual([2, 64]);
    expect(Array.from(data as Float32Array).every(Number.isFinite)).toBe(true);
    const pairs = decode(await readFile(join(run, "pairs.png")));
    expect([pairs.width, pairs.height]).toEqual([2 * 256 + 4, 2 * 256 + 4]);
    const kept = JSON.parse(await readFile(join(run, "distances.json"), "utf8"));
    for (const { distance, start } of kept.photos) expect(distance).toBeLessThan(start);
  });

  it.each([[["project", "", "--steps", "2"]], [["project", "a.png", "", "--steps", "2"]]])(
    "an empty name is no photo: %j",
    async (args) => {
      expect(await runCommand(args)).toBe(EXIT.usage);
      expect(said).toContain("Expected a path, got an empty text.");
    },
  );

  it("codes of all layers go into a safetensors file", async () => {
    const [photo] = await photosOf(3);
    const run = join(folder, "plus");
    const args = ["project", photo!, "--out", run, "--steps", "2", "--space", "w+", "--codes", "codes.safetensors"];
    expect([await runCommand(args), said]).toEqual([EXIT.done, ""]);
    const { tensors } = await readSafetensors(join(run, "codes.safetensors"));
    expect(tensors.get("codes")?.shape).toEqual([1, 10, 64]);
    expect(out.join("\n")).toMatch(/distance .* % of the mean code's/);
  });

  it("takes a generator as .onnx, and edit goes on from the codes", async () => {
    const generator = new GraphBuilder();
    const random = new SeededRandom(1);
    const weights = random.normals(4 * 3 * 16 * 16, 0, 0.4);
    const weight = generator.constant(floats([4, 3 * 16 * 16], weights));
    const made = generator.op("Tanh", [generator.op("MatMul", [generator.input("w", ["n", 4]), weight])]);
    generator.output("images", generator.reshape(made, [-1, 3, 16, 16]), ["n", 3, 16, 16]);
    const file = join(folder, "g.onnx");
    await writeFile(file, writeOnnx(generator.build()));
    // One of its own pictures.
    const code = [1, -1, 0.5, 2];
    const pixel = (at: number) => Math.tanh(code.reduce((sum, x, k) => sum + x * weights[k * 768 + at]!, 0));
    const data = Uint8Array.from({ length: 768 }, (_, i) => 127.5 * (1 + pixel((i % 3) * 256 + Math.floor(i / 3))));
    const photos = [join(folder, "own.png")];
    await writeFile(photos[0]!, encodePng({ width: 16, height: 16, data }));
    const run = join(folder, "graph");
    expect([await runCommand(["project", ...photos, "--generator", file, "--out", run, "--steps", "60"]), said]).toEqual([
      EXIT.done,
      "",
    ]);
    expect((await readNpy(join(run, "codes.npy"))).shape).toEqual([1, 4]);
    const { photos: kept, generator: name } = JSON.parse(await readFile(join(run, "distances.json"), "utf8"));
    expect(name).toBe("g.onnx, 16 px");
    expect(kept[0].distance).toBeLessThan(0.5 * kept[0].start);
    const direction = join(folder, "line.npy");
    await writeFile(direction, writeNpy({ shape: [4], dtype: "float32", data: Float32Array.of(1, 0, 0, 0) }));
    const picture = join(run, "edit.png");
    const edit = ["edit", "--generator", file, "--direction", direction, "--codes", join(run, "codes.npy")];
    expect([await runCommand([...edit, "--frames", "3", "--file", picture]), said]).toEqual([EXIT.done, ""]);
    expect(decode(await readFile(picture)).height).toBeGreaterThan(16);
  });

  it("refuses a wrong command line by name", async () => {
    const [photo] = await photosOf(1);
    const wrong: [string[], RegExp][] = [
      [[], /missing required argument 'photos'/],
      [[photo!, "--space", "z"], /--space.*Allowed choices are w, w\+/s],
      [[photo!, "--steps", "0"], /--steps.*Expected an integer from 1/s],
      [[photo!, "--codes", "codes.txt"], /--codes: expected a name in .npy or .safetensors, got codes.txt/],
      [[photo!, "--lpips", "a.pth", "--vgg16", "b.pth"], /--vgg16: expected one distance/],
      [[photo!, "--lpips-linear", "a.pth"], /--lpips-linear: expected the network/],
      [[photo!, "--generator", "g.txt"], /--generator: expected a file in .pkl.*got g.txt/],
      [[photo!, "--generator", "nowhere.onnx"], /--generator: could not load nowhere.onnx/],
      [[photo!, "--generator", "nowhere.pkl"], /--generator: could not load nowhere.pkl/],
      [[photo!, "--vgg16", "nowhere.pth"], /--vgg16: could not load nowhere.pth/],
      [["nowhere.jpg"], /could not read the photo nowhere.jpg/],
    ];
    for (const [args, message] of wrong) {
      expect([args.join(" "), await runCommand(["project", ...args, "--out", join(folder, "none")])]).toEqual([
        args.join(" "),
        EXIT.usage,
      ]);
      expect(said).toMatch(message);
      said = "";
    }
  });
});
