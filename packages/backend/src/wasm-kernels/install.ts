import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { installOverride } from "../kernels/override.js";
import { runningAxes } from "../kernels/running-axes.js";
import { stridedSlice } from "../kernels/strided-slice.js";
import { batchedGather } from "./batched-gather.js";
import { conv2DBackpropFilter } from "./conv2d-filter-gradient.js";
import { conv2DBackpropInput } from "./conv2d-input-gradient.js";
import { conv3dGradients } from "./conv3d-gradients.js";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise-gradients.js";
import { dilation2d } from "./dilation2d.js";
import { identity } from "./identity.js";
import { batchMatMul, fusedMatMul } from "./mat-mul.js";
import { oneHot } from "./one-hot.js";
import { prelu } from "./prelu.js";
import { wasmResizeGradients } from "./resize-gradients.js";
import { forwardConvolutions, poolsWithCheckedSizes } from "./same-padding.js";
import { tanh } from "./tanh.js";
import { unsortedSegmentSum } from "./unsorted-segment-sum.js";
import { windowsMaxima } from "./windows-maximum.js";

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
    oneHot,
    prelu,
    stridedSlice<BackendWasm>(),
    tanh,
    identity,
    ...windowsMaxima,
    ...poolsWithCheckedSizes,
    ...conv3dGradients,
    ...dilation2d,
    batchedGather,
    ...runningAxes<BackendWasm>(),
    ...wasmResizeGradients,
  ]) {
    installOverride("wasm", override);
  }
}
