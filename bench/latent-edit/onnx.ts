import type { AttributeModel } from "@latentflow/core";
import { onnxModel } from "@latentflow/onnx";
import { untrainedNetworks } from "./setup.js";

/** The same networks as a graph on ONNX Runtime's CPU provider. */
export async function onnxSetup(): Promise<AttributeModel> {
  const networks = await untrainedNetworks();
  const model = await onnxModel(networks);
  for (const network of Object.values(networks)) network.dispose();
  return model;
}
