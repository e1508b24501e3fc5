import { describe, expect, it } from "vitest";
import { readNvlabsPickle, toFloat32 } from "../src/index.js";
import { referenceFile, referenceValues } from "./files.js";
import shapes from "./reference/nvlabs-state-dict.json" with { type: "json" };

describe.each(["nvlabs.protocol2.pkl", "nvlabs.protocol4.pkl"])("readNvlabsPickle(%s)", (name) => {
  it("gives each network's class, arguments and state dict, and runs no source", async () => {
    const file = referenceFile(name);
    const networks = await readNvlabsPickle(file);
    // From a Blob the reader owns the memory, and tensors stay where they are in it.
    expect(await readNvlabsPickle(new Blob([file as Uint8Array<ArrayBuffer>]))).toEqual(networks);
    expect([...networks.keys()]).toEqual(["G_ema"]);
    const { className, initKwargs, tensors } = networks.get("G_ema")!;
    expect(className).toBe("Generator");
    expect(initKwargs.get("img_resolution")).toBe(8);
    expect(initKwargs.get("mapping_kwargs")).toEqual(new Map([["num_layers", 1]]));
    expect(Object.fromEntries([...tensors].map(([key, { shape }]) => [key, shape]))).toEqual(shapes);
    for (const [key, tensor] of tensors) expect([...toFloat32(tensor)]).toEqual(referenceValues(key, tensor.data.length));
  });
});

it("refuses the TensorFlow era by name", async () => {
  const pickle = new TextEncoder().encode("cdnnlib.tflib.network\nNetwork\n(tR.");
  await expect(readNvlabsPickle(pickle)).rejects.toThrow(/TensorFlow version of StyleGAN2/);
});
