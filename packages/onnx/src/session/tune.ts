import type { OnnxModel } from "../graph/model.js";
import { splitTransposedConvolutions } from "../rewrites/polyphase.js";
import { winogradConvolutions } from "../rewrites/winograd.js";
import type { OnnxSessionOptions } from "./onnx-session.js";
import { onX64, runtimeFor } from "./runtime.js";

/**
 * A graph in the forms of convolution that are fastest where it will run: the same numbers but for their last digits.
 *
 * @param options of the session
 * @param winograd large 3 × 3 convolutions in Winograd's form. Default: where it measured faster, on x86-64 processors with onnxruntime-node
 */
export function tuneConvolutions(model: OnnxModel, options: OnnxSessionOptions = {}, winograd?: boolean): OnnxModel {
  const { providers = [], runtime = "auto" } = options;
  const onProcessor = providers.every((provider) => provider === "cpu" || provider === "wasm");
  const native = onProcessor && runtimeFor(runtime, providers) === "onnxruntime-node";
  const split = onProcessor ? splitTransposedConvolutions(model) : model;
  return (winograd ?? (native && onX64)) ? winogradConvolutions(split) : split;
}
