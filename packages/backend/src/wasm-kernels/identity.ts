import type { TensorInfo } from "@tensorflow/tfjs-core";
import { fallingBack } from "./fall-back.js";

/**
 * A clone that shares its data, as on tfjs's other backends: tensors never change, and their data is counted. The stock kernel copies, and tfjs clones
 * whatever it keeps for a gradient. What XNNPACK keeps by the identity of data must not depend on a shape then; see `rememberingShapes`.
 */
export const identity = fallingBack("Identity", (stock) => (args) => {
  const { x } = args.inputs as { x: TensorInfo };
  if (x.dtype === "string") return stock(args);
  args.backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
});
