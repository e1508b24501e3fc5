import type { BackboneKind } from "./backbone-kind.js";
import { cnn } from "./cnn.js";
import { imageNet, TO_UNIT } from "./preprocessing.js";
import { resNet } from "./resnet.js";

/** Networks that `FactorRegressor` reads from a state dict; one is one line. Their preprocessing is what such networks were trained behind. */
export const BACKBONES = {
  cnn,
  "resnet18-cifar": resNet({ stem: "cifar", block: "basic", blocks: [2, 2, 2, 2], preprocessing: TO_UNIT }),
  resnet18: resNet({ stem: "imagenet", block: "basic", blocks: [2, 2, 2, 2], preprocessing: imageNet("antialias") }),
  resnet34: resNet({ stem: "imagenet", block: "basic", blocks: [3, 4, 6, 3], preprocessing: imageNet("antialias") }),
  resnet50: resNet({ stem: "imagenet", block: "bottleneck", blocks: [3, 4, 6, 3], preprocessing: imageNet("antialias") }),
} satisfies Record<string, BackboneKind>;

export type BackboneName = keyof typeof BACKBONES;
