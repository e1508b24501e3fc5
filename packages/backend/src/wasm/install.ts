import { installOverride } from "../kernels/override.js";
import { conv2DBackpropFilter } from "./conv2d-filter-gradient.js";
import { conv2DBackpropInput } from "./conv2d-input-gradient.js";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise-gradients.js";
import { identity } from "./identity.js";
import { batchMatMul, fusedMatMul } from "./mat-mul.js";
import { maxPoolGrad } from "./max-pool-gradient.js";
import { wasmResizeGradients } from "./resize-gradients.js";
import { forwardConvolutions } from "./same-padding.js";
import { tanh } from "./tanh.js";
import { unsortedSegmentSum } from "./unsorted-segment-sum.js";

/** Puts all our wasm kernels in place. The stock ones must have been imported before. */
export function installWasmKernels(): void {
  for (const override of [
    batchMatMul,
    fusedMatMul,
    ...forwardConvolutions,
    conv2DBackpropInput,
    conv2DBackpropFilter,
    depthwiseBackpropInput,
    depthwiseBackpropFilter,
    unsortedSegmentSum,
    tanh,
    identity,
    maxPoolGrad,
    ...wasmResizeGradients,
  ]) {
    installOverride("wasm", override);
  }
}
