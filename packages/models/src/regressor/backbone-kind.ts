import type { NamedShapes, NamedTensors } from "../tensors-by-name.js";
import type { Backbone } from "./backbone.js";
import type { Preprocessing } from "./preprocessing.js";

/** A kind of backbone that is found in a state dict by its names. */
export interface BackboneKind {
  /** For messages: "a ResNet (conv1, bn1, …)". */
  readonly expects: string;
  /** The backbone in these tensors, under whatever prefix; null when there is none of this kind. */
  find(tensors: NamedTensors, options: { readonly imageSize?: number | undefined }): FoundBackbone | null;
}

/** A backbone in a state dict. */
export interface FoundBackbone {
  /** What its names begin with: "module.backbone.". */
  readonly prefix: string;
  /** Every tensor it needs, by its name in the file. */
  readonly shapes: NamedShapes;
  readonly featureCount: number;
  /** What such networks were trained behind. */
  readonly preprocessing: Preprocessing;
  /** Side of the only images it takes, where there is only one. */
  readonly imageSize?: number;
  /** Needs a backend; the tensors must have the shapes. */
  make(): Backbone;
}
