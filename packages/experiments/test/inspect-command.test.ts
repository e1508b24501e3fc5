import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "@latentflow/checkpoints";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { EXIT } from "../src/cli/exit.js";
import { runCommand } from "../src/cli/run-command.js";

const folder = mkdtempSync(join(tmpdir(), "latentflow-inspect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let said: string;
beforeEach(() => {
  said = "";
  const say = (text: unknown) => {
    said += `${text}\n`;
  };
  vi.spyOn(console, "log").mockImplementation(say);
  vi.spyOn(console, "error").mockImplementation(say);
  return () => vi.restoreAllMocks();
});

/** A regressor of the paper's CNN for 16 px with two heads. */
function regressor(): string {
  const tensor = (...shape: number[]) => ({
    ...{ dtype: "float32" as const, shape },
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const tensors: Record<string, ReturnType<typeof tensor>> = {};
  [3, 4, 4, 4].forEach((inputs, i) => {
    tensors[`module.backbone.0.encoder.${2 * i}.weight`] = tensor(4, inputs, 4, 4);
    tensors[`module.backbone.0.encoder.${2 * i}.bias`] = tensor(4);
  });
  for (const [name, outputs, inputs] of [
    ["backbone.2", 5, 4],
    ["classification_heads.0", 2, 5],
    ["classification_heads.1", 6, 5],
  ] as const) {
    tensors[`module.${name}.weight`] = tensor(outputs, inputs);
    tensors[`module.${name}.bias`] = tensor(outputs);
  }
  const file = join(folder, "regressor.safetensors");
  writeFileSync(file, writeSafetensors(tensors));
  return file;
}

it("latentflow inspect says what a file holds, layer by layer, and what it would be loaded as", async () => {
  const file = regressor();
  expect(await runCommand(["inspect", file])).toBe(EXIT.done);
  expect(said).toContain(`${file}: safetensors, 14 tensors, 1,049 numbers`);
  expect(said).toContain("would be loaded as: regressor, cnn with 2 attributes");
  expect(said).toMatch(/attributes \(classes\) +2: attribute 0 \(2\), attribute 1 \(6\)/);
  expect(said).toMatch(/images +16 × 16 px/);
  expect(said).toMatch(/preprocessing +clamp to \[-1, 1\]/);
  expect(said).toMatch(/module\.backbone\.0\.encoder\.0\.weight +\[4, 3, 4, 4\] +float32 +192/);
});

it("its JSON holds the same, and other files are explained", async () => {
  expect(await runCommand(["inspect", regressor(), "--json"])).toBe(EXIT.done);
  expect(JSON.parse(said).groups[0]).toMatchObject({ key: "", network: { role: "regressor" } });
  said = "";
  expect(await runCommand(["inspect", join(folder, "notes.txt")])).not.toBe(EXIT.done);
  expect(said).toMatch(/expected a file of PyTorch .*notes\.txt/);
});

it("a file that is not there is a mistake on the command line, said in the command's name", async () => {
  expect(await runCommand(["inspect", join(folder, "nothing.pt")])).toBe(EXIT.usage);
  expect(said).toMatch(/^\ninspect: could not read .*nothing\.pt: .*there is no such file/);
});
