/**
 * Base class of every error that latentflow throws on purpose. Each package has one subclass of its own, so that a program can tell
 * "the user's input is wrong" from a defect. Messages read `function: expected X, got Y` and say what to do next.
 */
export class LatentflowError extends Error {
  override readonly name: string = "LatentflowError";
}

/** Thrown by `@latentflow/core`. */
export class CoreError extends LatentflowError {
  override readonly name = "CoreError";
}

/** A value as it should stand in an error message: short, never `[object Object]`. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}…` : value);
  if (typeof value === "function") return `a function${value.name ? ` (${value.name})` : ""}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (value instanceof Promise) return "a promise";
  if (typeof value === "object" && value !== null) {
    if ("shape" in value && Array.isArray(value.shape) && value.shape.every((length) => typeof length === "number")) {
      const disposed = "isDisposed" in value && value.isDisposed === true;
      // Plain numbers with their shape, as many functions take them, are no tensor.
      if ("data" in value && !("dataId" in value)) return `{ data, shape: [${value.shape.join(", ")}] }`;
      return `a ${disposed ? "disposed " : ""}tensor of shape [${value.shape.join(", ")}]`;
    }
    return `an object with keys [${Object.keys(value).slice(0, 8).join(", ")}]`;
  }
  return String(value);
}
