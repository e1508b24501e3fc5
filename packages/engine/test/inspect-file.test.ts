import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { writeNpy, writeSafetensors } from "@latentflow/checkpoints";
import { StyleGan2Generator } from "@latentflow/models";
import { writeOnnx } from "@latentflow/onnx";
import { expect, it } from "vitest";
import { EngineError, inspectFile, loadModel } from "../src/index.js";

const path = (name: string) => new URL(`../../models/test/reference/${name}`, import.meta.url);
const read = (name: string) => new Uint8Array(readFileSync(path(name)));

it("a training file: its tensors by key, what it would be loaded as, and what else is there", async () => {
  const { format, groups, others } = await inspectFile(path("small-rosinality.pt"));
  expect(format).toBe("PyTorch");
  const [group] = groups;
  expect(group).toMatchObject({ key: "g_ema", network: { role: "generator", name: "StyleGAN2, 32 px" } });
  expect(group!.tensors).toContainEqual({ name: "style.1.weight", dtype: "float32", shape: [8, 8], count: 64 });
  expect(others.map(([key]) => key)).toEqual(["args", "ada_aug_p"]);
});

it("by its first bytes alone: PyTorch's and NVlabs' pickles, safetensors, ONNX, NumPy", async () => {
  expect(await inspectFile(read("small-regressor.pth"))).toMatchObject({
    groups: [{ key: "model_state_dict", network: { role: "regressor", name: "cnn with 7 attributes" } }],
  });
  expect(await inspectFile(read("small-nvlabs.pkl"))).toMatchObject({
    format: "NVlabs pickle",
    groups: [{ key: "G_ema", network: { role: "generator", name: "StyleGAN2, 32 px" } }],
  });
  await useBackend("cpu");
  const generator = StyleGan2Generator.random({ channels: [4, 4], latentDim: 3, zDim: 3, mappingLayers: 1 });
  const saved = await inspectFile(generator.toSafetensors());
  expect(saved).toMatchObject({ format: "safetensors", groups: [{ network: { name: "StyleGAN2, 8 px" } }] });
  const graph = await inspectFile(writeOnnx(generator.toOnnx()));
  expect(graph).toMatchObject({ format: "ONNX", groups: [{ network: { role: "generator" } }] });
  expect(graph.others).toContainEqual(["inputs", "w [n, 4, 3]"]);
  const codes = { dtype: "float32", shape: [5, 3], data: new Float32Array(15) } as const;
  expect(await inspectFile(writeNpy(codes))).toMatchObject({
    format: "NumPy",
    groups: [{ tensors: [{ dtype: "float32", shape: [5, 3], count: 15 }] }],
    others: [["may be", "codes w: 5 of 3 numbers"]],
  });
  generator.dispose();
});

it("what it can't read it says in one message", async () => {
  await expect(inspectFile("holiday.jpg")).rejects.toThrow(
    /expected a file of PyTorch \(\.pt, \.pth\), NVlabs .*, got holiday\.jpg/,
  );
  await expect(inspectFile("not-there.pt")).rejects.toThrow(/could not read not-there\.pt/);
  await expect(inspectFile(Uint8Array.of(0x50, 0x4b, 3, 4))).rejects.toThrow(EngineError);
  await expect(inspectFile(7 as never)).rejects.toThrow(EngineError);
  const other = writeSafetensors({ "a.b": { dtype: "float32", shape: [1], data: new Float32Array(1) } });
  expect((await inspectFile(other)).groups[0]!.network).toBeNull();
});

it("loadModel says when a regressor stands in a generator's place, and the reverse", async () => {
  await useBackend("cpu");
  const files = { generator: read("small-regressor.pth"), regressor: read("small-regressor.pth") };
  await expect(loadModel(files)).rejects.toThrow(
    /could not load the generator: fromRosinality: expected a file of a generator, got one that holds the paper's CNN regressor/,
  );
  await expect(loadModel({ ...files, generator: read("small-rosinality.pt"), regressor: "g.pkl" })).rejects.toThrow(
    /expected the regressor to end in .*got g\.pkl: a \.pkl holds NVlabs' networks, so give it as the generator/,
  );
  const swapped = { generator: read("small-rosinality.pt"), regressor: read("small-rosinality.pt") };
  await expect(loadModel(swapped)).rejects.toThrow(
    /could not load the regressor: .*a StyleGAN2 generator under "g_ema": give it as the generator/,
  );
});
