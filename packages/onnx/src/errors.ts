import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/onnx`: a file that can't be read, a graph that can't be differentiated, a runtime that is not there. */
export class OnnxError extends LatentflowError {
  override readonly name = "OnnxError";
}
