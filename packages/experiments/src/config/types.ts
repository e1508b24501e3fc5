import type { z } from "zod";
import type { experimentSchema } from "./schema.js";

/** Read only, through and through. The first case keeps numbers and texts readable in editors. */
type Frozen<T> = T extends string | number | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? number extends T["length"]
      ? readonly Frozen<Item>[]
      : { readonly [K in keyof T]: Frozen<T[K]> }
    : { readonly [K in keyof T]: Frozen<T[K]> };

/** An experiment, complete: what `resolveConfig` makes of what a user wrote. Plain JSON. */
export interface ExperimentConfig extends Frozen<z.output<ReturnType<typeof experimentSchema>>> {}

/** What a user writes: what is left out takes the preset's value. The README's table and the JSON Schema say what each field means. */
export interface ExperimentOptions extends Frozen<z.input<ReturnType<typeof experimentSchema>>> {}

export type PresetName = NonNullable<ExperimentOptions["preset"]>;
/** Generator and regressor: bundled ones, a module of the user's own, or files. */
export type ModelChoice = ExperimentConfig["model"];
export type ModelOptions = Exclude<ExperimentOptions["model"], string | undefined>;
export type AttributeEdit = Exclude<ExperimentConfig["attributes"], string>[number];
/** A method that is a file, or one file an attribute. */
export type DirectionFile = Exclude<ExperimentConfig["methods"][number], string>;
export type SampleConfig = ExperimentConfig["sample"];
export type FitConfig = ExperimentConfig["fit"];
export type TrainConfig = ExperimentConfig["train"];
export type EvaluateConfig = ExperimentConfig["evaluate"];
export type AnalyzeConfig = ExperimentConfig["analyze"];
export type PicturesConfig = ExperimentConfig["pictures"];
