import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { installOverride } from "../kernels/override.js";
import { type PlainMemory, resizeGradients } from "../kernels/resize-gradients.js";
import { runningAxes } from "../kernels/running-axes.js";
import { stridedSlice } from "../kernels/strided-slice.js";
import { matrixProducts } from "./mat-mul.js";
import { maxPool3dGradient } from "./max-pool-3d-gradient.js";
import { tensorScatterUpdate } from "./tensor-scatter-update.js";

const values = (backend: MathBackendCPU, { dataId }: TensorInfo) => backend.data.get(dataId).values as Float32Array;
const memory: PlainMemory<MathBackendCPU> = {
  allocate: (backend, shape) => backend.makeTensorInfo([...shape], "float32", new Float32Array(util.sizeFromShape([...shape]))),
  views: (backend, a, b) => [values(backend, a), values(backend, b)],
};

/**
 * Puts right what the stock cpu kernels get wrong: the gradients of resizing swap height and width (bilinear), mix images of a batch (nearest), and
 * ignore half-pixel centres (both); running sums take an axis counted from the end for another one;
 * slices with steps mix up axes; scatter updates overwrite their input; products repeat only whole batches; the gradient of 3-D max pooling takes
 * windows' widths for their heights. The stock kernels must have been imported before.
 */
export function installCpuKernels(): void {
  for (const override of [
    ...resizeGradients(memory),
    ...runningAxes<MathBackendCPU>(),
    stridedSlice<MathBackendCPU>(),
    tensorScatterUpdate,
    ...matrixProducts,
    maxPool3dGradient,
  ])
    installOverride("cpu", override);
}
