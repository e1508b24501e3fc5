import { backend_util } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";

export type Rounding = "floor" | "round" | "ceil" | undefined;

/**
 * Refuses a size that was rounded up: tfjs's gradients (and its wasm kernels) work as if it had been rounded down, and write or read beside
 * their numbers. `sizes` gives the output's lengths under a rounding mode.
 */
export function refuseRoundingUp(operation: string, mode: Rounding, sizes: (mode: Rounding) => readonly number[]): void {
  if (mode === undefined || mode === null || mode === "floor") return;
  if (mode === "round" && sizes(mode).join() === sizes("floor").join()) return;
  throw new BackendError(
    `${operation}: expected dimRoundingMode "floor", or "round" where nothing is rounded up, got "${mode}". Pad the input instead.`,
  );
}

/** Output height and width of a 2-D convolution, under a rounding mode. */
export function convolutionSizes(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: { strides: unknown; dilations?: unknown; pad: unknown; dataFormat?: string | undefined },
): (mode: Rounding) => readonly number[] {
  const format = attrs.dataFormat === "NCHW" ? "channelsFirst" : "channelsLast";
  return (mode) => {
    const info = backend_util.computeConv2DInfo(
      xShape as [number, number, number, number],
      filterShape as [number, number, number, number],
      attrs.strides as number,
      (attrs.dilations ?? 1) as number,
      attrs.pad as "same",
      mode,
      false,
      format,
    );
    return [info.outHeight, info.outWidth];
  };
}

export interface PoolingAttributes {
  readonly filterSize: unknown;
  readonly strides: unknown;
  readonly pad: unknown;
}

/** Output shape of a pooling over images or volumes, under a rounding mode. */
export function poolSizes(
  xShape: readonly number[],
  { filterSize, strides, pad }: PoolingAttributes,
): (mode: Rounding) => readonly number[] {
  const window = [filterSize as number, strides as number, 1, pad as "same"] as const;
  if (xShape.length === 5) {
    const shape = xShape as [number, number, number, number, number];
    return (mode) => backend_util.computePool3DInfo(shape, ...window, mode).outShape;
  }
  return (mode) => backend_util.computePool2DInfo(xShape as [number, number, number, number], ...window, mode).outShape;
}
