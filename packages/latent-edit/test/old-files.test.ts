import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadDirection, type NeuralOdeDirection, trainDirection } from "../src/index.js";
import { base, depth, heldOut, memoryStore, model, weightsOf } from "./small-training.js";

// Written by version 0.1.0 before its names changed (`preservation` for what is `preservationWeight` now, and so on). Never write them anew.
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`./fixtures/${name}.safetensors`, import.meta.url)));
const size = { name: "size", index: 1, from: 0, to: 1 };

describe("files of older versions open", () => {
  it("a linear direction, with what it says about itself", async () => {
    const { direction, info } = await loadDirection(fixture("linear"), { model });
    expect(direction.kind).toBe("linear");
    const expected = [0.6, 0, 0.8, 0, 0, 0, 0, 0];
    direction.variables[0]!.dataSync().forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i]!, 7);
    });
    expect(info.attribute).toEqual(size);
    expect(info.training).toEqual({ method: "interfacegan", C: 1, tolerance: null });
    direction.dispose();
  });

  it("a trained direction, with its settings", async () => {
    const { direction, info } = await loadDirection(fixture("neural-ode"), { model });
    expect(direction).toMatchObject({ kind: "neural-ode", latentDim: 8, depth: 2, solver: { method: "rk4", steps: 1 } });
    expect(info.training).toMatchObject({ attribute: size, iterations: 8, maxTime: 6, preservationWeight: 0.75, seed: 3 });
    direction.dispose();
  });

  it("a training's checkpoint, which goes on to the weights that the old version ended with", async () => {
    const store = memoryStore();
    store.bytes = fixture("training");
    const direction = depth(2);
    const iterations: number[] = [];
    const history = await trainDirection(direction, {
      ...base,
      preservationWeight: 0.75,
      validation: { codes: heldOut, every: 4, maxCodes: 10 },
      earlyStopping: { patience: 3 },
      checkpoint: { store, every: 2 },
      onProgress: ({ iteration }) => iterations.push(iteration),
    });
    expect(iterations).toEqual([6, 7, 8]);
    expect(history.batches.map(({ attributeLoss }) => attributeLoss)[0]).toBe(0.7819340229034424);
    expect(history.validations.map(({ preservationLoss }) => preservationLoss)[0]).toBe(0.3423353433609009);
    const { direction: old } = await loadDirection(fixture("neural-ode"));
    const before = weightsOf(old as NeuralOdeDirection).flat();
    weightsOf(direction)
      .flat()
      .forEach((x, i) => {
        expect(x).toBeCloseTo(before[i]!, 6);
      });
    old.dispose();
    direction.dispose();
  });
});
