import type { RunningModel } from "@latentflow/engine";
import type { Direction } from "@latentflow/latent-edit";
import type { Labels } from "@latentflow/metrics";
import type { Edit } from "../config/edits.js";
import type { ExperimentConfig } from "../config/types.js";
import type { CsvTable } from "../drawing/csv.js";
import type { Markup } from "../drawing/markup.js";
import type { ReportContext } from "../drawing/report-context.js";
import type { Cost, Method } from "../methods/method.js";
import type { CodeArray, LabelledCodes } from "../model/labelled-codes.js";
import type { AttributeResult, MethodResult, NetworkInfo } from "../results/index.js";

/**
 * Something to be known about edits: how it is computed, which table it makes and what the report shows of it. Its value is plain JSON, null where
 * there is none to be had. Those that come along are in `index.ts`.
 */
export type Analysis = MethodAnalysis | AttributeAnalysis;

/** Of one method's edits of one attribute. */
export interface MethodAnalysis<Value = unknown> extends AnalysisViews<Value, MethodAnalysisValue<Value>> {
  readonly of: "method";
  /** @throws NoResult where the data allow none: the run goes on, and the report says why */
  compute(context: MethodContext): Value | Promise<Value>;
  /** What its value depends on besides the measured edits: another, and it is computed again. Default: `analyze` of the configuration. */
  settings?(config: ExperimentConfig): unknown;
  /** About what it takes. Default: nothing. */
  cost?(config: ExperimentConfig, latentDim: number, method: Method): Cost;
}

/** Of one attribute, whatever the methods. */
export interface AttributeAnalysis<Value = unknown> extends AnalysisViews<Value, AnalysisValue<Value>> {
  readonly of: "attribute";
  /** @throws NoResult where the data allow none: the run goes on, and the report says why */
  compute(context: AttributeContext): Value | Promise<Value>;
  /** What its value depends on besides the codes and their labels: another, and it is computed again. Default: `analyze`, seed and edit. */
  settings?(config: ExperimentConfig, edit: Edit): unknown;
  /** About what it takes. Default: nothing. */
  cost?(config: ExperimentConfig, latentDim: number, edit: Edit): Cost;
}

interface AnalysisViews<Value, Entry> {
  /** Name of the value in results and of its file: letters and digits, and no method's. */
  readonly id: string;
  /** Its table, whose first columns, `attribute` and of methods `method`, come by themselves. */
  readonly csv?: CsvTable<Value>;
  readonly section?: Section<Entry>;
}

/** What the report shows. */
export interface Section<Entry> {
  /** A sentence below each attribute's name, a part of each attribute's section, or once, over all attributes. */
  readonly place: "lead" | "attribute" | "experiment";
  /** Two halves in a row stand side by side where the page is wide enough (default "whole"). */
  readonly width?: "half" | "whole";
  /**
   * @param found values that are there, in the results' order: the attribute's, or all; empty when none was computed
   * @returns false for nothing
   */
  draw(found: readonly Entry[], context: ReportContext): Markup | false;
}

/** A value with what it is of. */
export interface AnalysisValue<Value> {
  readonly attribute: AttributeResult;
  readonly value: Value;
}

export interface MethodAnalysisValue<Value> extends AnalysisValue<Value> {
  readonly method: MethodResult;
}

interface Context {
  readonly config: ExperimentConfig;
  readonly networks: NetworkInfo;
  readonly edit: Edit;
  readonly signal: AbortSignal | undefined;
  model(): Promise<RunningModel>;
}

/** What a method's analysis may use. */
export interface MethodContext extends Context {
  readonly method: Method;
  /** The method's; the caller disposes it. */
  readonly direction: Direction;
  /** The held-out codes from which its edits were measured, [starts, latentDim], or of W+ [starts, rowCount, latentDim]. */
  readonly starts: CodeArray;
  /** Predicted classes along them, [starts, attributes, times]. */
  readonly labels: Labels;
  /** Edit lengths, from 0 to `evaluate.maxTime`. */
  readonly times: readonly number[];
}

/** What an attribute's analysis may use. */
export interface AttributeContext extends Context {
  /** The codes to learn from, with their labels and scores. */
  readonly codes: LabelledCodes;
  readonly heldOut: LabelledCodes;
}
