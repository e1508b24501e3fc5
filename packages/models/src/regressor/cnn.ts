import type { NamedTensors } from "../tensors-by-name.js";
import type { BackboneKind } from "./backbone-kind.js";
import { CnnBackbone, type CnnNames, cnnShapes } from "./cnn-backbone.js";

/** The paper's four convolutions and their linear layer, in the layout of its released code (`0.encoder.0` … `2`) or as one flat sequence (`0` … `9`). */
export const cnn: BackboneKind = {
  expects: "the paper's CNN (backbone.0.encoder.0.weight … backbone.2.weight, or backbone.0.weight … backbone.9.weight)",
  find(tensors) {
    const first = [...tensors].find(([name, { shape }]) => /(^|\.)0\.weight$/.test(name) && isFirst(shape))?.[0];
    if (first === undefined) return null;
    const prefix = first.slice(0, -"0.weight".length);
    const names: CnnNames = { convolutions: [0, 2, 4, 6].map((i) => `${prefix}${i}`), linear: linearOf(tensors, prefix) };
    const shapes = cnnShapes(tensors, names);
    const [featureCount = 0, flat = 0] = shapes.get(`${names.linear}.weight`)!;
    const channels = tensors.get(`${names.convolutions.at(-1)}.weight`)?.shape[0] ?? 0;
    return {
      prefix,
      shapes,
      featureCount,
      preprocessing: { clamp: [-1, 1] },
      imageSize: channels === 0 ? 64 : Math.round(Math.sqrt(flat / channels)) * 16,
      make: () => new CnnBackbone(tensors, names),
    };
  },
};

const isFirst = ([, inputs, height, width]: readonly number[]) => inputs === 3 && height === 4 && width === 4;

function linearOf(tensors: NamedTensors, prefix: string): string {
  const beside = prefix.replace(/(^|\.)0\.encoder\.$/, "$12");
  const flat = `${prefix}9`;
  return prefix.endsWith("0.encoder.") && !tensors.has(`${flat}.weight`) ? beside : flat;
}
