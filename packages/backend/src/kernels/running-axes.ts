import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { KernelOverride } from "./override.js";

/** Running sums and products along an axis counted from the end, which the stock kernels take for another one (cpu) or for an address (wasm). */
export function runningAxes<B extends KernelBackend>(): KernelOverride<B>[] {
  return ["Cumsum", "Cumprod"].map((kernelName) => ({
    kernelName,
    make(stock) {
      if (stock === undefined) {
        throw new BackendError(`${kernelName}: expected the backend's own kernels to be imported before they are replaced.`);
      }
      return (args) => {
        const rank = (args.inputs.x as TensorInfo).shape.length;
        const { axis } = args.attrs as { axis: number };
        if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
          throw new BackendError(`${kernelName}: expected an axis from ${-rank} to ${rank - 1}, got ${axis}.`);
        }
        return axis >= 0 ? stock(args) : stock({ ...args, attrs: { ...args.attrs, axis: axis + rank } });
      };
    },
  }));
}
